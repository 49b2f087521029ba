"""The rows as the paper prints them: its own headings, its own text, nothing computed."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from textwrap import wrap
from typing import Any

from archcount.printed import NUMBERS, PrintedRow, PrintedTable
from archcount.reporting.encoding import Value, encode
from archcount.reporting.sheet import Column, Sheet, make_sheet

_NARROW = 5
"""The least width of a heading on a narrow terminal."""


def headings(table: PrintedTable) -> dict[str, str]:
    """Return the paper's headings by column, in the file's order; names of models have none.

    A column without a heading is the file's own; where no column has one, those that hold printed
    text are shown under their names.
    """
    if not table.headings:
        shown = ("model", "type", "patch", *NUMBERS)
        return {column: column for column in table.columns if column in shown}
    return {column: table.headings[column] for column in table.columns if column in table.headings}


def printed_rows(table: PrintedTable) -> tuple[PrintedRow, ...]:
    """Return the rows that the paper prints: those with a cell that more than names the block."""
    shown = {*headings(table)} - {"row", "block"}
    return tuple(row for row in table.rows if shown & row.cells.keys()) if shown else table.rows


def as_printed_sheets(table: PrintedTable) -> list[Sheet]:
    """Lay the rows out under the paper's headings, and with headings folded for 80 columns."""
    lines = _lines(table)
    title = f"{table.name}: {table.source}, as printed"
    wide: list[Column[tuple[str, ...]]] = []
    narrow: list[Column[tuple[str, ...]]] = []
    for place, heading in enumerate(lines[0]):
        text: Callable[[tuple[str, ...]], str] = itemgetter(place)
        texts = [text(line) for line in lines[1:]]
        width = max(_NARROW, *(len(each) for each in texts))
        folded = wrap(heading, width, break_long_words=False, break_on_hyphens=False)
        wide.append(Column(heading, text))
        # A number or a size is never broken, words between blanks may be.
        whole = not any(" " in each for each in texts)
        narrow.append(Column(heading, text, whole=whole, folded=tuple(folded)))
    return [make_sheet(title, columns, lines[1:]) for columns in (wide, narrow)]


def _lines(table: PrintedTable) -> list[tuple[str, ...]]:
    """Return the headings and the rows, or what the paper prints below one another for them."""
    shown = headings(table)
    rows = [tuple(_text(name, row) for name in shown) for row in printed_rows(table)]
    lines = [tuple(shown.values()), *rows]
    return list(zip(*lines, strict=True)) if table.turned else lines


def _text(column: str, row: PrintedRow) -> str:
    return row.cells[column].text if column in row.cells else ""


@encode.register
def _(table: PrintedTable) -> dict[str, Any]:
    shown = headings(table)
    return {
        "name": table.name,
        "source": str(table.source),
        "columns": [{"column": name, "heading": text} for name, text in shown.items()],
        "rows": [
            {"id": row.id, "cells": {name: _text(name, row) or None for name in shown}}
            for row in printed_rows(table)
        ],
    }


def as_printed_lines(table: PrintedTable) -> list[dict[str, Value]]:
    """Return the rows under the paper's headings; equal ones say their column too.

    Turned tables stand as the others do, a row a network.
    """
    shown: dict[str, str] = {}
    for column, heading in headings(table).items():
        heading = heading or column
        shown[f"{heading} ({column})" if heading in shown else heading] = column
    return [
        {heading: _text(column, row) or None for heading, column in shown.items()}
        for row in printed_rows(table)
    ]
