"""The output formats: a format is one line here, and a function that writes a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcount.reporting.encoding import csv_text, json_text
from archcount.reporting.latex import latex
from archcount.reporting.markdown import markdown
from archcount.reporting.optional_parts import require
from archcount.reporting.sheet import Sheet

if TYPE_CHECKING:
    from archcount.reporting.report import Report


def plain(sheet: Sheet) -> str:
    """Write a sheet as aligned text, lines as long as they need to be."""
    if not sheet.headings:
        blank = [""] if sheet.notes else []
        return "\n".join([sheet.title, *blank, *_notes(sheet)]) + "\n"
    table = [sheet.headings, *(tuple(cell.text for cell in line) for line in sheet.lines)]
    widths = [max(len(line[index]) for line in table) for index in range(len(sheet.headings))]
    rule = "  ".join("-" * width for width in widths)

    def written(line: tuple[str, ...]) -> str:
        cells = zip(line, widths, sheet.right, strict=True)
        return "  ".join(
            text.rjust(width) if right else text.ljust(width) for text, width, right in cells
        ).rstrip()

    lines = [sheet.title, "", written(table[0]), rule]
    for number, line in enumerate(table[1:]):
        if number in sheet.rule_before:
            lines.append(rule)
        lines.append(written(line))
    if sheet.notes:
        lines += ["", *_notes(sheet)]
    return "\n".join(lines) + "\n"


def _notes(sheet: Sheet) -> list[str]:
    return [line for note in sheet.notes for line in note.lines]


Writer = Callable[["Report", int | None, bool], str | bytes]
"""Writes a report for a width in columns (None asks the terminal), in colour or without."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that reports can be written in.

    Attributes:
        ending: the ending of files that are written so; empty where there is none.
        is_tidy: whether it holds the lines of a data frame, and no remarks.
        is_binary: whether it is bytes, which go to a file alone.
        package: what has to be installed to write it, by the extra of archcount `extra`.
    """

    help: str
    write: Writer
    ending: str = ""
    is_tidy: bool = False
    is_binary: bool = False
    package: str = ""
    extra: str = ""

    def require(self) -> None:
        """Raise an UnavailableError where what it is written with is not installed."""
        if self.package:
            require(self.package, self.extra, f"writing {self.help}")


def _sheetwise(write: Callable[[Sheet], str]) -> Writer:
    """Write the widest layout of each part with a function for one sheet."""

    def written(report: Report, width: int | None, colour: bool) -> str:
        return "\n".join(write(layouts[0]) for layouts in report._sheets())

    return written


def _separated(delimiter: str) -> Writer:
    return lambda report, *_: csv_text(report._tidy(), delimiter)


def _json(report: Report, width: int | None, colour: bool) -> str:
    return json_text({"schema": report.schema, **report._document()})


def _rich(report: Report, width: int | None, colour: bool) -> str:
    from archcount.reporting.terminal import terminal

    return terminal(report._sheets(), width=width, colour=colour)


def _html(report: Report, width: int | None, colour: bool) -> str:
    from archcount.reporting.html import html_page

    return html_page(report._page())


def _xlsx(report: Report, width: int | None, colour: bool) -> bytes:
    from archcount.reporting.excel import excel

    return excel([layouts[0] for layouts in report._sheets()], report._tidy())


def _svg(report: Report, width: int | None, colour: bool) -> str:
    from archcount.reporting.terminal import svg

    heading = f"archcount {report.command}".format(record=report.record)
    return svg(report._sheets(), width=width or 132, heading=heading)


FORMATS: Mapping[str, OutputFormat] = {
    "rich": OutputFormat("colours, fitted to the terminal", _rich),
    "plain": OutputFormat("aligned text, nothing cut off", _sheetwise(plain), ".txt"),
    "csv": OutputFormat("one line a row, base units", _separated(","), ".csv", is_tidy=True),
    "tsv": OutputFormat("the same, with tabs", _separated("\t"), ".tsv", is_tidy=True),
    "md": OutputFormat("a Markdown table", _sheetwise(markdown), ".md"),
    "json": OutputFormat("everything, for tools", _json, ".json"),
    "html": OutputFormat("a page for a browser, in one file", _html, ".html"),
    "latex": OutputFormat("a LaTeX table", _sheetwise(latex), ".tex"),
    "xlsx": OutputFormat(
        "an Excel workbook",
        _xlsx,
        ".xlsx",
        is_binary=True,
        package="XlsxWriter",
        extra="excel",
    ),
    "svg": OutputFormat("a picture of the terminal", _svg, ".svg"),
}
"""The formats that every report can be written in."""
