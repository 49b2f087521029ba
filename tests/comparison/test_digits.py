"""Zeros that are rounding: proposed where a number would match by it, taken where declared."""

from __future__ import annotations

import re

import pytest

import archcount as ac

# 1 x 1 x 3 x 175 = 525 weights on 1,024 places: 537,600 MACs. 9 x 175 x 40 = 63,000 weights and
# 64,512,000 MACs. 63,525 weights in all.
TABLE = """\
archcount: 1
name: round
source: {title: A small paper, table: Table 1}
input: 3x32x32
layer: {pad: same, bias: false, act: none}
conventions: {params: {count: weights%s}, ops: {count: macs%s}}
table: |
  row | block        | params | ops
  a   | conv 1x1 175 | 530    | 540K
  b   | conv 3x3 40  | 60K    | 64.5M
claims: [{what: params, printed: '60,000', from: sec. 1%s}]
"""


@pytest.fixture
def judged(tmp_path):
    def compared(*digits: str) -> ac.TableReport:
        path = tmp_path / "round.yaml"
        path.write_text(TABLE % (digits or ("", "", "")))
        table = ac.load(path)
        return ac.compare(ac.count(table, engine="formula"), table)

    return compared


def cells(report: ac.TableReport) -> dict[str, str]:
    comparison = report.record.comparison
    found = {
        f"{row.id} {column}": cell.verdict
        for row in comparison.printed
        for column, cell in row.cells.items()
    }
    found["claim"] = comparison.claims[0].verdict
    return found


def test_what_would_match_is_said_and_not_taken(judged):
    found = cells(judged())
    assert found["a params"].status == "off"
    assert "It would match if its last zero is rounding (digits: 2)." in found["a params"].sentence
    assert "It would match if its last zero is rounding (digits: 2)." in found["a ops"].sentence
    assert "It would match if its last zero is rounding (digits: 1)." in found["b params"].sentence
    assert found["b ops"].status == "match"
    # 59,999.5 to 60,001 are claimed, and 60,500 is the least that the rows print
    assert found["claim"].status in ("off", "contradiction")


def test_what_is_declared_is_taken(judged):
    found = cells(judged(", digits: 1", ", digits: 2", ", digits: 1"))
    # 530 ends with a zero behind its first digit but 3 is one of its digits: 525 to 540
    assert {name: verdict.status for name, verdict in found.items()} == dict.fromkeys(
        found, "match"
    )
    found = cells(judged(", digits: 2", ", digits: 2", ", digits: 3"))
    # two digits of 60K are both of them
    assert found["b params"].status != "match"
    assert found["claim"].status != "match"


def test_the_digits_stand_among_the_conventions(judged):
    text = judged(", digits: 1", ", digits: 2", "").render("plain")
    assert "params = weights, K = 1000, digits: 1; ops = MACs, K = 1000, digits: 2" in text


@pytest.mark.parametrize(
    ("printed", "digits", "low", "high"),
    [
        # rounded or cut off: half a unit below, and a whole one above
        ("650,000", 2, 645_000, 660_000),
        ("650,000", 1, 645_000, 660_000),
        ("650,000", 3, 649_500, 651_000),
        ("60 million", 1, 55_000_000, 70_000_000),
        ("60 million", 2, 59_500_000, 61_000_000),
        ("1,040", 1, 1_035, 1_050),
        ("1.50M", 1, 1_495_000, 1_510_000),
        ("0", 1, -0.5, 1),
    ],
)
def test_zeros_behind_the_digits_are_rounding(printed, digits, low, high):
    from archcount.printed import parse_quantity

    quantity = parse_quantity(printed).with_digits(digits)
    assert (quantity.rounded().low, quantity.truncated().high) == (low, high)


def test_infer_says_how_many_more_numbers_would_fit(judged, tmp_path):
    judged()
    report = ac.infer(ac.load(tmp_path / "round.yaml"))
    assert report.record.digits == {"params": (1, 2), "ops": (2, 2)}
    text = report.render("plain")
    assert "it gives 2 of 2 where the last zeros of whole numbers are rounding (digits: 1)" in text
    assert "digits" not in report.block
    judged(", digits: 1", ", digits: 2", "")
    report = ac.infer(ac.load(tmp_path / "round.yaml"))
    assert not report.record.differs("ops")


@pytest.mark.parametrize("printed", ["1.5M", "63,525", "<60,000", "0"])
def test_digits_of_a_number_without_zeros_are_an_error(tmp_path, printed):
    path = tmp_path / "round.yaml"
    path.write_text((TABLE % ("", "", ", digits: 1")).replace("60,000", printed))
    with pytest.raises(ac.InvalidTableError) as error:
        ac.load(path)
    place = re.escape("digits beside '" + printed)
    assert re.search(
        rf"round.yaml:11:\d+: {place}.*whole numbers that end with zeros", str(error.value)
    )
