"""The answer in a line, the findings by cause, and that no word of them is broken at any width."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from helpers.commands import in_terminal, invoke
from torch import nn

import archcount as ac
from archcount.api.printed_report import printed_report
from archcount.reporting.fitted_columns import fitted
from archcount.reporting.sheet import Column, make_sheet

# tables/googlenet.yaml declares each of these: 11 cells and 8 claims. The paper prints 12 params:
# 3 match, 1 is of another convention, 2 are read otherwise, 4 contradict the ops, and 2 are off.
GOOGLENET = (
    "googlenet, Table 1: sizes and depths all match; params 3 of 12 match, 3 explained, 6 wrong; "
    "ops 10 of 12 match, 2 explained; claims 10 of 18 match, 8 wrong; all 19 disagreements are known"
)


def compared(name, **options):
    table = ac.load(name)
    return ac.compare(ac.count(table, engine="formula", **options), table)


@pytest.fixture(scope="module")
def googlenet():
    return compared("googlenet")


def test_the_answer_stands_first_and_last(googlenet):
    assert googlenet.answer == GOOGLENET
    lines = googlenet.render("plain").splitlines()
    assert lines[0] == lines[-1] == GOOGLENET
    assert replace(googlenet, detail="answer").render("plain") == GOOGLENET + "\n"
    last = " ".join(googlenet.render("rich", width=80, colour=False).split("\n\n")[-1].split())
    assert last == GOOGLENET


def test_findings_stand_by_cause_the_worst_first(googlenet):
    lines = googlenet.render("plain").splitlines()
    start = lines.index("Findings, the worst first")
    found = lines[start + 2 : lines.index("", start + 2)]
    assert [line.partition(":")[0] for line in found if not line.startswith(" ")] == [
        "contradiction, known", "off, known", "reading, known", "reading, known",
        "convention, known",
    ]  # fmt: skip
    assert [line.split()[0] for line in found[1:5]] == [
        "inception_4c", "inception_4d", "inception_4e", "inception_5b",
    ]  # fmt: skip
    # 509,440 weights are 497.5 x 1024, 7.5% more than 463 x 1024
    assert found[1] == "  inception_4c params: printed 463K, computed 497.5K (+7.5%)"
    assert found[5].startswith("    known: the printed ops are those of the printed filters")
    place = found.index("reading, known: 928 input channels instead of 832")
    assert [line.split(":")[0] for line in found[place + 1 : place + 5]] == [
        "  inception_5a params", "    known", "  inception_5a ops", "    known",
    ]  # fmt: skip


def test_claims_of_others_stand_apart_and_what_matches_is_a_number(googlenet):
    lines = googlenet.render("plain").splitlines()
    title = "Claims of this paper: 6 of 7 match, 1 wrong; of other papers: 4 of 11 match, 7 wrong"
    start = lines.index(title)
    claims = lines[start + 4 : lines.index("", start + 3)]
    assert len(claims) == 1 + 1 + 7  # a rule stands between them
    assert claims[0].startswith("sec. 1 (params vs alexnet)")
    assert "off, known  61.0 million are 8.7 times 7.0 million" in claims[0]


def test_of_chosen_rows_how_many_claims_match_is_said_alone():
    shown = invoke(
        "table", "googlenet", "--engine", "formula", "--compare-paper", "--row", "inception_5a"
    ).stdout
    # of the 18 claims of the answer, 7 are of the paper itself
    assert "Claims of this paper: 6 of 7 match, 1 wrong; of other papers: 4 of 11" in shown
    assert "12x fewer" not in shown


def test_a_ratio_is_computed_as_it_is_printed(googlenet):
    # 60,965,224 params of AlexNet / 6,998,552 = 8.71
    shown = [
        claim.shown for claim in googlenet.record.comparison.claims if claim.printed == "12x fewer"
    ]
    assert shown == ["8.7x"]


def test_what_is_new_comes_before_what_is_known(toy_text, tmp_path):
    known = "{row: stage, cell: ops, verdict: 'off', because: a slip of the pen}"
    path = tmp_path / "toy.yaml"
    # 90 params and 80 MACs of the scores are printed as 95 and 85
    text = toy_text.replace("| 90 ", "| 95 ")
    assert text != toy_text
    path.write_text(f"{text}errata: [{known}]\n")
    report = compared(path)
    assert report.answer.endswith("; 1 of 2 disagreements is new")
    headings = re.findall("^(?:off|contradiction).*?(?=:)", report.render("plain"), re.MULTILINE)
    assert [each.split(", ")[1] for each in headings] == ["new", "known"]


def test_models_have_an_answer():
    report = compared("vit")
    assert report.answer == (
        "vit, Table 1: params 2 of 3 match, 1 wrong; the one disagreement is known"
    )
    assert report.render("plain").splitlines()[-1] == report.answer


def test_without_a_comparison_the_answer_is_the_total(data):
    report = ac.count(ac.load(data / "toy.yaml"), engine="formula")
    assert report.answer.startswith("toy: 2,290 params (2,236 weights), 39,760 MACs")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"input": "3x16x16"}, "the paper's numbers are for an input of 3x8x8"),
        ({"let": {"classes": 100}}, "the paper's numbers are for its own classes"),
    ],
)
def test_numbers_of_another_network_are_not_judged(data, options, why):
    report = compared(data / "toy.yaml", **options)
    assert report.answer.startswith(f"toy, Table 1: not judged; {why}")
    assert report.verdicts == {}
    cells = [cell for row in report.record.rows for cell in row.cells.values()]
    assert {(cell.verdict.status, cell.verdict.why) for cell in cells} == {
        ("unpublished", "another")
    }
    text = report.render("plain")
    assert "33.2K not judged" in text
    assert "Findings" not in text


@pytest.mark.parametrize("form", ["rich", "plain"])
def test_a_command_shows_all_or_the_answer(form):
    arguments = ("table", "--compare-paper", "--engine", "formula", "--format", form)
    assert " ".join(invoke(*arguments, "-q").stdout.split()) == GOOGLENET
    everything = " ".join(invoke(*arguments, "--verbose").stdout.split())
    assert (
        "conv1 params: reading: other layers, which the file declares: 2,776 params" in everything
    )
    assert everything.startswith(GOOGLENET)
    assert everything.endswith(GOOGLENET)
    both = invoke(*arguments, "-q", "-v")
    assert both.returncode == 2
    assert "--verbose and --quiet" in both.stderr


def test_only_the_verdict_is_coloured(googlenet):
    text = googlenet.render("rich", width=160, colour=True)
    coloured = re.findall(r"\x1b\[3[123]m(.*?)\x1b\[0m", text)
    assert coloured
    assert max(len(each.split()) for each in coloured) <= 2, coloured


@pytest.fixture(scope="module")
def reports(googlenet):
    changed = ac.load("lenet5").build()
    changed.get_submodule("C5").conv = nn.Conv2d(16, 100, 5)
    changed.get_submodule("F6").linear = nn.Linear(100, 84)
    implementation = ac.compare(changed, "lenet5")
    return (
        googlenet,
        replace(googlenet, detail="everything"),
        compared("squeezenet"),
        compared("gpt3"),
        printed_report(ac.load("googlenet").written, []),
        ac.check("googlenet", "squeezenet", "inception_resnet_v2_printed", engine="formula"),
        ac.list(),
        implementation,
        replace(implementation, detail="everything"),
        ac.errata("googlenet", "densenet_cifar_others"),
    )


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_word_is_broken_at_any_width(width, reports):
    for report in reports:
        words = {
            word
            for layouts in report._sheets()
            for sheet in layouts
            for text in (
                sheet.title, *sheet.headings, *(line for note in sheet.notes for line in note.lines),
                *(cell.text for line in sheet.lines for cell in line),
            )
            for word in text.split()
        }  # fmt: skip
        text = report.render("rich", width=width, colour=False)
        broken = [word for word in text.replace("─", " ").split() if word not in words]
        assert not broken, report.command
        assert max(map(len, text.splitlines())) <= width


def test_what_is_attached_to_the_first_column_is_in_every_piece():
    marks = Column("", lambda line: "~")
    names = Column("Row", str, attached=True)
    numbers = [Column(heading, str, right=True) for heading in ("first", "second", "third")]
    sheet = make_sheet("title", [marks, names, *numbers], ["conv"])
    # 1 + 1 + 4 for the mark and the name, and 6, 7 and 6 for the numbers with the blank before them
    widths = [[*piece.widths] for piece in fitted(sheet, 14, 1)]
    assert widths == [[0, 1, 2], [0, 1, 3], [0, 1, 4]]
    assert [[*piece.widths] for piece in fitted(sheet, 19, 1)] == [[0, 1, 2, 3], [0, 1, 4]]


def test_a_number_is_the_same_at_every_width(googlenet):
    for width in (60, 80, 160):
        text = googlenet.render("rich", width=width, colour=False)
        assert "118,013,952" in text
        assert "9.19K" not in text.partition("Findings")[0]


def test_the_answer_is_on_an_ordinary_screen():
    shown = in_terminal(80, "table", "--compare-paper", "--engine", "formula")
    last = " ".join(shown.splitlines()[-6:])
    assert "all 19 disagreements are known" in last


@pytest.mark.parametrize("width", [80, 160])
def test_a_whole_explanation_names_layers_as_the_table_does(width):
    report = replace(ac.explain(ac.load("googlenet"), "inception_5a"), verbose=True)
    text = report.render("rich", width=width, colour=False)
    # the headings of Table 1
    for heading in ("#1×1", "#3×3 reduce", "#3×3", "#5×5 reduce", "#5×5", "pool proj"):
        assert re.search(rf"^{heading} +conv", text, re.MULTILINE)
    assert "branch" not in text.partition("What is printed")[0]


def test_the_answer_tells_params_that_the_call_does_not_use():
    class Half(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(4, 8, bias=False), nn.Linear(100, 20, bias=False)

        def forward(self, x):
            return self.used(x)

    first = ac.count(Half(), input="4").render("plain").splitlines()[0]
    # 4 x 8 + 100 x 20 params, and 4 x 8 MACs
    assert first == "Half: 2.03 K params (2.00 K not used in this call), 32 MACs, 64 FLOPs"
