"""One cause of many printed sizes is said once, and only where it is one (SqueezeNet's 224)."""

from __future__ import annotations

import pytest
from helpers.toys import compared

import archcount as ac

SQUEEZENET = """\
archcount: 1
name: squeezenet
source: {title: SqueezeNet, arxiv: 1602.07360v4, table: Table 1}
input: 3x224x224
let: {classes: 1000}
layer: {pad: valid, act: relu}
columns: {s: s1x1, e1: e1x1, e3: e3x3}
blocks:
  fire: [conv 1x1 s, {concat: [conv 1x1 e1, conv 3x3 e3 pad=1]}]
  pool: maxpool 3x3/2
table: |
  row       | block            | patch | output     | s  | e1  | e3  | params
  conv1     | conv patch 96    | 7x7/2 | 111x111x96 |    |     |     | 14,208
  maxpool1  | pool             |       | 55x55x96   |    |     |     |
  fire2     | fire             |       | 55x55x128  | 16 | 64  | 64  | 11,920
  fire3     | fire             |       | 55x55x128  | 16 | 64  | 64  | 12,432
  fire4     | fire             |       | 55x55x256  | 32 | 128 | 128 | 45,344
  maxpool4  | pool             |       | 27x27x256  |    |     |     |
  fire5     | fire             |       | 27x27x256  | 32 | 128 | 128 | 49,440
  fire6     | fire             |       | 27x27x384  | 48 | 192 | 192 | 104,880
  fire7     | fire             |       | 27x27x384  | 48 | 192 | 192 | 111,024
  fire8     | fire             |       | 27x27x512  | 64 | 256 | 256 | 188,992
  maxpool8  | pool             |       | 13x12x512  |    |     |     |
  fire9     | fire             |       | 13x13x512  | 64 | 256 | 256 | 197,184
  conv10    | conv 1x1 classes |       | 13x13x1000 |    |     |     | 513,000
  avgpool10 | global_avgpool   |       | 1x1x1000   |    |     |     |
"""
"""Table 1 as printed, 13x12 included; (227 - 7) / 2 + 1 = 111, and of 224 it is 109."""


@pytest.fixture
def table(tmp_path):
    """Give a function that loads a text, changed."""

    def loaded(text: str, *changes: tuple[str, str]) -> ac.Table:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "table.yaml"
        path.write_text(text)
        return ac.load(path)

    return loaded


def whys(comparison, column="output"):
    return {
        row.id: (row.cells[column].verdict.status, row.cells[column].verdict.why)
        for row in comparison.rows
    }


def test_the_input_size_that_makes_the_sizes_of_squeezenet_right_is_said_once(table):
    squeezenet = table(SQUEEZENET)
    report = ac.compare(ac.count(squeezenet, engine="all"), squeezenet)
    comparison = report.record.comparison
    # maxpool8 is a misprint of 13x13; avgpool10 is 1x1 whatever the input.
    found = whys(comparison)
    assert found.pop("maxpool8") == ("off", "odd")
    assert found.pop("avgpool10") == ("match", "equal")
    assert set(found.values()) == {("reading", "input-size")}
    assert comparison.cause.rows == tuple(found)
    assert (comparison.cause.right, comparison.cause.before) == (13, 1)
    lines = report.to_markdown().splitlines()
    [said] = [line for line in lines if "227x227" in line]
    assert "with an input of 227x227 13 of the 14 printed sizes match, and 1 as the" in said
    # (228 - 7) / 2 is cut off to the same, and so is (224 + 4 - 7) / 2.
    assert (
        "likewise with an input of 228x228, or row conv1 read 'conv patch 96' padded by 2" in said
    )
    heading = lines.index("**Findings, the worst first**")
    assert said in lines[heading:]
    assert said.startswith("- reading, new: ")
    engines = {row.explanations[0].engines for row in comparison.rows if row.id in found}
    assert engines == {("fvcore", "torch", "formula")}
    assert report.record.warnings == ()


def test_an_input_that_gives_every_size_is_no_cause(table):
    squeezenet = table(SQUEEZENET, ("3x224x224", "3x227x227"))
    comparison = compared(squeezenet)
    assert comparison.cause is None
    assert whys(comparison)["fire2"] == ("match", "equal")


def test_two_sizes_that_nothing_in_common_explains_have_no_common_cause(table):
    """No input has both: 55x55 in fire2 and 29x29 in fire5 are misprints of their own."""
    wrong = ("55x55x128  | 16 | 64  | 64  | 11,920", "57x57x128  | 16 | 64  | 64  | 11,920")
    other = ("27x27x256  | 32", "29x29x256  | 32")
    squeezenet = table(SQUEEZENET, ("3x224x224", "3x227x227"), wrong, other)
    comparison = compared(squeezenet)
    assert comparison.cause is None
    assert whys(comparison)["fire2"][0] == whys(comparison)["fire5"][0] == "off"


TOY = """\
archcount: 1
name: toy
source: {title: Toy}
input: 3x32x32
let: {w: 8, classes: 10}
layer: {pad: same}
table: |
  row | block              | output
  a   | conv 3x3 w         | %s
  b   | maxpool 3x3/2      | %s
  c   | conv 3x3 2*w       | %s
  d   | global_avgpool     | %s
  e   | flatten, linear classes | 1x1x10
"""


@pytest.mark.parametrize(
    ("sizes", "why", "what"),
    [
        # 12, 12, 24 and 24 channels: w is 12
        (("32x32x12", "16x16x12", "16x16x24", "1x1x24"), "let", "with w = 12"),
        # 32 - 2 = 30, then (30 - 3) / 2 + 1 = 14, then 12
        (("30x30x8", "14x14x8", "12x12x16", "1x1x16"), "layer-default", "with {pad: valid} under"),
        # 31 positions, then ceil(31 / 2); 31 to the smaller side, nothing but the input gives it
        (("31x31x8", "16x16x8", "16x16x16", "1x1x16"), None, None),  # one size wrong alone
    ],
)
def test_a_name_or_a_default_of_many_sizes_is_said_once(table, sizes, why, what):
    comparison = compared(table(TOY % sizes))
    if why is None:
        assert comparison.cause is None
        return
    assert comparison.cause.why == why
    assert comparison.cause.what.startswith(what)
    assert comparison.cause.right == comparison.cause.printed == 5
    assert {whys(comparison)[row] for row in comparison.cause.rows} == {("reading", why)}


def test_a_likelier_reading_of_the_first_row_is_the_cause(table):
    """A stride of 2 in the first row halves all sizes behind it, as half the input would."""
    comparison = compared(table(TOY % ("16x16x8", "8x8x8", "8x8x16", "1x1x16")))
    assert comparison.cause is None
    assert comparison.rows[0].explanations[0].why == "stride"
