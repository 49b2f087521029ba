"""How likely a reading is before the printed numbers are looked at, in bits: fewer is likelier.

A reading of `b` bits is one of about 2^b readings at least as simple. A printed number of few
digits is had by accident by many of so many readings, so that a reading is believed only where
its bits are well below those that the printed numbers carry (`MARGIN`).
"""

from __future__ import annotations

from collections.abc import Collection
from math import log2

from archcount.printed import Interval

MARGIN = log2(10)
"""A reading is believed where fewer than one in ten as simple would fit by accident."""
OCTAVES = 4
"""A number that is not the computed one is expected within a factor of 2^(OCTAVES/2) of it."""
_MOST_BITS = 50
"""More than any printed number carries, and less than floats can tell."""
KIND_BITS = {
    "printed-input": 1.0,
    "input": 2.0,
    "cell": 2.0,
    "filters": 2.5,
    "kernel": 3.0,
    "separable": 3.0,
    "repeats": 3.0,
    "multiplier": 3.5,
    "stride": 4.0,
    "patch": 3.0,
    "pad": 4.0,
    "joined": 3.0,
    "groups": 4.0,
    "without": 4.0,
    "twice": 4.0,
    "reduced": 5.0,
}
"""The bits of each kind of change, before its place and its number."""
_STEPS = {64: 3.0, 32: 2.5, 16: 2.5, 8: 2.5, 4: 4.0, 2: 5.5, 1: 6.5}
"""The bits of widths that are multiples of a number: most of published widths are of 8."""


def evidence(interval: Interval) -> float:
    """Give the bits that a printed number carries: how rare it is to fall into its interval.

    >>> from fractions import Fraction
    >>> round(evidence(Interval(Fraction(2), Fraction(4))))  # one octave of OCTAVES
    2
    """
    if interval.low <= 0:
        return 0.0
    octaves = log2(1 + float((interval.high - interval.low) / interval.low))
    return max(0.0, log2(OCTAVES / max(octaves, 2.0**-_MOST_BITS)))


def place_bits(places: int) -> float:
    """Give the bits that choose one of so many places."""
    return log2(max(places, 1))


def width_bits(old: int, new: int, known: Collection[int]) -> float:
    """Give the bits of a width: few for round ones nearby, and for those that occur elsewhere.

    >>> width_bits(832, 928, ()) < width_bits(832, 927, ())
    True
    """
    options = [_step_bits(old, new, step, bits) for step, bits in _STEPS.items() if new % step == 0]
    if new in known:
        options.append(1 + log2(max(len(known), 1)))
    if new in (2 * old, old / 2):
        options.append(4.0)
    return min(options)


def _step_bits(old: int, new: int, step: int, bits: float) -> float:
    steps = max(1, -(-abs(new - old) // step))
    return bits + 1 + log2(steps * (steps + 1))


def kernel_bits(old: tuple[int, int], new: tuple[int, int]) -> float:
    """Give the bits of a kernel: few for square odd ones of about the same size."""
    if new[0] != new[1]:
        return 4 + log2(max(new))
    steps = max(1, abs(new[0] - old[0]) // 2)
    return log2(steps * (steps + 1)) + (0 if new[0] % 2 else 3)


def small_bits(new: int) -> float:
    """Give the bits of a small number such as a multiplier: few for 1 and powers of two."""
    power = new & (new - 1) == 0
    return 1 + log2(new) / 2 + (0.5 if power else 3)
