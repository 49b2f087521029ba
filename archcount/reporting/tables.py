"""A table report in the format asked for."""

from __future__ import annotations

from archcount.reporting.columns import full_sheet, narrow_sheet
from archcount.reporting.machine import table_csv, table_json
from archcount.reporting.records import TableReport
from archcount.reporting.render import render_sheets


def render_table(
    report: TableReport, form: str, *, width: int | None = None, colour: bool = True
) -> str:
    """Write a table report in one of `FORMATS`.

    Args:
        report: the report.
        form: the format's name.
        width: for rich and svg, the width in columns; None asks the terminal.
        colour: for rich, whether colours may be written.
    """
    if form == "json":
        return table_json(report)
    if form == "csv":
        return table_csv(report)
    sheets = [full_sheet(report), narrow_sheet(report)]
    return render_sheets(
        [sheets], form, width=width, colour=colour, heading=f"archcount table {report.name}"
    )
