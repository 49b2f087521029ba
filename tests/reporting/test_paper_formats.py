"""LaTeX and Excel: what is written is read back, and text is text, whatever it holds."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest
from helpers.commands import invoke

import archcount as ac

LATEX = r"""% In the preamble: \usepackage{booktabs}
\begin{table}
\centering\small
\caption{toy: A toy network, Table 1}
\begin{tabular}{lllrrlrl}
\toprule
Row & Output & paper & Depth & Params & paper & MACs & paper \\
\midrule
stem & 8x8x4 & match & 1 & 112 & 112 match & 6,912 & 6.9K match \\
stage & 4x4x8 & match & 4 & 2,088 & 2.1K match (rounded) & 32,768 & 33.2K off $-$1.3\% \\
scores & 1x1x10 & match & 1 & 90 & 90 match & 80 & 80 match \\
\midrule
total & 1x1x10 &  & 6 & 2,290 &  & 39,760 &  \\
\bottomrule
\end{tabular}
\par\medskip\raggedright\footnotesize
\noindent total: 2,290 params (2,236 weights), 39,760 MACs (79,520 FLOPs at 2 a MAC), depth 6\par
"""
HOSTILE = r"""\input{x} 50% & $x$ #1 a_b^c ~ --- <a> |"""
ESCAPED = (
    r"\textbackslash{}input\{x\} 50\% \& \$x\$ \#1 a\_b\textasciicircum{}c \textasciitilde{} "
    r"-{}-{}- \textless{}a\textgreater{} \textbar{}"
)


def compared(path: Path, **source: str) -> ac.TableReport:
    """Compare a network of one row, its source in a file as it is given."""
    path.write_text(
        "archcount: 1\nname: net\nsource:\n"
        + "".join(f"  {key}: '{value}'\n" for key, value in source.items())
        + "input: 3x8x8\ntable: |\n  row | block | params\n  a | conv 3x3 4 | 9\n"
    )
    table = ac.load(path)
    return ac.compare(ac.count(table, engine="formula"), table)


@pytest.fixture
def toy(data):
    table = ac.load(data / "toy.yaml")
    return ac.compare(ac.count(table, engine="formula"), table)


def book_of(report: ac.Report):
    return openpyxl.load_workbook(io.BytesIO(report.to_excel()))


def test_latex_is_a_table_of_booktabs(toy):
    assert LATEX in toy.to_latex()
    assert toy.to_latex().count(r"\begin{") == toy.to_latex().count(r"\end{") == 2


def test_no_text_is_a_command_of_latex(tmp_path):
    text = compared(tmp_path / "net.yaml", title=HOSTILE).to_latex()
    assert rf"\caption{{net: {ESCAPED}}}" in text


def test_a_line_of_latex_ends_before_what_looks_like_its_argument(data):
    from archcount.reporting.latex import latex
    from archcount.reporting.sheet import Column, make_sheet

    sheet = make_sheet("x", [Column("a", str)], ["[1cm]", "*", "  b\xa0 c\x1b[31m"])
    lines = latex(sheet).splitlines()
    assert lines[8:11] == [r"{[}1cm] \\", r"{*} \\", r"\hspace*{1em}b c\textbackslash{}x1b[31m \\"]
    assert "LuaLaTeX" not in latex(sheet)
    assert "LuaLaTeX" in latex(make_sheet("網", [Column("a", str)], ["b"]))


def test_a_long_table_of_latex_goes_on_over_pages():
    from archcount.reporting.latex import latex
    from archcount.reporting.sheet import Column, make_sheet

    text = latex(make_sheet("x", [Column("a", str, right=True)], range(51)))
    assert r"\usepackage{longtable}" in text
    assert r"\endhead" in text
    assert "{table}" not in text


def test_a_workbook_holds_the_tables_and_the_data(toy):
    book = book_of(toy)
    assert book.sheetnames == ["summary", "toy", "data"]
    assert book["summary"]["A1"].value == toy.answer
    headings, stem, *_ = book["toy"].iter_rows(min_row=3, values_only=True)
    assert headings[:5] == ("Row", "Output", "paper", "Depth", "Params")
    assert stem == ("stem", "8x8x4", "match", 1, 112, "112 match", 6912, "6.9K match")
    assert book["toy"]["G4"].number_format == "#,##0"
    names, *lines = book["data"].iter_rows(values_only=True)
    frame = toy.to_frame().reset_index()
    assert list(names) == list(frame.columns)
    assert [line[names.index("macs")] for line in lines] == [6912, 32768, 80]
    assert [line[names.index("params_printed")] for line in lines] == ["112", "2.1K", "90"]
    assert lines[0][names.index("ops_error")] is None


def test_no_text_is_a_formula_or_a_link(tmp_path):
    for title in ("=1+1", "https://example.org", "+1", "@SUM(1)"):
        source = {"title": "A network", "table": title}
        book = book_of(compared(tmp_path / "net.yaml", **source))
        cells = [cell for page in book for row in page.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert not any(cell.hyperlink for cell in cells)
    book = book_of(ac.count(formula_names(), input="4"))
    assert book["data"]["A3"].value == "=x"
    assert book["data"]["A3"].data_type == "s"


def formula_names():
    from torch import nn

    net = nn.Sequential()
    net.add_module("=x", nn.Linear(4, 4))
    return net


def test_worksheets_have_names_that_excel_takes_and_numbers_keep_their_digits():
    from archcount.reporting.excel import excel
    from archcount.reporting.sheet import Column, make_sheet

    def sheet(title: str):
        return make_sheet(title, [Column("n", str, right=True)], ["1,000", "0.50", "007", "1.5 K"])

    titles = ("a/b[c]:*?", "A" * 40, "a" * 40, "'data'", "History", "")
    data = [{"n": 10**15 - 1}, {"n": 10**15}, {"n": float("inf")}, {"n": "x" * 40_000}]
    book = openpyxl.load_workbook(io.BytesIO(excel([sheet(title) for title in titles], data)))
    names = ["abc", "A" * 31, "a" * 27 + " 2", "data 2", "History 2", "table", "data"]
    assert book.sheetnames == names
    cells = [cell for (cell,) in book["abc"].iter_rows(min_row=4)]
    assert [cell.value for cell in cells] == [1000, 0.5, "007", "1.5 K"]
    assert [cell.number_format for cell in cells[:2]] == ["#,##0", "0.00"]
    found = [value for (value,) in book["data"].iter_rows(min_row=2, values_only=True)]
    assert found[:3] == [999_999_999_999_999, "1000000000000000", "inf"]
    assert len(found[3]) == 32_767


def test_a_workbook_goes_to_a_file_alone(tmp_path, toy):
    file = tmp_path / "table.xlsx"
    assert invoke("table", "lenet5", "--engine", "formula", "-o", str(file)).returncode == 0
    assert openpyxl.load_workbook(file)["data"]["A2"].value == "C1"
    done = invoke("table", "lenet5", "--format", "xlsx")
    assert done.returncode == 2
    assert "name one with -o, such as -o table.xlsx" in done.stderr
    with pytest.raises(ac.UsageError, match="xlsx is not text; write to_excel"):
        toy.render("xlsx")


def test_where_the_writer_is_missing_its_command_is_shown(tmp_path, monkeypatch):
    monkeypatch.setattr("archcount.reporting.optional_parts.find_spec", lambda name: None)
    file = tmp_path / "table.xlsx"
    done = invoke("table", "lenet5", "-o", str(file))
    assert done.returncode == 3
    assert 'needs XlsxWriter, which is not installed; pip install "archcount[excel]"' in done.stderr
    assert not file.exists()


def test_a_sweep_is_written_as_a_workbook_too(tmp_path):
    file = tmp_path / "sweep.xlsx"
    done = invoke("sweep", "mobilenet_v1", "--let", "alpha=0.5,1", "-o", str(file))
    assert done.returncode == 0
    macs = [cell.value for cell in openpyxl.load_workbook(file)["data"]["F"]]
    assert 568_740_352 in macs  # Table 4 of the paper prints 569 million
