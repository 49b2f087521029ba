"""What a file says of verdicts stands beside them: each reason once, what is declared and what is new."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest
from helpers.commands import in_terminal

import archcount as ac

# The toy's stage prints 33.2K ops, and 32,768 are counted: off.
SLIP = "{row: stage, cell: ops, verdict: 'off', because: a slip of the pen}"
# Where its stem is printed as 9x9x4, its input of 8x8 gives 8x8x4.
STEM = "{row: stem, cell: %s, verdict: 'off', because: a slip of the pen}"
CLAIM = "claims: [{what: params, printed: 9290, from: here, erratum: {verdict: %s, because: %s}}]\n"


@pytest.fixture
def toy(toy_text, tmp_path):
    def compared(*errata, text=toy_text, tail="", **options):
        path = tmp_path / "toy.yaml"
        path.write_text(f"{text}errata: [{', '.join(errata)}]\n{tail}")
        table = ac.load(path)
        return ac.compare(ac.count(table, engine="formula", **options), table)

    return compared


def notes(report):
    """Give every line below the table."""
    text = replace(report, detail="everything").render("plain")
    return text.split("\n\n")[-2].splitlines()


def cell(report, row, column):
    (found,) = (line for line in report.record.rows if line.id == row)
    return found.cells[column]


def test_a_declared_verdict_is_known_and_has_its_reason_below_it(toy):
    report = toy(SLIP)
    assert cell(report, "stage", "ops").because == "a slip of the pen"
    lines = notes(report)
    place = next(
        number for number, line in enumerate(lines) if line.startswith("stage ops: off: 32,768")
    )
    assert lines[place + 1] == "  known: a slip of the pen"
    assert "ops: 2 match, 1 off; 1 known" in lines
    assert "params: 3 match" in lines


def test_any_other_verdict_is_new(toy):
    report = toy()
    assert cell(report, "stage", "ops").because == ""
    assert any(line.startswith("stage ops: off, new: 32,768 MACs") for line in notes(report))
    assert "ops: 2 match, 1 off; 1 new" in notes(report)
    assert "known" not in report.render("plain")


def test_an_erratum_of_another_verdict_makes_nothing_known(toy):
    report = toy(SLIP.replace("'off'", "contradiction"))
    assert cell(report, "stage", "ops").because == ""
    assert "ops: 2 match, 1 off; 1 new" in notes(report)
    assert "a slip of the pen" not in report.render("plain")


def test_an_erratum_of_what_matches_makes_nothing_known(toy, toy_text, tmp_path):
    report = toy(SLIP, text=toy_text.replace("33.2K", "32.8K"))
    assert cell(report, "stage", "ops").because == ""
    assert "ops: 3 match" in notes(report)
    assert ac.errata(tmp_path / "toy.yaml").record == ()


def test_one_reason_of_many_cells_is_said_once(toy, toy_text):
    text = toy_text.replace("8x8x4 ", "9x9x4 ")
    report = toy(SLIP, STEM % "output", text=text)
    lines = notes(report)
    known = [line for line in lines if "known:" in line]
    assert known == ["  known: a slip of the pen", "  known: as stem output"]
    assert lines[lines.index(known[0]) - 1].startswith("stem output: ")
    assert lines[lines.index(known[1]) - 1].startswith("stage ops: off: ")


def test_the_reason_of_a_reading_is_that_of_its_cells(toy, toy_text):
    # 5 x 5 x 3 x 4 + 4 = 304 parameters, and 64 positions x 300 = 19,200 MACs
    text = toy_text.replace("| 112    | 6.9K", "| 304    | 19.2K")
    reading = "readings: [{row: stem, block: conv 5x5 w, because: 'the text says 5x5'}]\n"
    report = toy(SLIP, text=text, tail=reading)
    assert cell(report, "stem", "params").verdict.why == "declared"
    assert cell(report, "stem", "params").because == "the text says 5x5"
    assert [line for line in notes(report) if "known:" in line] == [
        "  known: the text says 5x5",
        "  known: as stem params",
        "  known: a slip of the pen",
    ]


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        ("contradiction", "claim (here): contradiction: "),
        ("'off'", "claim (here): contradiction, new: "),
    ],
)
def test_claims_have_theirs(toy, verdict, line):
    report = toy(SLIP, tail=CLAIM % (verdict, "a slip of the pen"))
    (claim,) = report.record.comparison.claims
    lines = notes(report)
    place = next(number for number, each in enumerate(lines) if each.startswith(line))
    is_known = verdict == "contradiction"
    assert claim.because == "a slip of the pen" * is_known
    assert lines[place + 1].startswith("  known: as stage ops") == is_known


@pytest.mark.parametrize("options", [{"input": "3x16x16"}, {"let": {"classes": 100}}])
def test_nothing_is_known_or_new_of_another_count(toy, options):
    # what the paper's numbers are not of, its errata are not of either
    report = toy(SLIP, **options)
    assert not any(each.because for row in report.record.rows for each in row.cells.values())
    assert "known" not in report.render("plain")
    assert ", new" not in report.render("plain")


def test_every_format_has_it(toy):
    report = toy(SLIP)
    everything = replace(report, detail="everything")
    assert "  known: a slip of the pen" in everything.to_markdown().splitlines()
    assert "known: a slip of the pen" in report.to_html()
    assert "known: a slip of the pen" in report.render("rich", width=200, colour=False)
    rows = {row["id"]: row for row in json.loads(report.to_json())["rows"]}
    found = {each["column"]: each["because"] for each in rows["stage"]["cells"]}
    assert found == {"output": None, "params": None, "ops": "a slip of the pen"}
    lines = {line["row"]: line for line in csv.DictReader(io.StringIO(report.to_csv()))}
    assert lines["stage"]["ops_because"] == "a slip of the pen"
    assert lines["stem"]["ops_because"] == lines["stage"]["params_because"] == ""
    assert report.to_frame().loc["stage", "ops_because"] == "a slip of the pen"


def test_json_of_claims_has_it(toy):
    report = toy(SLIP, tail=CLAIM % ("contradiction", "counted twice"))
    (claim,) = json.loads(report.to_json())["claims"]
    assert claim["because"] == "counted twice"


def test_explain_says_it_below_the_verdict(toy, tmp_path):
    toy(SLIP)
    report = ac.explain(ac.load(tmp_path / "toy.yaml"), "stage")
    lines = report.render("plain").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("ops: 32,768 MACs"))
    assert lines[place + 1] == "  known: a slip of the pen"
    cells = json.loads(report.to_json())["row"]["cells"]
    assert [each["because"] for each in cells] == [None, None, "a slip of the pen"]
    toy()
    report = ac.explain(ac.load(tmp_path / "toy.yaml"), "stage")
    assert any(
        line.startswith("ops, new: 32,768 MACs") for line in report.render("plain").splitlines()
    )


def test_explain_says_the_reason_of_a_reading_once():
    text = ac.explain(ac.load("googlenet"), "conv1").render("plain")
    # tables/googlenet.yaml: readings, conv1
    assert text.count("is separable with depth multiplier 8") == 1
    assert "known: as params" in text
    assert "the file declares a reading" not in text


def test_what_has_one_cause_is_known_by_its_reason():
    table = ac.load("squeezenet@224")
    lines = notes(ac.compare(ac.count(table, engine="formula"), table))
    place = lines.index("fire2 output, fire3 output, fire4 output: by the one cause")
    assert lines[place + 1] == "  known: as conv1: the grid of maxpool1"
    # 13 printed sizes do not match, each with an erratum in tables/squeezenet.yaml
    assert "output: 1 match, 11 readings, 1 contradiction, 1 off; 13 known" in lines


def test_models_have_theirs():
    table = ac.load("gpt3")
    report = ac.compare(ac.count(table, engine="formula"), table)
    rows = {row["model"]: row for row in json.loads(report.to_json())["rows"]}
    found = {each["column"]: each["because"] for each in rows["GPT-3 13B"]["cells"]}
    assert found["d"] == "40 heads of 128 are 5,120 wide"
    lines = notes(report)
    assert "  known: 40 heads of 128 are 5,120 wide" in lines
    assert "  known: as gpt-3-xl params" in lines
    assert "d: 6 match, 1 reading, 1 contradiction; 2 known" in lines
    assert report.to_frame().loc["gpt-3-13b", "d_because"] == "40 heads of 128 are 5,120 wide"


def test_a_terminal_shows_it(toy, tmp_path):
    toy(SLIP)
    shown = in_terminal(
        80, "table", str(tmp_path / "toy.yaml"), "--compare-paper", "--engine", "formula"
    )
    assert "known: a slip of the pen" in shown
