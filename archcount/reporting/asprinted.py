"""The rows as the paper prints them: its own headings, its own text, nothing computed."""

from __future__ import annotations

from functools import partial

from archcount.printed import NUMBERS, PrintedRow, PrintedTable
from archcount.reporting.machine import to_csv, to_json
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

SCHEMA = "archcount.as-printed/1"


def headings(table: PrintedTable) -> dict[str, str]:
    """Give the paper's headings by column, in the file's order.

    A column without a heading is the file's own; where no column has one, those that hold printed
    text are shown under their names.
    """
    if not table.headings:
        shown = ("type", "patch", *NUMBERS)
        return {column: column for column in table.columns if column in shown}
    return {column: table.headings[column] for column in table.columns if column in table.headings}


def printed_rows(table: PrintedTable) -> tuple[PrintedRow, ...]:
    """Give the rows that the paper prints: those with a cell that more than names the block."""
    shown = {*headings(table)} - {"row", "block"}
    return tuple(row for row in table.rows if shown & row.cells.keys()) if shown else table.rows


def as_printed_sheet(table: PrintedTable) -> Sheet:
    """Lay the rows out under the paper's headings."""
    columns: list[Column[PrintedRow]] = [
        Column(heading=heading, text=partial(_text, column))
        for column, heading in headings(table).items()
    ]
    return make_sheet(f"{table.name}: {table.source}, as printed", columns, printed_rows(table))


def _text(column: str, row: PrintedRow) -> Text:
    return Text(row.cells[column].text if column in row.cells else "")


def as_printed_json(table: PrintedTable) -> str:
    """Write the rows as JSON, `archcount.as-printed/1`; a blank cell is null."""
    shown = headings(table)
    return to_json(
        {
            "schema": SCHEMA,
            "name": table.name,
            "source": str(table.source),
            "columns": [{"column": name, "heading": text} for name, text in shown.items()],
            "rows": [
                {
                    "id": row.id,
                    "cells": {
                        name: row.cells[name].text if name in row.cells else None for name in shown
                    },
                }
                for row in printed_rows(table)
            ],
        }
    )


def as_printed_csv(table: PrintedTable) -> str:
    """Write the rows as CSV under the paper's headings; equal ones say their column too."""
    shown: dict[str, str] = {}
    for column, heading in headings(table).items():
        shown[f"{heading} ({column})" if heading in shown else heading] = column
    return to_csv(
        [
            {
                heading: row.cells[column].text if column in row.cells else None
                for heading, column in shown.items()
            }
            for row in printed_rows(table)
        ]
    )
