"""`archcount table --as-printed`: the paper's own rows, nothing counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from archcount.cli.output import write_colour
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.printed import PrintedTable
from archcount.reporting.asprinted import as_printed_csv, as_printed_json, as_printed_sheets
from archcount.reporting.render import render_sheets


def count_nothing(*options: object) -> None:
    """Refuse options of counting beside --as-printed.

    Raises:
        UsageError: one is given.
    """
    if any(options):
        raise UsageError(
            Problem(
                what="--as-printed shows what the paper prints, and counts nothing",
                allowed="--row, --format and -o beside it",
            )
        )


def as_printed_rows(paper: PrintedTable, rows: list[str], form: str, output: Path | None) -> str:
    """Write the rows asked for, or all of them, as the paper prints them.

    Raises:
        UsageError: there is no such row.
    """
    known = {row.id: row for row in paper.rows}
    for name in rows:
        if name not in known:
            raise UsageError(
                Problem(
                    what=f"{paper.name} has no row {quote(name)}",
                    allowed=", ".join(known),
                    remedy=suggestion(name, known),
                )
            )
    chosen = replace(paper, rows=tuple(row for row in paper.rows if not rows or row.id in rows))
    if form == "json":
        return as_printed_json(chosen)
    if form == "csv":
        return as_printed_csv(chosen)
    heading = f"archcount table {paper.name} --as-printed"
    return render_sheets(
        [as_printed_sheets(chosen)],
        form,
        width=None if output is None else 160,
        colour=write_colour(output),
        heading=heading,
    )
