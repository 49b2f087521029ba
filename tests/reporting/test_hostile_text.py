"""Hostile text in every format: what is written is read back by a parser, and text is text."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from unicodedata import category
from xml.etree import ElementTree

import openpyxl
import pytest
from helpers.measurements import measured, run
from markdown_it import MarkdownIt
from torch import nn

import archcount as ac
from archcount.api.bench_report import BenchReport
from archcount.api.check_report import CheckReport
from archcount.api.draw_report import Drawing
from archcount.api.errata_report import ErrataReport
from archcount.api.list_report import ListReport
from archcount.api.model_report import count_model
from archcount.control_characters import visible
from archcount.drawing.picture import Box, Branching, Group, Mark, Picture, Stream
from archcount.errors import Location, Problem, UsageError
from archcount.printed import PaperSource
from archcount.reporting.check_sheets import Finding, TableCheck
from archcount.reporting.encoding import csv_cell
from archcount.reporting.errata_sheets import PrintedErratum
from archcount.reporting.page import Bar, Bars, Facts, Grid, GridCell, Lines, Page, Section
from archcount.reporting.sheet import Span
from archcount.spec.summary import TableSummary

PAYLOADS = {
    "csi": "a\x1b[31mred\x1b[2J",
    "osc": "a\x1b]8;;http://e\x07x\x1b]0;title\x1b\\",
    "c1": "a\x9b31m\x9d0;x\x9c\x90",
    "bidi": "abc\u202edcba\u2066x\u200f\u061c",
    "lines": "x\nfake: passes\r\nfake\u2028y\u2029z\x0bv\x0cw\x85u\x1cs",
    "command": "::error file=a,line=1::b",
    "command in a line": "x\n::warning::y ##[error]z ::stop-commands::t",
    "formula": "=HYPERLINK(\"http://e\",\"x\")",
    "formula of a sum": "+1+cmd|' /C calc'!A0",
    "formula of a number": "-2+3",
    "formula of a name": "@SUM(1)",
    "formula behind a tab": "\t=1+1",
    "formula that looks marked": "'=1+1",
    "html": "</script></style></title><script>alert(1)</script><img src=x onerror=\"alert('x')\">'\"&",
    "markdown": "![i](http://e/i.png) [a](javascript:x) `c` **b** _e_ ~~s~~ h | c <b> &lt; [r]: x",
    "heading": "# heading", "point": "- point", "number": "1. one", "quotation": "> q",
    "rule": "---", "underline": "===", "fence": "```", "table": "|---|---|",
    "latex": "\\input{/etc/passwd}\\end{tabular}\\write18{x} % $x^2$ {#1}~&",
    "dot": "x\"];y [label=\"z\\N\\l\\",
    "mermaid": "x\"]; click n1 href \"javascript:x\"; %% end",
    "rich": "[red]x[/red] [link=http://e]y[/link] [/nothing]",
    "format": "{record.name} {0} %s %(x)s",
    "surrogate": "a\udc80b", "null": "a\x00b", "tag": "a\U000e0041b", "mathtext": "$\\frac{1}$",
}  # fmt: skip


def model(text: str) -> nn.Module:
    """Make a model whose classes and modules have names of this text."""
    kind = text.encode(errors="replace").decode().replace("\0", "")
    layer = type(kind, (nn.Linear,), {})
    net = type(kind, (nn.Sequential,), {})()
    net._modules[text.replace(".", "_")] = layer(4, 4)
    net._modules["b"] = nn.Sequential(layer(4, 4), layer(4, 2))
    return net


def source(text: str) -> PaperSource:
    return PaperSource(
        title=text, year=2015, authors=(text, "B"), arxiv=text, table=text, url=text, note=text
    )


def table(text: str) -> ac.TableReport:
    """Compare a table, and put the text where its file could have it."""
    loaded = ac.load(Path(__file__).parents[1] / "data" / "toy.yaml")
    report = ac.compare(ac.count(loaded, engine="formula"), loaded)
    first, *rows = report.record.rows
    cells = {name: replace(cell, because=text, shown=text) for name, cell in first.cells.items()}
    rows = (replace(first, id=text, label=text, cells=cells), *rows)
    record = replace(report.record, name=text, source=source(text), rows=rows, notes=(text,))
    return replace(report, record=record, detail="everything")


@cache
def reports(text: str) -> tuple[ac.Report, ...]:
    return tuple(_reports(text))


def _reports(text: str) -> Iterator[ac.Report]:
    """Make a report of each kind, with a text wherever a user's text stands in it."""
    found = Finding(kind="surprise", what=text, remedy=text, where=Location(text, 1, 1))
    passing = TableCheck(name=text, path=Path("x.yaml"))
    failing = TableCheck(
        name=text, path=Path("x.yaml"), paper=text, engines=(text,), findings=(found,)
    )
    yield CheckReport((passing, failing))
    summary = TableSummary(
        name=text,
        task=text,
        kind=text,
        rows=1,
        networks=1,
        input=text,
        variants=(text,),
        source=source(text),
    )
    yield ListReport((summary, replace(summary, name="b")), (text,))
    erratum = PrintedErratum(
        table=text,
        variant=text,
        source=source(text),
        cell=text,
        printed=text,
        computed=text,
        verdict="off",
        explanation=text,
        because=text,
        command=text,
    )
    yield ErrataReport((erratum, replace(erratum, cell="b")), (text,), detail="everything")
    yield table(text)
    net = model(text)
    yield count_model(net, "4", name=text)
    yield ac.diff(net, nn.Sequential(model(text), nn.ReLU()), input="4")
    yield ac.sweep(net, input="{x}", let={"x": "4"})
    failed = replace(
        measured(1.0, target=text),
        status="failed",
        problem=f"{visible(text)}\n  {visible(text)}",
        statistics=None,
    )
    yield BenchReport(replace(run(measured(1.0, target=text), failed), remarks=(text,), argv=(text,)))  # fmt: skip


def picture(text: str) -> Picture:
    """Make a picture of every kind of part, with a text in each."""

    def box(path: str, family: str = "conv") -> Box:
        return Box(
            path=path,
            title=text,
            details=(text,),
            family=family,
            output=text,
            mark=Mark(text, "good"),
        )

    join = box("join", "join")
    branching = Branching(path="s", branches=((box("l"),), (box("r"),), ()), join=join)
    group = Group(
        path="g",
        title=text,
        times=2,
        body=(box("in g"), branching),
        output=text,
        mark=Mark(text, "good"),
    )
    stream = Stream(input=box("input", "input"), body=(group, box("end")))
    return Picture(title=text, note=text, description=text, streams=(stream,))


def page(text: str) -> Page:
    """Make a page of the blocks that stand beside sheets."""
    grid = Grid(
        title=text,
        headings=(text, "b"),
        right=(False, True),
        legend=Span(text),
        lines=(
            (
                GridCell(text=text),
                GridCell(
                    text=text,
                    verdict=Span(text, "bad"),
                    name=text,
                    details=(Lines(spans=(Span(text),)),),
                ),
            ),
        ),
    )
    bars = Bars(title=text, names=(text, text), bars=(Bar(label=text, number=1, shown=text),))
    return Page(title=text, answer=Span(text), warnings=(Span(text),), sections=(Section(title=text, blocks=(grid, bars, Facts(facts={text: text}))),))  # fmt: skip


# What a format must be, whatever its texts are: the structure is that of a harmless text, and the
# hostile one is read back.


def steering(text: str) -> list[str]:
    """List the characters that steer what shows them, and lines that a runner would obey."""
    found = [
        mark for mark in text if not (mark.isprintable() or mark == "\n" or category(mark) == "Zs")
    ]
    lines = [line for line in text.split("\n") if re.match(r"\s*::\w", line) or "##[" in line]
    return [repr(each) for each in (*found, *lines)]


class Tags(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.said = [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag != "span":  # that of a word, which some texts have none of
            self.tags.append((tag, *sorted({name for name, _ in attrs} - {"data-value"})))

    def handle_data(self, data):
        self.said += data


def html_structure(html: str) -> tuple[object, str]:
    found = Tags(html)
    return found.tags, found.said


def markdown_structure(text: str) -> tuple[object, str]:
    """Return what a Markdown reader makes of a text, and the text that it shows."""
    kinds, said = [], ""
    for token in MarkdownIt("gfm-like", {"linkify": False}).disable("linkify").parse(text):
        inner = [
            child.type
            for child in token.children or ()
            if child.type not in ("text", "text_special")
        ]
        kinds.append((token.type, token.tag, *inner))
        said += "".join(child.content for child in token.children or ()) + token.content * (
            not token.children
        )
    return kinds, said


def svg_structure(text: str) -> tuple[object, str]:
    root = ElementTree.fromstring(text)
    kinds = {(each.tag, *sorted(each.attrib)) for each in root.iter()}
    assert not [
        kind for kind in kinds if any(name.startswith("on") or "href" in name for name in kind[1:])
    ]
    return {kind[0] for kind in kinds}, "".join(root.itertext()).replace("\xa0", " ")


def latex_structure(text: str) -> tuple[object, str]:
    """Return the commands and signs of LaTeX but for those that show a sign, and nothing shown."""
    shows = r"\\text[a-z]+\{\}|\{\\char34\}|\\[&%$#_{}]|-\{\}|\{([\[*])\}|\$-\$|\\hspace\*\{[\d.]+em\}|^%.*"
    prose = r"p\{0\.35\\linewidth\}"
    bare = re.sub(f"{shows}|{prose}", "", text, flags=re.M)
    return Counter(re.findall(r"\\(?:[A-Za-z]+|.)|[{}$&#^_%~]", bare)), ""


def dot_structure(text: str) -> tuple[object, str]:
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', text), ""


def mermaid_structure(text: str) -> tuple[object, str]:
    assert all(
        not re.search(r"[<>`\\\[\]{}\"]", each)
        for each in re.findall(r'"([^"]*)"', text.replace("<br/>", ""))
    )
    return re.sub(r'"[^"]*"', '""', text), ""


def csv_structure(text: str, delimiter: str = ",") -> tuple[object, str]:
    lines = [*csv.reader(io.StringIO(text), delimiter=delimiter)]
    assert text.count("\n") == len(lines)  # a line a row, for tools that know no quotes
    computed = r"[=+@\t\r＝＋－＠-](?!\d[\d.,]*(e-?\d+)?[%A-Za-z]*$|$)"
    assert not [cell for line in lines for cell in line if re.match(computed, cell)]
    return [len(line) for line in lines], "\0".join(cell for line in lines for cell in line)


def text_structure(text: str) -> tuple[object, str]:
    return text.count("\n"), text


def github_structure(text: str) -> tuple[object, str]:
    """Return the lines of annotations and the others; only the first are commands."""
    command = r"^::error file=x\.yaml,line=1,col=1,title=archcount%3A surprise::"
    rest = re.sub(command, "", text, flags=re.M)
    assert not steering(rest)
    return len(re.findall(command, text, re.M)), rest


STRUCTURES = {
    "plain": text_structure, "rich": lambda text: (None, text), "md": markdown_structure, "csv": csv_structure,
    "tsv": lambda text: csv_structure(text, "\t"), "html": html_structure, "latex": latex_structure,
    "svg": svg_structure, "text": text_structure, "dot": dot_structure, "mermaid": mermaid_structure,
    "github": github_structure,
}  # fmt: skip
HARMLESS = "abcdefghi jklm"
SAID = {"csv", "tsv", "plain", "html", "text", "github"}
"""The formats in which every text is looked for as it is shown."""


def structure_of(written: str, form: str, *, of_sweep: bool = False) -> tuple[object, str]:
    """Return how a text is made up, and what it says; it steers nothing that shows it."""
    if form != "github":
        assert not steering(written.replace("\t", " ") if form == "tsv" else written), form
    structure, said = STRUCTURES[form](written)
    return (None if of_sweep and form == "plain" else structure), said  # it folds its title


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], object]:
    """Return the structure of each report in each format where its texts are harmless."""
    return {
        (report.command, form): structure_of(
            report.render(form, width=200, colour=False), form, of_sweep="sweep" in report.command
        )[0]
        for report in reports(HARMLESS)
        for form in STRUCTURES.keys() & report.formats.keys()
    }


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_text_is_a_text_in_every_format(name, expected):
    text = PAYLOADS[name]
    for report in reports(text):
        is_sweep = "sweep" in report.command
        for form in STRUCTURES.keys() & report.formats.keys():
            written = report.render(form, width=200, colour=False)
            structure, said = structure_of(written, form, of_sweep=is_sweep)
            assert structure == expected[report.command, form], (report.command, form)
            if form in SAID and not is_sweep:  # whose model has a class for a name
                shown = csv_cell(text) if form in ("csv", "tsv") else visible(text)
                shown = shown.replace("%", "%25") if form == "github" else shown
                shown = " ".join(shown.split())
                said = " ".join(said.split())
                assert shown in said or shown.replace(".", "_") in said, (report.command, form)
        assert not steering(repr(report))
        written = report.to_json()
        assert not steering(written), report.command
        if not is_sweep:
            assert text in strings(json.loads(written)), report.command


def strings(value: object) -> set[str]:
    """Return every text of a JSON document, and the parts of those that are put together."""
    if isinstance(value, str):
        return {value, *value.split(": ")}
    items = [*value.keys(), *value.values()] if isinstance(value, dict) else value
    return set().union(*map(strings, items)) if isinstance(items, list) else set()


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_text_is_a_text_in_drawings_and_pages(name):
    from archcount.reporting.html import html_page

    text = PAYLOADS[name]
    for form in ("text", "svg", "dot", "mermaid"):
        expected = structure_of(str(Drawing(picture(HARMLESS)).render(form)), form)[0]
        assert structure_of(str(Drawing(picture(text)).render(form)), form)[0] == expected, form
    found, said = structure_of(html_page(page(text)), "html")
    assert found == structure_of(html_page(page(HARMLESS)), "html")[0]
    assert " ".join(visible(text).split()) in " ".join(said.split())


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_workbook_holds_texts_and_numbers_alone(name):
    text = PAYLOADS[name]
    for report in reports(text):
        book = openpyxl.load_workbook(io.BytesIO(report.to_excel()))
        cells = [cell for page in book for row in page.iter_rows() for cell in row]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert not any(cell.hyperlink for cell in cells)
        assert not steering(
            "".join(cell.value for cell in cells if cell.data_type == "s" and cell.value)
        )


def test_a_reader_gets_back_what_a_cell_said(tmp_path):
    import pandas as pd

    texts = ["=1+1", "'=1", "''@x", "-conv", "＝1", "plain", "-3", "+0.8%", "-1.2K", "-", "'60s"]
    file = tmp_path / "x.csv"
    file.write_text("".join(["text\n", *(f"{csv_cell(text)}\n" for text in texts)]))
    read = pd.read_csv(file).text
    assert list(read.str.replace("^'(?='*[=+@＝-])", "", regex=True)) == texts
    assert list(read[6:10]) == ["-3", "+0.8%", "-1.2K", "-"]  # numbers stay as they are


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_text_is_a_text_in_errors(name):
    text = PAYLOADS[name]
    error = UsageError(
        [
            Problem(
                what=text,
                allowed=text,
                remedy=text,
                where=Location(text, 1, 2),
                below=(f"  {text}",),
            )
        ]
    )
    assert len(str(error).split("\n")) == 2
    assert not steering("error: " + str(error))


def test_what_users_code_raises_has_no_lines_but_its_frames(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "def net():\n    raise ValueError('x\\nerror: \\x1b[31mforged\\n::warning::y')\n"
    )
    with pytest.raises(ac.ArchcountError) as caught:
        ac.count(f"{file}:net")
    first, *frames = str(caught.value).split("\n")
    assert first.endswith(r"net failed: ValueError: x error: \x1b[31mforged \x3a:warning::y")
    assert all(line.startswith("  ") for line in frames)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_text_is_a_text_in_plots(name, tmp_path):
    from matplotlib.figure import Figure

    from archcount.reporting.pictures import saved, shown_label

    figure = Figure(figsize=(1, 1))
    drawn = figure.suptitle(shown_label(PAYLOADS[name]))
    assert drawn._preprocess_math(drawn.get_text()) == (visible(PAYLOADS[name]), False)
    if name == "mathtext":
        ElementTree.fromstring(saved(figure, "svg"))
