"""How near readings come to a row's printed numbers, and by their parameters whether they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from archcount.comparison.constraints import Constraints, options
from archcount.comparison.conventions import parameters_value
from archcount.engines.counts import RowCount
from archcount.printed import Convention, Interval

_NEAR = Fraction(1, 5)
"""What is farther from a printed number than this is not near it."""
_ANY = range(1 << 62)


class NearMiss:
    """What a row's printed numbers want, and the reading that came nearest so far.

    Args:
        constraints: the printed cells.
        count: the row as the table stands; what is no nearer is not near.
        conventions: by column the declared convention, then the others that it bears out.
    """

    def __init__(
        self,
        constraints: Constraints,
        count: RowCount,
        conventions: Mapping[str, Sequence[Convention]],
    ) -> None:
        self._target, self._conventions = constraints, conventions
        self.wanted = constraints.wanted(
            {name: options(name, found) for name, found in conventions.items()}
        )
        here = constraints.distance(count, conventions)
        self._distance = _NEAR if here is None else min(here, _NEAR)
        self._near = self._numbers()
        self.words = ""

    def fits(self, found: RowCount) -> bool:
        """Return whether parameters print as the row's do; where none are printed, any do."""
        wanted = self.wanted.get("params")
        return wanted is None or any(
            parameters_value(found, each.convention) in each.numbers for each in wanted
        )

    def fits_or_is_near(self, found: RowCount) -> bool:
        """Return whether parameters print as the row's do, or are the nearest so far."""
        return self.fits(found) or any(
            parameters_value(found, convention) in numbers for convention, numbers in self._near
        )

    def note(self, what: str, count: RowCount) -> None:
        """Remember a reading, in words, if it comes nearer than those before it."""
        distance = self._target.distance(count, self._conventions)
        if distance is not None and distance < self._distance:
            self._distance = distance
            self.words = f"{what}, within {float(distance):.1%}"
            self._near = self._numbers()

    def _numbers(self) -> Sequence[tuple[Convention, range]]:
        """Return the numbers of parameters that are nearer to the printed one than the nearest."""
        quantity = self._target.quantities.get("params")
        if quantity is None:
            return ()
        found = []
        for convention in self._conventions["params"]:
            value, part = quantity.value(convention.k), self._distance
            near = Interval(value * (1 - part), value * (1 + part)).whole()
            # Nothing is near to a printed 0, nor far from it.
            found.append((convention, near if value else _ANY))
        return found
