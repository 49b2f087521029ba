"""What `repr`, `print` and a notebook show of reports and tables."""

from __future__ import annotations

import pytest
from torch import nn

import archcount as ac

TABLE = ac.load("googlenet")
COUNTED = ac.count(TABLE, engine="formula")
LINEAR = nn.Linear(4, 3)  # 4 x 3 weights and 3 biases, 12 MACs

SHOWN = {
    # Its params and MACs are worked out in tests/tables.
    "<TableReport googlenet: 6,998,552 params, 1,582,671,872 MACs>": COUNTED,
    "<ExplainReport googlenet conv1>": ac.explain(TABLE, "conv1"),
    "<CheckReport 1 of 1 passed>": ac.check("lenet5", engine="formula"),
    "<InferReport googlenet>": ac.infer(TABLE),
    "<ModelTableReport gpt3: 8 networks>": ac.count(ac.load("gpt3"), engine="formula"),
    "<ListReport 1 table>": ac.list(year="1998"),
    "<FormulaReport googlenet>": ac.formula("googlenet"),
    "<SweepReport vgg@D: 2 points>": ac.sweep("vgg", input="32,64"),
    "<ModelReport Linear: 15 params, 12 MACs>": ac.count(LINEAR, input="4"),
    "<DifferenceReport Linear, Linear: equal>": ac.diff(LINEAR, LINEAR, input="4"),
    "<Architecture googlenet: 19 rows, input 3x224x224>": TABLE.architecture(),
    "<Table resnet@50: Deep Residual Learning for Image Recognition, arXiv:1512.03385, "
    "Table 1>": ac.load("resnet@50"),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_a_repr_is_one_line(shown):
    assert repr(SHOWN[shown]) == shown


@pytest.mark.parametrize(
    "report", [each for each in SHOWN.values() if hasattr(each, "_repr_html_")], ids=repr
)
def test_print_and_a_notebook_show_it_whole(report):
    if isinstance(report, ac.Report):
        assert f"{report}\n" == report.render("plain")
    assert len(str(report).splitlines()) > 2
    html = report._repr_html_()
    assert html.startswith("<")
    assert str(report).split(None, 1)[0].strip(":,") in html


def test_no_report_writes_its_record_out():
    def every(kind: type) -> list[type]:
        return [kind, *(each for sub in kind.__subclasses__() for each in every(sub))]

    public = {getattr(ac, name) for name in ac.__all__ if name.endswith("Report")}
    classes = every(ac.Report)
    assert public <= {*classes}
    assert {each.__repr__ for each in classes} == {ac.Report.__repr__}


def test_a_table_prints_its_rows_as_printed():
    heading, blank, columns, first, *_ = str(TABLE).splitlines()
    assert heading == "googlenet: Going deeper with convolutions, arXiv:1409.4842v1, Table 1"
    assert not blank
    assert columns.split(" | ")[0].rstrip() == "row"
    assert "2.7K" in first


def test_a_notebook_runs_no_script_of_a_table(tmp_path):
    file = tmp_path / "x.yaml"
    file.write_text(
        "archcount: 1\nname: x\nsource: {title: <script>alert(1)</script>}\ninput: 3x8x8\n"
        "table: |\n  row | block    | output\n  a   | conv 3x3 4 | <b>\n"
    )
    with pytest.raises(ac.InvalidTableError):
        ac.load(file)
    file.write_text(file.read_text().replace("<b>", "8x8x4"))
    assert "<script>" not in ac.load(file)._repr_html_()
