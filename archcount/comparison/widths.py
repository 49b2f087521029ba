"""The widths of a row that may have been others, and those that give every printed number.

A count is a polynomial of degree 2 at most in one width, so that three counts give it whole and
the widths follow by bisection; whoever asks counts each of them once more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from archcount.comparison.candidates import Candidate, cell_candidate, site_candidate
from archcount.comparison.plausibility import KIND_BITS
from archcount.edits import Edit, Plan, Site

LARGEST = 1 << 15
"""The largest width that is looked for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Width:
    """Readings that differ in one width, which is solved for.

    Attributes:
        old: the width as it stands, or one like it.
        candidate: the reading for a width, its bits without those of the number.
        stands: whether the row as it stands is the reading for the old width.
    """

    old: int
    candidate: Callable[[int], Candidate]
    stands: bool = True


def width_candidates(plan: Plan) -> Iterator[Width]:
    """Yield the widths of a row that may have been others."""
    yield Width(old=plan.input[0], candidate=partial(_read, plan))
    for cell in plan.cells.values():
        if cell.says == "filters":
            yield Width(old=cell.value, candidate=partial(cell_candidate, cell, len(plan.cells)))
    weighted = [site for site in plan.sites if site.weights and site.word != "shortcut"]
    own = [site for site in weighted if site.width is not None and not _reads_alone(site, plan)]
    for site in own:
        # One width for all its repetitions is not the row as it stands where they differ.
        stands = len({outside for _, outside, _ in site.widths}) < 2
        candidate = partial(_filters, site, len(own))
        yield Width(old=site.width or 1, candidate=candidate, stands=stands)
    for site in weighted:
        if site.word == "conv" and site.groups == 1:
            candidate = partial(_reduced, site, len(weighted))
            yield Width(old=site.input[0], candidate=candidate, stands=False)


def _reads_alone(site: Site, plan: Plan) -> bool:
    """Return whether a layer's width is a printed number that no other layer reads.

    It may be worked out of that number.
    """
    names = [name for name in site.reads if name in plan.cells]
    others = [name for other in plan.sites if other is not site for name in other.reads]
    alone = len(names) == 1 and names[0] not in others
    derived = any(name not in plan.cells and name not in plan.patches for name in site.reads)
    return alone and (derived or plan.cells[names[0]].value == site.width)


def _read(plan: Plan, new: int) -> Candidate:
    return Candidate(
        why="input",
        what=f"{new} input channels instead of {plan.input[0]}",
        edits=(Edit(kind="input", to=(new, *plan.input[1:])),),
        bits=KIND_BITS["input"],
    )


def _filters(site: Site, places: int, new: int) -> Candidate:
    words = f"with {new} filters instead of {site.width}"
    return site_candidate(site, places, "filters", (new,), words)


def _reduced(site: Site, places: int, new: int) -> Candidate:
    words = f"with a 1x1 convolution to {new} before it"
    return site_candidate(site, places, "reduced", (new,), words, why="layer")


@dataclass(frozen=True, slots=True)
class Quadratic:
    """A polynomial of degree 2 with rational coefficients, in whole numbers over one divisor."""

    square: int
    slope: int
    start: int
    divisor: int

    def times_divisor(self, x: int) -> int:
        """Return the value at a number, times the divisor."""
        return (self.square * x + self.slope) * x + self.start


def through(points: Sequence[tuple[int, int]]) -> Quadratic:
    """Return the polynomial through three points.

    >>> square = through([(1, 1), (2, 4), (3, 9)])
    >>> square.times_divisor(10) // square.divisor
    100
    """
    (x0, y0), (x1, y1), (x2, y2) = points
    # Lagrange's form over the product of all differences.
    w0, w1, w2 = y0 * (x2 - x1), y1 * (x0 - x2), y2 * (x1 - x0)
    divisor = (x1 - x0) * (x2 - x0) * (x2 - x1)
    square, slope = w0 + w1 + w2, -(w0 * (x1 + x2) + w1 * (x0 + x2) + w2 * (x0 + x1))
    start = w0 * x1 * x2 + w1 * x0 * x2 + w2 * x0 * x1
    sign = 1 if divisor > 0 else -1
    return Quadratic(sign * square, sign * slope, sign * start, abs(divisor))


def widths_within(
    polynomial: Quadratic, numbers: Sequence[range], largest: int = LARGEST
) -> list[range]:
    """Return the widths for which a rising polynomial gives a number of any of some ranges.

    Only those below the largest are looked for.

    >>> widths_within(through([(1, 1), (2, 4), (3, 9)]), [range(9, 26)])
    [range(3, 6)]
    """
    scaled, divisor, widths = polynomial.times_divisor, polynomial.divisor, range(1, largest)
    first = scaled(1)
    if scaled(largest) <= first:
        found = any(each.start * divisor <= first < each.stop * divisor for each in numbers)
        return [widths] if found else []
    return [
        range(
            1 + bisect_left(widths, each.start * divisor, key=scaled),
            1 + bisect_left(widths, each.stop * divisor, key=scaled),
        )
        for each in numbers
    ]


def common(found: Sequence[Sequence[range]]) -> list[int]:
    """Return the numbers that lie in a range of every list; none where there is no list.

    >>> common([[range(1, 5), range(9, 12)], [range(4, 10)]])
    [4, 9]
    """
    if not found:
        return []
    smallest = min(found, key=lambda ranges: sum(len(each) for each in ranges))
    others = [ranges for ranges in found if ranges is not smallest]
    numbers = {number for each in smallest for number in each}
    for ranges in others:
        numbers = {number for number in numbers if any(number in each for each in ranges)}
    return sorted(numbers)
