"""Which of two readings is likelier: hand-made ones in the order that they should have.

A reading of b bits is one of 2^b at least as simple, so that each price is a number of readings,
worked out in the comments: kind x places x number. The order is close on purpose, so that it fails
where any constant changes by a fifth (`mutate_plausibility`).
"""

from __future__ import annotations

from fractions import Fraction
from math import log2

import mutate_plausibility
import pytest

from archcount.comparison import plausibility
from archcount.printed import Interval

KNOWN = range(1000, 2000, 8)


def reading(*kinds: str, places: int = 1, number: float = 0.0) -> float:
    """Return the bits of changes at one of some places to a number of so many bits."""
    bits = sum(plausibility.KIND_BITS[kind] for kind in kinds)
    return bits + plausibility.place_bits(places) + number


def known(widths: int) -> float:
    """Return the bits of a width that is one of so many elsewhere in the table."""
    return plausibility.width_bits(64, KNOWN[0], KNOWN[:widths])


def kernel(old: int, new: int) -> float:
    return plausibility.kernel_bits((old, old), (new, new))


def ranking() -> dict[str, float]:
    """Return hand-made readings with their bits, the likeliest first."""
    width, small = plausibility.width_bits, plausibility.small_bits
    return {
        # Nothing is chosen: the paper says itself what the row reads. 2
        "what is printed as the input": reading("printed-input"),
        # 8 x 7: one setting of one layer, and no number beside it
        "one of 7 pairs of depthwise and 1x1 as one convolution": reading("joined", places=7),
        # 8 x 4 x 2: more repetitions are as likely as another layer's setting
        "2 repetitions more, on the printed input": reading("repeats", "printed-input", number=2),
        # 8 x 9
        "one of 9 pairs as one convolution": reading("joined", places=9),
        # 8 x 5 x 2: one layer as separable, with the multiplier next to 1
        "one of 5 layers separable, multiplier 2": reading("separable", places=5, number=small(2)),
        # 4 x 2 x 11: a width that the table has elsewhere, wrongly carried to this row
        "input of one of 11 widths elsewhere": reading("input", number=known(11)),
        # 4 x 2^3.5 x 2 = 90.5: the nearest multiple of 8 is as good as a width seen elsewhere
        "input of the next multiple of 8": reading("input", number=width(64, 72, ())),
        # 8 x 12: one setting, but of several layers, and three sizes away
        "9x9 for 3x3 in all layers": reading("patch", number=kernel(3, 9)),
        # 4 x 2 x 13
        "input of one of 13 widths elsewhere": reading("input", number=known(13)),
        # 4 x 2 x 2 x 7: a misread cell, of two
        "one of 2 cells, of 7 widths elsewhere": reading("cell", places=2, number=known(7)),
        # 8 x 4 x 4
        "one of 4 multipliers 4": reading("multiplier", places=4, number=small(4)),
        # 4 x 3 x 2 x 6
        "one of 3 cells, of 6 widths elsewhere": reading("cell", places=3, number=known(6)),
        # 8 x 10 x 2
        "one of 10 kernels 5x5 for 3x3": reading("kernel", places=10, number=kernel(3, 5)),
        # 16 x 11: structure is printed and drawn, and seldom wrong
        "one of 11 layers left out": reading("without", places=11),
        # 8 x 4 x 2 x 3: a layer's own width
        "one of 4 filter counts, of 3 elsewhere": reading("filters", places=4, number=known(3)),
        # 16 x 13
        "one of 13 layers left out": reading("without", places=13),
        # 8 x 7 x 2 x 2: the same slip is half as likely where it needs the printed input too
        "one of 7 kernels 5x5, on the printed input": reading(
            "kernel", "printed-input", places=7, number=kernel(3, 5)
        ),
        # 16 x 15
        "one of 15 layers twice": reading("twice", places=15),
        # 4 x 2^3.5 x 2 x 2^1.5 = 256: the nearest multiple of 4, which papers have less often
        "input of the next multiple of 4": reading("input", number=width(64, 68, ())),
        # 16 x 17: the grid behind it is printed, and would show another stride
        "one of 17 strides": reading("stride", places=17),
        # 16 x 9 x 2: the printed ops would show groups, as they would a layer left out
        "one of 9 convolutions in 2 groups": reading("groups", places=9, number=small(2)),
        # 32 x 2 x 5: a layer that nobody printed, and its width
        "a 1x1 before, of 5 widths elsewhere": reading("reduced", number=known(5)),
        # 8 x 6 x 2^3: an even kernel, which papers seldom have, two sizes away
        "2x2 for 7x7": reading("kernel", number=kernel(7, 2)),
        # 16 x 28
        "one of 28 paddings": reading("pad", places=28),
        # 32 x 2 x 8
        "a 1x1 before, of 8 widths elsewhere": reading("reduced", number=known(8)),
    }


def check_ranking() -> None:
    found = ranking()
    assert sorted(found, key=lambda each: found[each]) == list(found)


def other_conventions() -> dict[str, float]:
    """Return readings of other grids and strides, and under other conventions, by likelihood."""
    rounding, supported = plausibility.ROUNDING_BITS, plausibility.SUPPORTED_BITS
    return {
        # 8 x 7
        "one of 7 pairs as one convolution": reading("joined", places=7),
        # 8 x 5 x 2^0.5 = 8 x 7.1: to cut off instead of rounding is less than one of two
        "one of 5 pairs, cut off": reading("joined", places=5, number=rounding),
        # 8 x 7 x 2^0.5 = 8 x 9.9
        "one of 7 pairs, cut off": reading("joined", places=7, number=rounding),
        # 8 x 10
        "one of 10 pairs": reading("joined", places=10),
        # 8 x 11
        "one of 11 pairs": reading("joined", places=11),
        # 8 x 6 x 2: the rest of the column is as well under either convention, one of two
        "one of 6 pairs, as the column may count": reading("joined", places=6, number=supported),
        # 8 x 13
        "one of 13 pairs": reading("joined", places=13),
        # 8 x 15
        "one of 15 pairs": reading("joined", places=15),
        # 4 x 32 = 8 x 16: one grid among about 32
        "another grid": reading("input", number=plausibility.GRID_BITS),
        # 8 x 17
        "one of 17 pairs": reading("joined", places=17),
        # 8 x 31
        "one of 31 pairs": reading("joined", places=31),
        # 16 x 2 x 8 = 8 x 32: seldom is a stride 3 or more
        "one of 2 strides 3": reading("stride", places=2, number=plausibility.stride_bits(3)),
        # 8 x 33
        "one of 33 pairs": reading("joined", places=33),
    }


def check_conventions() -> None:
    found = other_conventions()
    assert sorted(found, key=lambda each: found[each]) == list(found)
    # A convention that the column does not bear out, with one difference: one of 2 x 8. A misread
    # cell of 3 is 4 x 3 and likelier, of 5 is 4 x 5 and less likely.
    one = plausibility.SUPPORTED_BITS + plausibility.DIFFERENCE_BITS
    assert reading("cell", places=3) < one < reading("cell", places=5)
    # A number that all networks share, two octaves from the file's: one of 4 for each octave, 16.
    assert log2(13) < 2 * plausibility.FAR_BITS < log2(19)


def check_sizes() -> None:
    # A printed number of channels is one of 64: one of 6 as simple would fit it by accident less
    # than once in ten times, one of 7 more often. With a depth, one of 4, these are 25 and 26.
    channels, both = plausibility.CHANNEL_BITS, plausibility.CHANNEL_BITS + plausibility.DEPTH_BITS
    for evidence, believed in ((channels, 6), (both, 25)):
        assert plausibility.believable(log2(believed), evidence)
        assert not plausibility.believable(log2(believed + 1), evidence)


def check_beliefs() -> None:
    # Where one in ten as simple would fit by accident, one of 9 is not believed and one of 11 is.
    assert not plausibility.believable(5.0, evidence=5 + log2(9))
    assert plausibility.believable(5.0, evidence=5 + log2(11))


def check_evidence() -> None:
    # Within a factor of 4 either way of the computed number lie 4 octaves: one of them is a
    # quarter, and 1.4 to 2.0, half an octave, an eighth.
    assert plausibility.evidence(Interval(Fraction(2), Fraction(4))) == pytest.approx(2)
    assert plausibility.evidence(Interval(Fraction(1414214), Fraction(2000000))) == pytest.approx(3)


CHECKS = {
    "ranking": check_ranking,
    "conventions": check_conventions,
    "sizes": check_sizes,
    "beliefs": check_beliefs,
    "evidence": check_evidence,
}


@pytest.mark.parametrize("name", CHECKS)
def test_what_is_likelier(name: str) -> None:
    CHECKS[name]()


def test_a_change_of_any_constant_by_a_fifth_fails() -> None:
    found = mutate_plausibility.mutations(CHECKS)
    assert len(found) == 2 * (len(plausibility.KIND_BITS) + 12)
    assert [name for name, checks in found.items() if not checks] == []
