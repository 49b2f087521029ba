"""Widths from printed numbers: which whole numbers bring a count into every printed interval.

A count is a polynomial of degree 2 at most in one width, so that three counts give it whole and
the widths follow by bisection; whoever asks counts each of them once more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

LARGEST = 1 << 15
"""The largest width that is looked for."""
_WIDTHS = range(1, LARGEST)


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial of degree 2 with rational coefficients, in whole numbers over one divisor."""

    square: int
    slope: int
    start: int
    divisor: int

    def times_divisor(self, x: int) -> int:
        """Give the value at a number, times the divisor."""
        return (self.square * x + self.slope) * x + self.start


def through(points: Sequence[tuple[int, int]]) -> Polynomial:
    """Give the polynomial through three points.

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
    return Polynomial(sign * square, sign * slope, sign * start, abs(divisor))


def widths_within(polynomial: Polynomial, numbers: Sequence[range]) -> list[range]:
    """Give the widths for which a rising polynomial gives a number of any of some ranges.

    >>> widths_within(through([(1, 1), (2, 4), (3, 9)]), [range(9, 26)])
    [range(3, 6)]
    """
    scaled, divisor = polynomial.times_divisor, polynomial.divisor
    first = scaled(1)
    if scaled(LARGEST) <= first:
        found = any(each.start * divisor <= first < each.stop * divisor for each in numbers)
        return [_WIDTHS] if found else []
    return [
        range(
            1 + bisect_left(_WIDTHS, each.start * divisor, key=scaled),
            1 + bisect_left(_WIDTHS, each.stop * divisor, key=scaled),
        )
        for each in numbers
    ]


def common(found: Sequence[Sequence[range]]) -> list[int]:
    """Give the numbers that lie in a range of every list; none where there is no list.

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
