"""One row explained: its arithmetic, the conventions tried, the readings that fit."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.api.reasons import compare_with_reasons
from archcount.api.reports import count
from archcount.api.tables import Table
from archcount.comparison import QUANTITIES, Comparison
from archcount.comparison.conventions import accepted, computed_value, plain
from archcount.comparison.verdicts import interval_words, write
from archcount.counting import RowCount
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.printed import Convention, PrintedRow, parse_quantity
from archcount.reporting.explained import ExplainedRow, TriedConvention

_BUILT = 5
"""How many readings of the row are built, the likeliest first."""


def explain(table: Table, row: str, *, engine: str = "fvcore") -> ExplainedRow:
    """Explain one row of a table: its arithmetic, conventions and readings.

    Args:
        table: the table.
        row: the row's name.
        engine: the engine that counts, and builds what is said of the row.

    Raises:
        UsageError: there is no such row or engine.

    >>> from archcount.api import load
    >>> explained = explain(load("googlenet"), "inception_5a", engine="formula")
    >>> explained.compared.explanations[0].what
    '928 input channels instead of 832'
    """
    names = [item.id for item in table.printed.rows]
    if row not in names:
        raise UsageError(
            Problem(
                what=f"{table.name} has no row {quote(row)}",
                allowed=", ".join(names),
                remedy=suggestion(row, names),
            )
        )
    report = count(table, engine=engine)
    comparison = compare_with_reasons(
        table, report.architecture, report.counts, only=(row,), build=_BUILT
    )
    printed = table.printed.rows[names.index(row)]
    counted = next(item for item in report.counts[0].rows if item.id == row)
    return ExplainedRow(
        name=table.name,
        source=table.source,
        label=printed.cells["type"].text if "type" in printed.cells else "",
        count=counted,
        plan=table.file.rereading().plan(row),
        compared=next(item for item in comparison.rows if item.id == row),
        tried=tuple(_tried(printed, counted, table, comparison)),
        stands_for={
            column: _interval(printed, column, table.printed.conventions[column])
            for column in QUANTITIES
            if column in printed.cells
        },
        contradictions=tuple(item for item in comparison.contradictions if item.row == row),
        because=next((each.because for each in table.printed.readings if each.row == row), ""),
    )


def _interval(printed: PrintedRow, column: str, convention: Convention) -> str:
    interval = accepted(parse_quantity(printed.cells[column].text), convention)
    return interval_words(interval)


def _tried(
    printed: PrintedRow, row: RowCount, table: Table, comparison: Comparison
) -> Iterator[TriedConvention]:
    """Yield each convention tried for the row, the declared one first, then the best."""
    for column, fits in comparison.fits.items():
        if column not in printed.cells:
            continue
        quantity = parse_quantity(printed.cells[column].text)
        declared = plain(table.printed.conventions[column])
        either = [fit for fit in fits if fit.convention.rounding == "either"]
        for fit in sorted(either, key=lambda fit: (fit.convention != declared, fit.bits)):
            value = computed_value(row, fit.convention)
            yield TriedConvention(
                column=column,
                convention=fit.convention,
                computed=value,
                shown=write(value, quantity, fit.convention.k),
                fits=value in accepted(quantity, fit.convention),
                column_fits=len(fit.fits),
                column_printed=len(fit.fits) + len(fit.misses),
                declared=fit.convention == declared,
            )
