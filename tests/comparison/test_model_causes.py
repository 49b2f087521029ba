"""One cause of many printed numbers of a table of models (GPT-2's vocabulary)."""

from __future__ import annotations

import pytest

import archcount as ac
from archcount.spec.catalogue import find_table


@pytest.fixture
def gpt2(tmp_path):
    """Give a function that compares GPT-2's table, changed."""

    def make(*changes: tuple[str, str], variant: str = ""):
        text = find_table("gpt2")[0].read_text().partition("errata:")[0]
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "gpt2.yaml"
        path.write_text(text)
        table = ac.load(path)
        return ac.compare(ac.count(table, engine="formula", variant=variant), table)

    return make


def found(report):
    """Return status and reason of the printed params of every model."""
    cells = {row.id: row.cells["params"].verdict for row in report.record.comparison.rows}
    return {name: (verdict.status, verdict.why) for name, verdict in cells.items()}


GPT1 = "with a vocabulary of 40,468 to 41,124"
# With 50,257 rows there are 124,439,808, 354,823,168, 774,030,080 and 1,557,611,200. A row has 768,
# 1,024, 1,280 and 1,600 params, and 117M is 116.5 to 118 million: 8,386 to 10,338 rows fewer; so
# 345M leaves 8,616 to 10,081, 762M 8,617 to 9,789, and 1542M 9,132 to 10,069. 50,257 - 9,789 =
# 40,468 and 50,257 - 9,133 = 41,124. The first GPT's vocabulary of 40,478 is among them.


def test_the_vocabulary_that_makes_all_params_of_gpt2_right_is_said_once(gpt2):
    report = gpt2()
    cause = report.record.comparison.cause
    assert cause.sentence == f"{GPT1} all 4 printed params match, and 0 as the table stands"
    assert set(found(report).values()) == {("reading", "number")}
    lines = [line for line in report.to_markdown().splitlines() if "40,468" in line]
    assert len(lines) == 1


def test_a_model_by_itself_has_the_reason_that_it_has_in_the_table(gpt2):
    report = gpt2(variant="345M")
    cell = report.record.comparison.whole.cells["params"]
    assert (cell.verdict.status, cell.verdict.why) == ("reading", "number")
    assert cell.verdict.sentence.startswith(f"{GPT1}: ")
    assert GPT1 in report.to_markdown()


def test_a_number_under_let_is_found_as_one_that_is_written_in_the_blocks(gpt2):
    report = gpt2(
        ("let: {", "let: {v: 50257, "), ("of 50257", "of v"), ("linear 50257", "linear v")
    )
    assert report.record.comparison.cause.what == GPT1


def test_a_model_that_the_cause_does_not_explain_stays_off(gpt2):
    report = gpt2(
        ("117M   |", "116.93M|"),
        ("345M   |", "344.81M|"),
        ("762M   |", "750M   |"),
        ("1542M  |", "1541.96M|"),
    )
    assert found(report)["762m"] == ("off", "differs")
    # 116.93M leaves 9,766 to 9,784 rows fewer, 344.81M 9,769 to 9,783, and 1541.96M 9,776 to 9,785.
    what = "with a vocabulary of 40,474 to 40,481 3 of the 4 printed params match, and 0"
    assert report.record.comparison.cause.sentence.startswith(what)


def test_a_cause_takes_no_number_away_that_matches(gpt2):
    report = gpt2(("1542M  |", "1558M  |"), ("762M   |", "774M   |"))
    assert report.record.comparison.cause is None
    assert found(report)["1542m"][0] == found(report)["762m"][0] == "match"
    assert found(report)["117m"][0] == found(report)["345m"][0] == "off"


def test_three_digits_of_one_model_are_no_evidence(gpt2):
    only = ("  345M  | 345M   | 24     | 1024\n  762M  | 762M   | 36     | 1280\n", "")
    report = gpt2(only, ("  1542M | 1542M  | 48     | 1600\n", ""))
    assert report.record.comparison.cause is None
    assert found(report) == {"117m": ("off", "differs")}
