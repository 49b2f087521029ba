"""How likely a reading is before the printed numbers are looked at, in bits: fewer is likelier.

A reading of `b` bits is one of about 2^b readings at least as simple. A printed number of few
digits is had by accident by many of so many readings, so that a reading is believed only where
its bits are well below those that the printed numbers carry (`MARGIN`).

`tests/mutate_plausibility.py` changes every number here and shows that a pinned ranking fails.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from math import ceil, log1p, log2

from archcount.printed import Interval

MARGIN = log2(10)
"""A reading is believed where fewer than one in ten as simple would fit by accident."""
OCTAVES = 4.0
"""A number that is not the computed one is expected within a factor of 2^(OCTAVES/2) of it."""
KIND_BITS = {
    "printed-input": 1.0,  # the row reads what the paper says that it reads
    "input": 2.0,  # a number that stands in the table was mistaken
    "cell": 2.0,
    "filters": 3.0,  # one setting of one layer was another
    "kernel": 3.0,
    "separable": 3.0,
    "multiplier": 3.0,
    "patch": 3.0,
    "repeats": 3.0,
    "joined": 3.0,
    "stride": 4.0,  # a setting that the rows behind it bear out, or another structure
    "pad": 4.0,
    "groups": 4.0,
    "without": 4.0,
    "twice": 4.0,
    "reduced": 5.0,  # another structure with a number of its own
}
"""The bits of each kind of change, before its place and its number."""
ROUND_BITS = 3.5
"""The bits of a width that is the next multiple of 8, up or down: most of published ones are."""
HALVING_BITS = 1.5
"""The bits more for each halving of 8 that a width is a multiple of."""
UNUSUAL_BITS = 3.0
"""The bits of what papers seldom have: an even or oblong kernel, a stride of 3, 7 as multiplier."""
GRID_BITS = 5.0
"""The bits of one grid among those that a row may have; a printed one carries as many."""
CHANNEL_BITS = 6.0
"""The bits that a printed number of channels carries, one among the usual widths."""
DEPTH_BITS = 2.0
"""The bits that a printed depth carries: most are 1 to 4."""
FAR_BITS = 2.0
"""The bits of each octave by which a number that all networks of a table share is another."""
ROUNDING_BITS = 0.5
"""The bits of numbers cut off instead of rounded, or the other way round."""
SUPPORTED_BITS = 1.0
"""The bits of another convention that the column bears out."""
DIFFERENCE_BITS = 3.0
"""The bits more for each difference of a convention that the column does not bear out."""


def believable(bits: float, evidence: float) -> bool:
    """Return whether what needs so many bits is likelier than an accident.

    >>> believable(8.0, evidence=12.0), believable(8.0, evidence=11.0)
    (True, False)
    """
    return bits + MARGIN <= evidence


def evidence(interval: Interval) -> float:
    """Return the bits that a printed number carries: how rare it is to fall into its interval.

    >>> from fractions import Fraction
    >>> round(evidence(Interval(Fraction(2), Fraction(4))))  # one octave of OCTAVES
    2
    """
    if interval.low <= 0:
        return 0.0
    octaves = log1p(float((interval.high - interval.low) / interval.low)) / log1p(1)
    return max(0.0, log2(OCTAVES / octaves))


def gap_evidence(interval: Interval, computed: Fraction) -> float:
    """Return the bits that a printed number carries that is near to the computed one.

    What differs from it is small mostly, and the less the printed digits tell of the difference,
    the more changes make it.

    >>> from fractions import Fraction
    >>> far = gap_evidence(Interval(Fraction(400), Fraction(401)), Fraction(200))
    >>> far > gap_evidence(Interval(Fraction(400), Fraction(401)), Fraction(390))
    True
    """
    near, far = sorted(abs(end - computed) for end in (interval.low, interval.high))
    return min(evidence(interval), evidence(Interval(near, far)))


def place_bits(places: int) -> float:
    """Return the bits that choose one of so many places."""
    return log2(max(places, 1))


def width_bits(old: int, new: int, known: Collection[int]) -> float:
    """Return the bits of a width: few for round ones nearby, and for those that occur elsewhere.

    >>> width_bits(832, 928, ()) < width_bits(832, 927, ())
    True
    """
    options = [
        ROUND_BITS + HALVING_BITS * max(0, 3 - power) + count_bits(abs(new - old) / 2**power)
        for power in range(7)
        if new % 2**power == 0
    ]
    if new in known:
        options.append(log2(2 * len(known)))
    return min(options)


def count_bits(steps: float) -> float:
    """Return the bits of a number of steps: 1, 2.6, 3.6, ... for the first, second, third."""
    whole = max(1, ceil(abs(steps)))
    return log2(whole * (whole + 1))


def kernel_bits(old: tuple[int, ...], new: tuple[int, ...]) -> float:
    """Return the bits of a kernel: few for square odd ones of about the same size."""
    if len(set(new)) > 1:
        return UNUSUAL_BITS + log2(max(new))
    return count_bits(abs(new[0] - old[0]) // 2) + (0 if new[0] % 2 else UNUSUAL_BITS)


def stride_bits(new: int) -> float:
    """Return the bits of a stride: one of the usual 1 and 2, or one that papers seldom have."""
    return log2(2) if new < 3 else UNUSUAL_BITS


def small_bits(new: int) -> float:
    """Return the bits of a small number such as a multiplier: few for 1 and powers of two."""
    return log2(new) + (0 if new & (new - 1) == 0 else UNUSUAL_BITS)
