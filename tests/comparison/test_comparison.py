"""Verdicts: interval tests at their very ends, on numbers worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.toys import with_inputs

import archcount as ac
from archcount.comparison import VERDICTS, compare
from archcount.comparison.conventions import contrast
from archcount.comparison.ratios import judge_ratio
from archcount.comparison.verdicts import (
    judge_quantity,
    judge_size,
    judge_whole,
    percent,
    write,
)
from archcount.engines.network_parts import NetworkParts
from archcount.printed import Convention, parse_quantity, parse_ratio


def cells_of(comparison):
    return {row.id: row.cells for row in comparison.rows}


@pytest.mark.parametrize(
    ("printed", "computed", "k", "status", "why"),
    [
        # 112 x 1024 = 114,688 exactly
        ("112K", 114_688, 1024, "match", "equal"),
        ("112K", 114_687, 1024, "match", "rounded"),
        ("112K", 114_689, 1024, "match", "either"),
        # [111.5, 112.5) x 1024 = [114,176, 115,200); cut off up to 113 x 1024 = 115,712
        ("112K", 114_176, 1024, "match", "rounded"),
        ("112K", 114_175, 1024, "off", "differs"),
        ("112K", 115_199, 1024, "match", "either"),
        ("112K", 115_200, 1024, "match", "truncated"),
        ("112K", 115_711, 1024, "match", "truncated"),
        ("112K", 115_712, 1024, "off", "differs"),
        # the same number under the other K is off
        ("112K", 114_688, 1000, "off", "differs"),
        ("1.5B", 1_582_671_872, 1000, "match", "truncated"),
        ("1.6B", 1_582_671_872, 1000, "match", "rounded"),
        ("9,472", 9_472, 1000, "match", "equal"),
        ("9,472", 9_473, 1000, "off", "differs"),
        ("0", 0, 1000, "match", "equal"),
        ("0", 1, 1000, "off", "differs"),
    ],
)
def test_a_quantity_is_judged_by_its_interval(printed, computed, k, status, why):
    verdict = judge_quantity(parse_quantity(printed), computed, k, "weights")
    assert (verdict.status, verdict.why) == (status, why)
    assert printed in verdict.sentence
    assert f"{computed:,}" in verdict.sentence


def test_an_off_quantity_has_its_signed_error():
    verdict = judge_quantity(parse_quantity("2K"), 3_000, 1000, "weights")
    assert verdict.error == Fraction(1, 2)
    assert judge_quantity(parse_quantity("4K"), 3_000, 1000, "weights").error == Fraction(-1, 4)
    assert judge_quantity(parse_quantity("0"), 3, 1000, "weights").error is None


@pytest.mark.parametrize(
    ("printed", "chw", "status"),
    [
        ("112x112x64", (64, 112, 112), "match"),
        ("112×112×64", (64, 112, 112), "match"),
        ("112x112", (64, 112, 112), "match"),
        ("64x112x112", (64, 112, 112), "off"),
        ("112x112x63", (64, 112, 112), "off"),
        ("1x1x1000", (1000, 1, 1), "match"),
    ],
)
def test_a_size_must_be_equal(printed, chw, status):
    assert judge_size(printed, chw).status == status


def test_a_depth_must_be_equal():
    assert judge_whole("2", 2).status == "match"
    assert judge_whole("2", 3).status == "off"
    assert judge_whole("2", 3).error == Fraction(1, 2)


def test_a_sentence_says_what_was_compared():
    verdict = judge_quantity(parse_quantity("2.7K"), 9_408, 1024, "weights")
    assert verdict.sentence == (
        "9,408 weights = 9.19K with K = 1024, printed 2.7K: computed is +240% from printed."
    )
    verdict = judge_quantity(parse_quantity("22"), 22, 1000, "layers")
    assert verdict.sentence == "22 layers, printed 22: exactly."


def test_claims_of_the_text_count_in_thousands_whatever_the_columns_do(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text.replace("{K: 1000, count: params}", "{K: 1024, count: weights}").replace(
            "{K: 1000, count: macs}", "{K: 1024, count: macs}"
        )
        # 39,760 macs and 2,290 params (2,236 weights)
        + "claims: [{what: ops, printed: 39.8K, from: here}, {what: params, printed: 2.29K, from: there}]\n"
    )
    table = ac.load(path)
    claims = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert [claim.verdict.why for claim in claims] == ["rounded", "equal"]


def test_a_ratio_tries_every_value_of_both_printed_numbers():
    # 60M stands for up to 61M, cut off; 61 / 5.30 = 11.51 rounds to 12, 61 / 5.31 = 11.49 not.
    sixty = parse_quantity("60M")
    assert judge_ratio(parse_ratio("12x"), sixty, "A", 5_300_000, "params").status == "match"
    assert judge_ratio(parse_ratio("12x"), sixty, "A", 5_310_000, "params").status == "off"
    # The least it stands for is 59.5M; 59.5 / 4.58 = 12.99 is cut off to 12, 59.5 / 4.57 not.
    assert judge_ratio(parse_ratio("12x"), sixty, "A", 4_580_000, "params").status == "match"
    assert judge_ratio(parse_ratio("12x"), sixty, "A", 4_570_000, "params").status == "off"
    assert judge_ratio(parse_ratio("12x"), sixty, "A", 0, "params").status == "off"


@pytest.mark.parametrize(
    ("value", "like", "k", "text"),
    [
        (9_408, "2.7K", 1024, "9.19K"),  # 9.1875
        (163_328, "159K", 1024, "159.5K"),
        (1_582_671_872, "1.5B", 1000, "1.58B"),
        (22, "22", 1000, "22"),
        (1_234_567, "9,472", 1000, "1,234,567"),
        (1_042_432, "1072K", 1024, "1,018.0K"),
        (1_850_000_000, "1.8e9", 1000, "1.85e9"),
        (6_998_552, "6.7977 million", 1000, "6.99855 million"),
    ],
)
def test_a_value_is_written_like_the_printed_one(value, like, k, text):
    assert write(value, parse_quantity(like), k) == text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Fraction(1, 40), "+2.5%"),
        (Fraction(-1, 40), "-2.5%"),
        (Fraction(1, 3_000_000), "+3.3e-05%"),
        (Fraction(12), "+1,200%"),
    ],
)
def test_an_error_is_never_written_as_nothing(error, text):
    assert percent(error) == text


def test_what_is_blank_is_unpublished_and_still_counted():
    table = ac.load("googlenet")
    report = ac.compare(ac.count(table, engine="formula"), table)
    cell = cells_of(report.record.comparison)["pool1"]["params"]
    assert (cell.printed, cell.computed, cell.verdict.status) == (None, 0, "unpublished")
    assert set(report.record.comparison.tally("ops")) <= set(VERDICTS)


def test_conventions_choose_what_is_counted(toy_text, tmp_path):
    # stem: 108 weights, 112 params; 6,912 macs, 256 biases, 256 relus.
    cases = [
        ("{K: 1000, count: weights}", "{K: 1000, count: flops}", 108, 13_824),
        ("{K: 1000, count: params}", "{K: 1000, count: flops, include: [bias]}", 112, 14_080),
        ("{}", "{count: macs, include: [bias, activation]}", 112, 7_424),
    ]
    for params, ops, first, second in cases:
        text = toy_text.replace("{K: 1000, count: params}", params)
        path = tmp_path / "toy.yaml"
        path.write_text(text.replace("{K: 1000, count: macs}", ops))
        table = ac.load(path)
        report = ac.count(table, engine="formula")
        parts = NetworkParts(report.architecture)
        compared = compare(table.printed, report.counts[0], parts=parts)
        assert cells_of(compared)["stem"]["params"].computed == first
        assert cells_of(compared)["stem"]["ops"].computed == second


def test_a_printed_input_size_is_compared(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(with_inputs(toy_text, {"stem": "8x8x3", "stage": "8x8x5", "scores": "4x4x8"}))
    table = ac.load(path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    found = {row.id: row.cells["input"].verdict.status for row in report.record.comparison.rows}
    # the stem prints its output as 8x8x4
    assert found == {"stem": "match", "stage": "contradiction", "scores": "match"}


@pytest.mark.parametrize(
    ("counted", "declared", "words"),
    [
        ("params", "weights", "It counts biases and norm parameters too (the column otherwise does not)."),
        ("weights", "weights+bias", "It does not count biases (the column otherwise does)."),
        ("macs+bias", "flops+pool", "It counts biases too, does not count pooling, and counts MACs, not FLOPs."),
        ("macs down", "macs nearest", "It is cut off, not rounded."),
        ("macs K", "macs", "It takes K = 1024, not 1000."),
        ("macs down", "macs down", "It counts MACs, K = 1000, cut off, not MACs, K = 1000, cut off."),
    ],
)  # fmt: skip
def test_another_convention_is_told_by_what_it_counts(counted, declared, words):
    def read(text):
        count, *manner = text.split()
        count, *include = count.split("+")
        k = 1024 if "K" in manner else 1000
        rounding = next((word for word in manner if word != "K"), "either")
        return Convention(k=k, count=count, include=tuple(include), rounding=rounding)

    assert contrast(read(counted), read(declared)) == words
    claimed = contrast(read(counted), read(declared), of_column=False)
    assert claimed == words.partition(" (the column")[0].rstrip(".") + "."
