"""What one row's printed cells demand of a count, all at once, and what comes nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.comparison.conventions import accepted, computed_value, differences, listed, plain
from archcount.comparison.plausibility import (
    CHANNEL_BITS,
    DEPTH_BITS,
    DIFFERENCE_BITS,
    GRID_BITS,
    ROUNDING_BITS,
    SUPPORTED_BITS,
    evidence,
)
from archcount.engines.counts import RowCount
from archcount.printed import (
    Convention,
    PrintedRow,
    Quantity,
    grid_and_channels,
    parse_output,
    parse_quantity,
)

QUANTITIES = ("params", "ops")
SIZES = ("input", "output")
_NEAR = Fraction(1, 5)
"""What is farther from a printed number than this is not near it."""

Conventions = Mapping[str, Sequence[Convention]]
"""By column the declared convention, then the others that it bears out."""
Option = tuple[Convention, float]
"""A convention that a printed number may follow, and its bits; the declared one has none."""
Fit = tuple[Mapping[str, Convention], float]
"""The conventions other than the declared ones that a count needs, and their bits."""


def options(conventions: Sequence[Convention]) -> tuple[Option, ...]:
    """Return the conventions that a reading may be combined with: those the column bears out."""
    declared, *others = conventions
    found = [(declared, 0.0), *((other, SUPPORTED_BITS) for other in others)]
    if declared.rounding != "either":
        other_way = "down" if declared.rounding == "nearest" else "nearest"
        found.append((replace(declared, rounding=other_way), ROUNDING_BITS))
    return tuple(found)


def all_options(column: str, conventions: Sequence[Convention]) -> tuple[Option, ...]:
    """Return every convention that a row may follow as it stands."""
    borne_out = options(conventions)
    known = {convention for convention, _ in borne_out}
    return (
        *borne_out,
        *(
            (other, SUPPORTED_BITS + DIFFERENCE_BITS * len(differences(conventions[0], other)))
            for other in listed(column, conventions[0].digits)
            if other not in known
        ),
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """The numbers that print as a cell does, under one convention."""

    convention: Convention
    bits: float
    numbers: range


def wanted(quantity: Quantity, found: Sequence[Option]) -> tuple[Wanted, ...]:
    """Return what is wanted under each of some conventions."""
    return tuple(
        Wanted(convention, bits, accepted(quantity, convention).whole())
        for convention, bits in found
    )


def first_fit(count: RowCount, found: Sequence[Wanted]) -> Option | None:
    """Return the first convention under which a count prints as is wanted."""
    for each in found:
        if computed_value(count, each.convention) in each.numbers:
            return each.convention, each.bits
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """The printed cells of a row, as what a count must satisfy.

    Attributes:
        quantities: the printed params and ops, where they are printed.
        sizes: the printed input and output, in the printed order.
        depth: the printed depth.
    """

    quantities: Mapping[str, Quantity]
    sizes: Mapping[str, tuple[int, ...]]
    depth: int | None

    @classmethod
    def of(cls, row: PrintedRow) -> Constraints:
        """Read a row's cells."""
        cells = {name: cell.text for name, cell in row.cells.items()}
        return cls(
            quantities={name: parse_quantity(cells[name]) for name in QUANTITIES if name in cells},
            sizes={name: parse_output(cells[name]) for name in SIZES if name in cells},
            depth=int(cells["depth"]) if "depth" in cells else None,
        )

    def wanted(self, options: Mapping[str, Sequence[Option]]) -> Mapping[str, Sequence[Wanted]]:
        """Return what every printed quantity wants under the conventions allowed, by column."""
        return {name: wanted(each, options[name]) for name, each in self.quantities.items()}

    def fit(self, count: RowCount, wanted: Mapping[str, Sequence[Wanted]]) -> Fit | None:
        """Return the likeliest conventions by which a count gives every printed cell, or None."""
        if not self._shapes_fit(count):
            return None
        needed: dict[str, Convention] = {}
        bits = 0.0
        for column, each in wanted.items():
            found = first_fit(count, each)
            if found is None:
                return None
            if found[1]:
                needed[column] = found[0]
                bits += found[1]
        return needed, bits

    def grid_fits(self, count: RowCount) -> bool:
        """Return whether a count gives what no width can change: the printed grid and depth."""
        size = self.sizes.get("output")
        fits = size is None or _differing(size, count.output)[0] == 0
        return fits and self.depth in (None, count.depth)

    def distance(self, count: RowCount, conventions: Conventions) -> Fraction | None:
        """Return how far a count is from the printed numbers at most, relatively.

        None where its shapes do not fit, or nothing is printed to be near to.
        """
        if not self._shapes_fit(count):
            return None
        errors = [self.error(column, count, conventions) for column in self.quantities]
        return max([each for each in errors if each is not None], default=None)

    def error(self, column: str, count: RowCount, conventions: Conventions) -> Fraction | None:
        """Return how far a count is from a printed number, relatively; None for none and for 0."""
        quantity = self.quantities.get(column)
        if quantity is None or not quantity.mantissa:
            return None
        return min(
            abs(computed_value(count, convention) / quantity.value(convention.k) - 1)
            for convention in conventions[column]
        )

    def _shapes_fit(self, count: RowCount) -> bool:
        if self.depth is not None and count.depth != self.depth:
            return False
        return not self.wrong_sizes(count)

    def wrong_sizes(self, count: RowCount) -> tuple[str, ...]:
        """Return the printed sizes that a count does not give."""
        shapes = {"input": count.input, "output": count.output}
        return tuple(
            name for name, size in self.sizes.items() if _differing(size, shapes[name]) != (0, 0)
        )

    def missed(
        self, count: RowCount, declared: Mapping[str, Convention]
    ) -> Iterator[tuple[str, float]]:
        """Yield the cells that a count does not give, each with the bits that it carries."""
        for name, size in self.sizes.items():
            grid, channels = _differing(size, count.input if name == "input" else count.output)
            if grid or channels:
                yield name, grid * GRID_BITS + channels * CHANNEL_BITS
        if self.depth is not None and count.depth != self.depth:
            yield "depth", DEPTH_BITS
        for name, quantity in self.quantities.items():
            if computed_value(count, declared[name]) not in accepted(quantity, declared[name]):
                yield name, evidence(accepted(quantity, plain(declared[name])))


def _differing(printed: tuple[int, ...], dims: tuple[int, ...]) -> tuple[int, int]:
    """Return, as 0 or 1 each, whether the grid and the channels differ."""
    grid, channels = grid_and_channels(printed, dims)
    return int(grid != dims[1:]), int(channels not in (None, dims[0]))


class NearMiss:
    """What a row's printed numbers want, and the reading that came nearest so far."""

    def __init__(self, constraints: Constraints, count: RowCount, conventions: Conventions) -> None:
        self._constraints, self._conventions = constraints, conventions
        self.wanted = constraints.wanted(
            {name: options(found) for name, found in conventions.items()}
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
