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


def as_printed_sheet(table: PrintedTable) -> Sheet:
    """Lay the rows out under the paper's headings."""
    columns: list[Column[PrintedRow]] = [
        Column(heading=heading, text=partial(_text, column))
        for column, heading in headings(table).items()
    ]
    return make_sheet(f"{table.name}: {table.source}, as printed", columns, table.rows)


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
                for row in table.rows
            ],
        }
    )


def as_printed_csv(table: PrintedTable) -> str:
    """Write the rows as CSV under the paper's headings."""
    shown = headings(table)
    return to_csv(
        [
            {
                heading: row.cells[column].text if column in row.cells else None
                for column, heading in shown.items()
            }
            for row in table.rows
        ]
    )
