"""Printed notation: what "159K" can stand for, worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcount.comparison.verdicts import write
from archcount.errors import InvalidValueError
from archcount.printed import Patch, parse_patch, parse_quantity, parse_ratio, parse_size


@pytest.mark.parametrize(
    ("text", "k", "rounded", "truncated"),
    [
        # 158.5 x 1000 to 159.5 x 1000; 159 x 1000 to 160 x 1000
        ("159K", 1000, (158_500, 159_500), (159_000, 160_000)),
        # 158.5 x 1024 = 162,304; 159.5 x 1024 = 163,328; 160 x 1024 = 163,840
        ("159K", 1024, (162_304, 163_328), (162_816, 163_840)),
        ("2.7K", 1000, (2_650, 2_750), (2_700, 2_800)),
        ("1.5B", 1000, (1_450_000_000, 1_550_000_000), (1_500_000_000, 1_600_000_000)),
        # M is K x K: 1024 x 1024 = 1,048,576
        ("2M", 1024, (1_572_864, 2_621_440), (2_097_152, 3_145_728)),
        ("9,472", 1000, (Fraction(18943, 2), Fraction(18945, 2)), (9_472, 9_473)),
        ("1.8e9", 1000, (1_750_000_000, 1_850_000_000), (1_800_000_000, 1_900_000_000)),
        ("1.8×10^9", 1000, (1_750_000_000, 1_850_000_000), (1_800_000_000, 1_900_000_000)),
        ("569 Million", 1000, (568_500_000, 569_500_000), (569_000_000, 570_000_000)),
        ("~4.1G", 1000, (4_050_000_000, 4_150_000_000), (4_100_000_000, 4_200_000_000)),
        ("≈7B", 1000, (6_500_000_000, 7_500_000_000), (7_000_000_000, 8_000_000_000)),
        ("4.5 GFLOPs", 1000, (4_450_000_000, 4_550_000_000), (4_500_000_000, 4_600_000_000)),
        ("569 Mult-Adds", 1000, (Fraction(1137, 2), Fraction(1139, 2)), (569, 570)),
        ("3.14E+23", 1000, (3135 * 10**20, 3145 * 10**20), (314 * 10**21, 315 * 10**21)),
        ("3.14×10²³", 1000, (3135 * 10**20, 3145 * 10**20), (314 * 10**21, 315 * 10**21)),
        ("6.7977 million", 1000, (6_797_650, 6_797_750), (6_797_700, 6_797_800)),
    ],
)
def test_a_printed_number_stands_for_an_interval(text, k, rounded, truncated):
    quantity = parse_quantity(text)
    assert (quantity.rounded(k).low, quantity.rounded(k).high) == rounded
    assert (quantity.truncated(k).low, quantity.truncated(k).high) == truncated


def test_the_lower_end_belongs_to_the_interval_and_the_upper_does_not():
    interval = parse_quantity("159K").rounded()
    assert 158_500 in interval
    assert 159_499 in interval
    assert 159_500 not in interval
    assert 158_499 not in interval


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K",
        "2.7KK",
        "-3",
        "1_000",
        "1,00",
        "2.7 kilo",
        "1e999",
        "x",
        "9" * 100,
        "1.K",
        "~",
        "4.5 Gbytes",
        "10^9",
        "3E-4",
        "84²",  # 84 with a footnote, or 84 squared
        "8.4×10^1²",
        "⁸⁴",
    ],
)
def test_what_is_no_printed_number_is_refused(text):
    with pytest.raises(InvalidValueError, match="not a printed number"):
        parse_quantity(text)


@given(
    digits=st.integers(0, 99_999),
    decimals=st.integers(0, 4),
    suffix=st.sampled_from(["", "K", "M", "B"]),
    k=st.sampled_from([1000, 1024]),
)
def test_what_is_printed_lies_in_its_own_intervals(digits, decimals, suffix, k):
    power = {"": 0, "K": 1, "M": 2, "B": 3}[suffix]
    text = f"{digits / 10**decimals:.{decimals}f}{suffix}"
    exact = Fraction(digits, 10**decimals) * k**power
    quantity = parse_quantity(text)
    assert quantity.value(k) == exact
    assert exact in quantity.rounded(k)
    assert exact in quantity.truncated(k)
    # Either interval is as wide as the last printed digit is worth.
    assert (
        quantity.rounded(k).high - quantity.rounded(k).low == Fraction(1, 10**decimals) * k**power
    )


@given(value=st.integers(0, 10**9), decimals=st.integers(0, 3))
def test_a_value_printed_by_rounding_or_cutting_is_found_in_that_interval(value, decimals):
    unit = 1000 // 10**decimals
    rounded = (2 * value + unit) // (2 * unit)  # half up
    cut = value // unit
    for number, name in ((rounded, "rounded"), (cut, "truncated")):
        text = f"{number / 10**decimals:.{decimals}f}K"
        assert value in getattr(parse_quantity(text), name)()


@pytest.mark.parametrize(
    ("text", "patch"),
    [
        ("7x7/2", Patch((7, 7), (2, 2))),
        ("7×7/2", Patch((7, 7), (2, 2))),
        ("3x3", Patch((3, 3), (1, 1))),
        ("1x7", Patch((1, 7), (1, 1))),
        ("3x3/2x1", Patch((3, 3), (2, 1))),
        ("3", Patch((3,), (1,))),
        ("5/2", Patch((5,), (2,))),
        ("3x3x3", Patch((3, 3, 3), (1, 1, 1))),
        ("1×3×3/1×2×2", Patch((1, 3, 3), (1, 2, 2))),
        ("3x3x3/2", Patch((3, 3, 3), (2, 2, 2))),
    ],
)
def test_patches_are_read_and_written(text, patch):
    assert parse_patch(text) == patch
    assert parse_patch(str(patch)) == patch


@pytest.mark.parametrize(
    "text", ["7y7", "7x7/", "7x7/0", "0x3", "-1x3", "3x3x3x3", "", "3x3/s", "3x3/1x2x2"]
)
def test_what_is_no_patch_is_refused(text):
    with pytest.raises(InvalidValueError):
        parse_patch(text)


@given(st.tuples(*[st.integers(1, 999)] * 4))
def test_patches_survive_writing_and_reading(sides):
    patch = Patch(sides[:2], sides[2:])
    assert parse_patch(str(patch)) == patch


@pytest.mark.parametrize(
    "text", ["112x112x64", "112×112×64", "112 x 112 x 64", "112^2x64", "112²×64"]
)
def test_sizes_are_read_in_the_printed_order(text):
    assert parse_size(text) == (112, 112, 64)


@pytest.mark.parametrize("text", ["", "axb", "1 1x5", "١x٢", "1x0", "1x2x3x4", "1.5x2", "x", "1x"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidValueError):
        parse_size(text)


@pytest.mark.parametrize(("text", "value"), [("12x", 12), ("12x fewer", 12), ("2.5×", 2.5)])
def test_ratios_are_read(text, value):
    assert parse_ratio(text).mantissa == Fraction(str(value))


def test_what_is_no_ratio_is_refused():
    with pytest.raises(InvalidValueError, match="not a printed ratio"):
        parse_ratio("many times fewer")


@pytest.mark.parametrize(
    ("value", "printed", "written"),
    [
        (4_089_184_256, "~4.1G", "4.09G"),
        (6_738_415_616, "≈7B", "6.7B"),
        (4_500_000_001, "4.5 GFLOPs", "4.50 GFLOPs"),
        (3 * 10**23, "3.14×10²³", "3.000×10²³"),
    ],
)
def test_a_value_is_written_as_the_paper_writes(value, printed, written):
    assert write(value, parse_quantity(printed), 1000) == written
