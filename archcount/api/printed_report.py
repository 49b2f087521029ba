"""A table as the paper prints it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from archcount.errors import unknown_name
from archcount.printed import PrintedTable
from archcount.reporting.printed_sheets import as_printed_lines, as_printed_sheets
from archcount.reporting.report import Lines, Parts, Report


@dataclass(frozen=True)
class PrintedReport(Report):
    """A table as the paper prints it."""

    command = "table {record.name} --as-printed"
    schema = "archcount.as-printed/2"

    record: PrintedTable

    def _tidy(self) -> Lines:
        return as_printed_lines(self.record)

    def _sheets(self) -> Parts:
        return [as_printed_sheets(self.record)]


def printed_report(paper: PrintedTable, rows: Collection[str] = ()) -> PrintedReport:
    """Return the rows asked for, or all of them, as the paper prints them.

    Raises:
        UsageError: there is no such row.
    """
    names = {row.id: row.cells["model"].text if "model" in row.cells else "" for row in paper.rows}
    for name in rows:
        if name not in (*names, *filter(None, names.values())):
            raise unknown_name(f"{paper.name} has no row", name, list(names))
    chosen = tuple(row for row in paper.rows if not rows or {row.id, names[row.id]} & {*rows})
    return PrintedReport(replace(paper, rows=chosen))
