"""Widths from printed numbers: which whole numbers bring a count into every printed interval.

A count is a polynomial of degree 2 at most in one width, so that three counts give it whole and
the widths follow by bisection; whoever asks counts each of them once more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from archcount.printed import Interval

LARGEST = 1 << 15
"""The largest width that is looked for."""

Polynomial = Callable[[int], Fraction]


def through(points: Sequence[tuple[int, int]]) -> Polynomial:
    """Give the polynomial through three points.

    >>> square = through([(1, 1), (2, 4), (3, 9)])
    >>> square(10)
    Fraction(100, 1)
    """
    (x0, y0), (x1, y1), (x2, y2) = points
    slope = Fraction(y1 - y0, x1 - x0)
    bend = (Fraction(y2 - y1, x2 - x1) - slope) / (x2 - x0)

    def value(x: int) -> Fraction:
        return y0 + (x - x0) * (slope + (x - x1) * bend)

    return value


def widths_within(polynomial: Polynomial, intervals: Sequence[Interval]) -> list[range]:
    """Give the widths for which a rising polynomial lies in any of some intervals.

    >>> widths_within(through([(1, 1), (2, 4), (3, 9)]), [Interval(Fraction(9), Fraction(26))])
    [range(3, 6)]
    """
    if polynomial(LARGEST) <= polynomial(1):
        return [range(1, LARGEST)] if any(polynomial(1) in each for each in intervals) else []
    return [
        range(_first(polynomial, each.low), _first(polynomial, each.high)) for each in intervals
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


def _first(polynomial: Polynomial, value: Fraction) -> int:
    """Give the smallest width from which on a rising polynomial reaches a value."""
    low, high = 1, LARGEST
    while low < high:
        middle = (low + high) // 2
        if polynomial(middle) >= value:
            high = middle
        else:
            low = middle + 1
    return low
