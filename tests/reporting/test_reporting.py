"""Renderers: whole outputs of the toy table, compared with what a person would write."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

import archcount as ac
from archcount.reporting.formats import FORMATS

PLAIN = """\
toy, Table 1: sizes and params all match; ops 2 of 3 match, 1 wrong; the one disagreement is new

toy: A toy network, Table 1

Row     Output  paper  Depth  Params  paper                   MACs  paper
------  ------  -----  -----  ------  --------------------  ------  ---------------
stem    8x8x4   match      1     112  112 match              6,912  6.9K match
stage   4x4x8   match      4   2,088  2.1K match (rounded)  32,768  33.2K off -1.3%
scores  1x1x10  match      1      90  90 match                  80  80 match
------  ------  -----  -----  ------  --------------------  ------  ---------------
total   1x1x10             6   2,290                        39,760

total: 2,290 params (2,236 weights), 39,760 MACs (79,520 FLOPs at 2 a MAC), depth 6
counted: one image of 3x8x8 (channels x height x width), inference, without auxiliary heads
the paper's columns: params = params, K = 1000; ops = MACs, K = 1000; compared for one image
percentages are (computed - printed) / printed
counted by formula alone

Findings, the worst first

off, new: no convention gives it, and no other reading that is likely
  stage ops: printed 33.2K, computed 32.77K (-1.3%). No reading found.

toy, Table 1: sizes and params all match; ops 2 of 3 match, 1 wrong; the one disagreement is new
"""

MARKDOWN = """\
**toy: A toy network, Table 1**

| Row | Output | paper | Depth | Params | paper | MACs | paper |
|:---|:---|:---|---:|---:|:---|---:|:---|
| stem | 8x8x4 | match | 1 | 112 | 112 match | 6,912 | 6.9K match |
| stage | 4x4x8 | match | 4 | 2,088 | 2.1K match (rounded) | 32,768 | 33.2K off -1.3% |
| scores | 1x1x10 | match | 1 | 90 | 90 match | 80 | 80 match |
| total | 1x1x10 |  | 6 | 2,290 |  | 39,760 |  |
"""


@pytest.fixture
def table(data):
    return ac.load(data / "toy.yaml")


@pytest.fixture
def report(table):
    return ac.compare(ac.count(table, engine="formula"), table)


def test_plain(report):
    assert report.render("plain") == PLAIN


def test_markdown(report):
    assert MARKDOWN in report.to_markdown()


@pytest.mark.parametrize(
    ("size", "printed", "axes", "shown"),
    [("4x10", "10x4", "cl", "4x10"), ("4x6x5x7", "6x5x7", "cdhw", "4x6x5x7")],
)
def test_a_network_of_other_axes_is_compared_and_written(tmp_path, size, printed, axes, shown):
    path = tmp_path / "net.yaml"
    path.write_text(
        f"archcount: 1\nname: net\nsource: {{title: A network}}\ninput: {size}\n"
        "table: |\n  row | block | output | params | ops\n"
        f"  norm | batchnorm | {printed} | 9 | 1K\n  fc | flatten, linear 3 | 3x3 | 100 | 100\n"
    )
    table = ac.load(path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    outputs = [[row[f"output_{axis}"] for axis in axes] for row in rows]
    assert outputs == [shown.split("x"), ["3", *"1" * (len(axes) - 1)]]
    assert [row["output_verdict"] for row in rows] == ["match", "off"]
    *sides, channels = shown.split("x")[1:], shown.split("x")[0]
    assert f"| {'x'.join([*sides[0], channels])} |" in report.to_markdown()
    assert json.loads(report.to_json())["rows"][0]["output"] == [int(n) for n in shown.split("x")]


def test_csv_is_tidy_and_what_is_missing_is_empty(report):
    rows = list(csv.DictReader(io.StringIO(report.to_csv())))
    assert [row["row"] for row in rows] == ["stem", "stage", "scores"]
    stage = rows[1]
    assert (stage["output_c"], stage["output_h"], stage["output_w"]) == ("8", "4", "4")
    assert (stage["weights"], stage["params"], stage["macs"]) == ("2048", "2088", "32768")
    assert (stage["ops_add"], stage["ops_linear"]) == ("256", "0")
    assert (stage["ops_printed"], stage["ops_verdict"]) == ("33.2K", "off")
    assert float(stage["ops_error"]) == pytest.approx(32_768 / 33_200 - 1)
    assert rows[0]["ops_error"] == ""
    assert stage["type"] == ""


def test_tsv_is_csv_with_tabs(report):
    lines = [line.split("\t") for line in report.render("tsv").splitlines()]
    assert lines == list(csv.reader(io.StringIO(report.to_csv())))
    assert lines[2][:2] == ["stage", "row"]


def test_json_has_the_fields_that_tools_depend_on(report):
    found = json.loads(report.to_json())
    assert found["schema"] == "archcount.table/2"
    assert (found["name"], found["variant"], found["batch"]) == ("toy", None, 1)
    assert found["input"] == [3, 8, 8]
    stage = found["rows"][1]
    assert {key: stage[key] for key in ("id", "output", "weights", "params", "macs", "depth")} == {
        "id": "stage", "output": [8, 4, 4], "weights": 2048, "params": 2088, "macs": 32768,
        "depth": 4,
    }  # fmt: skip
    cells = {cell["column"]: cell for cell in stage["cells"]}
    assert set(cells) == {"output", "params", "ops"}
    assert {key: cells["params"][key] for key in ("printed", "computed", "verdict", "why")} == {
        "printed": "2.1K", "computed": 2088, "verdict": "match", "why": "rounded",
    }  # fmt: skip
    assert cells["output"]["computed"] == [8, 4, 4]
    assert cells["ops"]["error"] == pytest.approx(32_768 / 33_200 - 1)
    assert found["totals"]["macs"] == 39_760
    assert found["totals"]["flops"] == 79_520
    assert found["totals"]["with_heads"] is None
    assert found["claims"] == found["uncounted"] == found["warnings"] == []
    assert found["engines"][0]["name"] == "formula"
    assert found["comparison"]["verdicts"]["ops"] == {"match": 2, "off": 1}


def test_a_data_frame_holds_the_same(report):
    frame = report.to_frame()
    assert list(frame.index) == ["stem", "stage", "scores"]
    assert frame.loc["stage", "macs"] == 32_768
    assert frame["macs"].sum() == 39_760
    assert frame["macs"].dtype.kind == "i"
    assert frame.loc["stage", "ops_verdict"] == "off"


def test_html_is_a_table(report):
    html = report._repr_html_()
    assert html.count("<tr>") == 5
    assert '33.2K <span class="bad">off -1.3%</span>' in html


@pytest.mark.parametrize("width", [40, 80, 160])
def test_no_number_is_cut_off_at_any_width(report, width):
    text = report.render("rich", width=width, colour=False)
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width
    assert "32,768" in text


def test_googlenet_fits_80_columns_on_one_line_a_row():
    table = ac.load("googlenet")
    report = ac.compare(ac.count(table, engine="formula"), table)
    lines = report.render("rich", width=80, colour=False).splitlines()
    table_lines = lines[: next(i for i, line in enumerate(lines) if line.startswith("total:"))]
    names = ("conv", "pool", "inception", "linear")
    rows = [line for line in table_lines if line.startswith(names)]
    assert len(rows) == 16
    assert all(len(line) <= 80 for line in lines)
    assert next(line for line in rows if line.startswith("conv1")).split() == [
        "conv1", "112x112x64", "✓", "1", "✓", "9,408", "2.7K", "≈", "118,013,952", "34M", "≈",
    ]  # fmt: skip


def test_without_a_comparison_every_number_is_exact(table):
    text = ac.count(table, engine="formula").render("plain")
    assert text.splitlines()[2].split() == ["Row", "Output", "Depth", "Weights", "Params", "MACs"]
    assert text.splitlines()[5].split() == ["stage", "4x4x8", "4", "2,048", "2,088", "32,768"]


def test_heads_stand_below_the_total_with_a_total_of_their_own():
    report = ac.count(ac.load("googlenet"), engine="formula", heads=True)
    assert [line.id for line in report.record.lines[-4:]] == [
        "total", "heads.inception_4a", "heads.inception_4d", "total with heads",
    ]  # fmt: skip


def test_a_batch_multiplies_operations_and_not_parameters(table):
    one, four = (ac.count(table, engine="formula", batch=batch) for batch in (1, 4))
    assert four.total.cost.macs == 4 * one.total.cost.macs
    assert four.total.params == one.total.params
    text = ac.compare(four, table).render("plain")
    assert "159,040 MACs" in text
    assert "a batch of 4 images (the rows above: one image)" in text
    assert "33.2K off -1.3%" in text, "what is printed is compared for one image"


def test_a_batch_multiplies_every_category_and_every_engine(table):
    one, three = (ac.count(table, engine="all", batch=batch).record for batch in (1, 3))
    for before, after in zip(one.lines, three.lines, strict=True):
        costs = before.count.cost.as_dict()
        assert after.count.cost.as_dict() == {name: 3 * cost for name, cost in costs.items()}
    assert [engine.total.cost.macs for engine in three.engines] == [3 * 39_760] * 3


def test_json_says_for_how_many_images_each_part_is(table):
    found = json.loads(ac.compare(ac.count(table, engine="formula", batch=4), table).to_json())
    assert (found["batch"], found["comparison"]["batch"]) == (4, 1)
    assert found["rows"][1]["macs"] == 4 * 32_768
    assert found["rows"][1]["cells"][2]["computed"] == 32_768


def test_a_variant_is_warned_of_when_compared(table):
    report = ac.compare(ac.count(table, variant="wide", engine="formula"), table)
    (remark, *_) = report._remarks()
    assert remark.text == ("the paper prints no rows of variant wide: only its claims are compared")
    assert report.record.comparison.columns == ()
    assert report.total.params == 2_290 + 90 * 9  # 8 x 90 weights and 90 biases more
    assert ac.count(table, variant="wide", engine="formula").record.warnings == ()


def test_printed_cells_that_no_layer_reads_are_warned_of(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("|       | 4x4x8  |", "| 5x5/2 | 4x4x8  |"))
    (warning,) = ac.count(ac.load(path), engine="formula").record.warnings
    assert str(warning) == "row stage: column patch is 5x5/2, and its block does not read it"


def test_notes_of_the_file_are_shown(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text + "notes: [read from a copy]\n")
    table = ac.load(path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert "note: read from a copy" in replace(report, detail="everything").render("plain")
    assert json.loads(report.to_json())["notes"] == ["read from a copy"]


@pytest.mark.parametrize("word", ["shortcut", "shortcut=project"])
def test_a_projection_that_the_file_does_not_write_is_said(toy_text, tmp_path, word):
    """8 filters of 4 channels, with 8 biases: 40 params, on every second row and column."""
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("shortcut=project", word))
    said = [str(item) for item in ac.count(ac.load(path), engine="formula").record.warnings]
    assert said == (
        []
        if word == "shortcut=project"
        else [
            "where the shapes differ, the shortcut is a 1x1 convolution that the file does not "
            "write: in stage (1x1/2, 40 params); write shortcut=project if the paper has it, and "
            "identity if it has not"
        ]
    )


def test_another_input_is_warned_of(table):
    report = ac.compare(ac.count(table, input="3x16x16", engine="formula"), table)
    (warning,) = report.record.warnings
    assert "3x8x8" in warning.what
    assert "3x16x16" in warning.what
    assert "warning: " in report.render("plain")


def test_disagreement_and_uncounted_are_shown(report):
    from archcount.engines import Disagreement, Uncounted

    record = replace(
        report.record,
        disagreements=(Disagreement(row="stem", what="conv", values={"a": "1", "b": "2"}),),
        uncounted=(Uncounted(op="aten::erf", place="stem", times=3),),
    )
    text = replace(report, record=record).render("plain")
    assert "engines disagree on conv of stem: a 1, b 2" in text
    assert "uncounted: aten::erf in stem, 3 times" in text


def test_selected_rows_leave_totals_whole(report):
    text = report.select(["stage"]).render("plain")
    assert "stem" not in text
    assert "total: of the whole network, not of the rows shown alone: 2,290 params" in text
    assert "ops 2 of 3 match, 1 wrong" in text
    assert "of the whole network" not in report.select(["stem", "stage", "scores"]).render("plain")


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_renders(report, form):
    if FORMATS[form].is_binary:
        assert report.to_excel().startswith(b"PK")
    else:
        assert "stage" in report.render(form, width=120)


def test_a_picture_names_nothing_outside_itself(report):
    svg = report.render("svg")
    assert svg.count("http") == 1
    assert "http://www.w3.org/2000/svg" in svg


def test_what_the_paper_prints_no_column_of_is_counted_beside_what_it_does(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    lines = [
        "|".join(line.split("|")[:-2]) if line.count("|") == 7 else line
        for line in toy_text.splitlines()
    ]
    path.write_text("\n".join(lines) + "\n")
    table = ac.load(path)
    report = ac.compare(ac.count(table, engine="formula"), table)
    assert report.record.comparison.columns == ("output",)
    plain = [line.split() for line in report.render("plain").splitlines()]
    assert ["Row", "Output", "paper", "Depth", "Params", "MACs"] in plain
    assert ["stage", "4x4x8", "match", "4", "2,088", "32,768"] in plain
    assert ["total", "1x1x10", "6", "2,290", "39,760"] in plain


def reports(table):
    from torch import nn

    from archcount.api.printed_report import printed_report

    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())
    yield ac.count(table, engine="formula")
    yield ac.compare(ac.count(table, engine="formula"), table)
    yield ac.count(net, input="3x8x8")
    yield ac.diff(net, nn.Sequential(nn.Conv2d(3, 8, 5), nn.ReLU()), input="3x8x8")
    yield ac.explain(ac.load("googlenet"), "inception_5a")
    yield ac.check(table.path, engine="formula")
    yield ac.infer(table)
    yield ac.list()
    yield ac.formula(table)
    yield printed_report(table.written)


def test_every_report_can_be_written_in_every_format(table):
    for report in reports(table):
        assert isinstance(report, ac.Report)
        assert report.to_excel().startswith(b"PK")
        for form in report.formats:
            if not FORMATS.get(form, FORMATS["csv"]).is_binary:
                assert report.render(form, width=100, colour=False).strip(), (report, form)
        found = json.loads(report.to_json())
        assert found["schema"] == report.schema
        assert re.fullmatch(r"archcount\.[a-z-]+/[12]", report.schema)
        lines = list(csv.reader(io.StringIO(report.to_csv())))
        assert len(lines) - 1 == len(report.to_frame())
        assert "<table>" in report._repr_html_()


def test_an_unknown_format_names_the_known_ones(report):
    with pytest.raises(ac.UsageError, match="unknown format 'pdf'; allowed: rich, plain, csv"):
        report.render("pdf")
