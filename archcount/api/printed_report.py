"""The rows of a table as the paper prints them, nothing counted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from archcount.errors import unknown_name
from archcount.printed import PrintedTable
from archcount.reporting.encoding import Value
from archcount.reporting.printed_sheets import (
    as_printed_document,
    as_printed_lines,
    as_printed_sheets,
)
from archcount.reporting.report import Report
from archcount.reporting.sheet import Sheet


@dataclass(frozen=True)
class PrintedReport(Report):
    """A table as the paper prints it.

    Attributes:
        record: the printed table.
    """

    schema = "archcount.as-printed/2"

    record: PrintedTable

    @property
    def title(self) -> str:
        """The command that makes such a report."""
        return f"archcount table {self.record.name} --as-printed"

    def tidy(self) -> Sequence[Mapping[str, Value]]:
        """Return one mapping a row, under the paper's headings."""
        return as_printed_lines(self.record)

    def sheets(self) -> Sequence[Sequence[Sheet]]:
        """Return the rows under the paper's headings, and with headings folded for 80 columns."""
        return [as_printed_sheets(self.record)]

    def document(self) -> Mapping[str, Any]:
        """Return what JSON says."""
        return as_printed_document(self.record)


def printed_report(paper: PrintedTable, rows: Collection[str] = ()) -> PrintedReport:
    """Return the rows asked for, or all of them, as the paper prints them.

    Raises:
        UsageError: there is no such row.
    """
    known = [row.id for row in paper.rows]
    for name in rows:
        if name not in known:
            raise unknown_name(f"{paper.name} has no row", name, known)
    chosen = tuple(row for row in paper.rows if not rows or row.id in rows)
    return PrintedReport(replace(paper, rows=chosen))
