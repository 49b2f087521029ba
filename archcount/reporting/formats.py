"""The output formats: a format is one line here, and a function that writes a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcount.reporting.encoding import csv_text, json_text
from archcount.reporting.sheet import Sheet
from archcount.reporting.text import html, markdown, plain

if TYPE_CHECKING:
    from archcount.reporting.report import Report

Writer = Callable[["Report", int | None, bool], str]
"""Writes a report for a width in columns (None asks the terminal), in colour or without."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """A format that reports can be written in.

    Attributes:
        help: what it is, in a few words.
        write: what writes it.
        ending: the ending of files that are written so; empty where there is none.
        is_tidy: whether it holds the lines of a data frame, and no remarks.
    """

    help: str
    write: Writer
    ending: str = ""
    is_tidy: bool = False


def _sheetwise(write: Callable[[Sheet], str]) -> Writer:
    """Write the widest layout of each part with a function for one sheet."""

    def written(report: Report, width: int | None, colour: bool) -> str:
        return "\n".join(write(layouts[0]) for layouts in report._sheets())

    return written


def _csv(report: Report, width: int | None, colour: bool) -> str:
    return csv_text(report._tidy())


def _tsv(report: Report, width: int | None, colour: bool) -> str:
    return csv_text(report._tidy(), delimiter="\t")


def _json(report: Report, width: int | None, colour: bool) -> str:
    return json_text({"schema": report.schema, **report._document()})


def _rich(report: Report, width: int | None, colour: bool) -> str:
    from archcount.reporting.terminal import terminal

    return terminal(report._sheets(), width=width, colour=colour)


def _svg(report: Report, width: int | None, colour: bool) -> str:
    from archcount.reporting.terminal import svg

    heading = f"archcount {report.command}".format(record=report.record)
    return svg(report._sheets(), width=width or 132, heading=heading)


FORMATS: Mapping[str, OutputFormat] = {
    "rich": OutputFormat("colours, fitted to the terminal", _rich),
    "plain": OutputFormat("aligned text, nothing cut off", _sheetwise(plain), ".txt"),
    "csv": OutputFormat("one line a row, base units", _csv, ".csv", is_tidy=True),
    "tsv": OutputFormat("the same, with tabs", _tsv, ".tsv", is_tidy=True),
    "md": OutputFormat("a Markdown table", _sheetwise(markdown), ".md"),
    "json": OutputFormat("everything, for tools", _json, ".json"),
    "html": OutputFormat("an HTML table", _sheetwise(html), ".html"),
    "svg": OutputFormat("a picture of the terminal", _svg, ".svg"),
}
"""The formats that every report can be written in."""
