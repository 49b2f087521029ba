"""A count compared with what a paper printed."""

from __future__ import annotations

from dataclasses import replace

from archcount.api.reasons import compare_with_reasons
from archcount.api.table_report import TableReport
from archcount.api.table_results import table_result
from archcount.api.tables import Table
from archcount.errors import Problem, UsageError


def compare(report: TableReport, table: Table) -> TableReport:
    """Compare a report with what a paper printed: the report, a verdict on every cell added.

    Where the printed rows are not those of the variant that was counted, only its claims are
    compared.

    Args:
        report: a count of the table's architecture.
        table: the table with the printed numbers.

    Raises:
        UsageError: the report is of another table.

    >>> from archcount.api.counting import count
    >>> from archcount.api.tables import load
    >>> report = compare(count(load("googlenet"), engine="formula"), load("googlenet"))
    >>> report.record.comparison.tally("ops")["match"]
    10
    """
    counted = [row.id for row in report.architecture.rows]
    if counted != [row.id for row in table.printed.rows]:
        raise UsageError(
            Problem(
                what=f"the report is of {report.architecture.name}, whose rows are not those of "
                f"the table {table.name}",
                remedy="compare a report with the table that it was counted from",
            )
        )
    compared = compare_with_reasons(table, report.architecture, report.counts)
    record = table_result(report.architecture, report.counts, report.record.batch, table, compared)
    return replace(report, record=record)
