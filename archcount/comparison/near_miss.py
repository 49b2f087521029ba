"""The reading that comes nearest to a row's printed numbers where none gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from archcount.comparison.constraints import Constraints, first_fit, options
from archcount.engines.counts import RowCount
from archcount.printed import Convention

_NEAR = Fraction(1, 5)
"""What is farther from a printed number than this is not near it."""


class NearMiss:
    """What a row's printed numbers want, and the reading that came nearest so far."""

    def __init__(
        self,
        constraints: Constraints,
        count: RowCount,
        conventions: Mapping[str, Sequence[Convention]],
    ) -> None:
        self._constraints, self._conventions = constraints, conventions
        self.wanted = constraints.wanted(
            {name: options(name, found) for name, found in conventions.items()}
        )
        here = constraints.distance(count, conventions)
        self._distance = _NEAR if here is None else min(here, _NEAR)
        self.words = ""

    def fits(self, found: RowCount) -> bool:
        """Return whether parameters print as the row's do; where none are printed, any do."""
        wanted = self.wanted.get("params")
        return wanted is None or first_fit(found, wanted) is not None

    def fits_or_is_near(self, found: RowCount) -> bool:
        """Return whether parameters print as the row's do, or are the nearest so far."""
        error = self._constraints.error("params", found, self._conventions)
        return self.fits(found) or error is None or error < self._distance

    def note(self, what: str, count: RowCount) -> None:
        """Remember a reading, in words, if it comes nearer than those before it."""
        distance = self._constraints.distance(count, self._conventions)
        if distance is not None and distance < self._distance:
            self._distance = distance
            self.words = f"{what}, within {float(distance):.1%}"
