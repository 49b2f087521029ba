"""Readings of single models, and what is odd in a printed one (GPT-3, BERT, a tiny network)."""

from __future__ import annotations

import planted_models as planted
import pytest

import archcount as ac
from archcount.spec.catalogue import find_table

TINY = """\
archcount: 1
name: tiny
source: {title: A tiny table of models}
rows: models
input: tokens 8 of vocab
let: {vocab: 1000}
columns: {model: Model, d: Width, layers: Layers}
blocks:
  attend: attention heads=4 causal=true
  layer: [{add: [identity, attend]}, linear 4*d act=gelu, linear d]
network:
- {row: embed, block: embedding d}
- {row: layers, block: layer, n: layers}
- {row: out, block: linear vocab bias=false}
table: |
  model | d   | layers | params    | ops
"""


@pytest.fixture
def compared(tmp_path):
    """Give a function that compares a table's text, changed, without its readings and errata."""

    def make(text: str, *changes: tuple[str, str]):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "table.yaml"
        path.write_text(text)
        table = ac.load(path)
        return ac.compare(ac.count(table, engine="formula"), table).record.comparison

    return make


@pytest.fixture
def gpt3() -> str:
    return find_table("gpt3")[0].read_text().partition("readings:")[0]


def found(comparison, column="params"):
    cells = {row.id: row.cells[column].verdict for row in comparison.rows if column in row.cells}
    return {name: (verdict.status, verdict.why) for name, verdict in cells.items()}


def test_sixteen_heads_give_both_numbers_of_gpt3_xl(compared, gpt3):
    comparison = compared(gpt3)
    cells = next(row.cells for row in comparison.rows if row.id == "gpt-3-xl")
    # 16 x 128 = 2,048, as printed, and 1,315,723,264 params; 24 x 128 = 3,072 and 1.5 billion.
    for column in ("params", "d"):
        verdict = cells[column].verdict
        assert (verdict.status, verdict.why) == ("reading", "cell")
        assert verdict.sentence.startswith("with 16 for 24 as n_heads: ")
    assert comparison.cause is None


def test_few_digits_are_no_evidence_of_another_width(compared, gpt3):
    comparison = compared(gpt3)
    assert found(comparison)["gpt-3-175b"] == ("off", "differs")
    assert found(comparison)["gpt-3-13b"] == ("off", "differs")


def test_the_cell_that_alone_can_be_mended_is_the_odd_one(compared, gpt3):
    comparison = compared(gpt3)
    cells = next(row.cells for row in comparison.rows if row.id == "gpt-3-13b")
    # 5,140 / 128 and 5,140 / 40 are no whole numbers, and 40 x 128 = 5,120.
    assert cells["d"].verdict.sentence.endswith("The odd one out: d.")
    # 24 heads of 128, or 16 heads of 192: any of three could be a misprint of 2,048 or 3,072.
    both = compared(gpt3, ("| 2048  | 24    | 128", "| 3072  | 16    | 128"), ("1.3B ", "9.9B "))
    cells = next(row.cells for row in both.rows if row.id == "gpt-3-xl")
    assert cells["d"].verdict.status == "contradiction"
    assert "odd one" not in cells["d"].verdict.sentence


def test_zeros_that_are_no_digits(compared, gpt3):
    # 355,871,744 is 350M with two digits, cut off, and 1.3B, 2.7B and 6.7B have no more.
    assert found(compared(gpt3))["gpt-3-medium"] == ("convention", "digits")
    # Beside numbers of three digits a zero is one.
    others = [("1.3B ", "1.32B"), ("2.7B ", "2.65B"), ("6.7B ", "6.66B"), ("760M ", "761M ")]
    assert found(compared(gpt3, *others))["gpt-3-medium"][0] == "off"


def rows(*lines: str) -> str:
    return TINY + "".join(f"  {line}\n" for line in lines)


def test_another_structure_of_all_networks_is_said_once(compared):
    # d = 64: 2 x 64,000, and a layer of 4 x (64^2 + 64) + 2 x 4 x 64^2 + 5 x 64 = 49,728; tied,
    # 64,000 params fewer: 64,000 + 2 x 49,728. d = 128: 128,000 + 3 x 197,760.
    comparison = compared(
        rows("a | 64 | 2 | 163,456 |", "b | 128 | 3 | 721,280 |", "c | 64 | 4 | 262,912 |")
    )
    whys = set(found(comparison).values())
    assert whys == {("convention", "embedding")}  # the very number: one of two embeddings
    assert comparison.cause.sentence.startswith("where embeddings are not counted all 3 printed")
    # Gated, each layer has another matrix and bias of 4d: 64 x 256 + 256, 128 x 512 + 512.
    comparison = compared(
        rows("a | 64 | 2 | 260,736 |", "b | 128 | 3 | 1,047,424 |", "c | 64 | 4 | 393,472 |")
    )
    assert set(found(comparison).values()) == {("reading", "structure")}
    words = "with gated feed-forward layers, of three matrices all 3 printed params match"
    assert comparison.cause.sentence.startswith(words)


@pytest.mark.parametrize(
    ("ops", "why"),
    [
        # 8 tokens: projections and feed-forward 8 x 12 x 64^2 = 393,216 a layer, products
        # 2 x 8 x 8 x 64 = 8,192 a layer, and 8 x 64,000 = 512,000 for the classifier.
        ("1,314,816", "match"),
        ("1,298,432", "attention"),  # without 2 x 8,192
        ("1,306,624", "causal"),  # without half of that
        ("802,816", "classifier"),
        ("10,917,888", "6nd"),  # 6 x 227,456 params x 8
        ("7,845,888", "6nd+embedding"),  # 6 x 163,456 x 8
    ],
)
def test_operations_counted_otherwise(compared, ops, why):
    comparison = compared(rows(f"a | 64 | 2 | 227,456 | {ops}"))
    assert found(comparison)["a"] == ("match", "equal")
    status = ("match", "equal") if why == "match" else ("convention", why)
    assert found(comparison, "ops")["a"] == status


@pytest.mark.parametrize("name", planted.FAMILIES)
@pytest.mark.parametrize(
    ("cases", "clean"), [(5, 5), pytest.param(150, 500, marks=pytest.mark.slow)]
)
def test_planted_causes_of_models(tmp_path, name, cases, clean):
    bench = planted.Bench(tmp_path)
    every = list(planted.outcomes(cases, 11, name, bench))
    assert sum(item.false_matches for item in every) == 0
    believed = sum(item.believed for item in every)
    assert believed >= cases / 3
    assert sum(item.rightly for item in every) >= 0.95 * believed
    assert planted.false_verdicts(clean, 12, name, bench) == 0
