"""One row explained: its arithmetic, the conventions tried, the readings that fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archcount.api.comparing import compare_with_reasons
from archcount.api.table_report import count_table
from archcount.api.tables import Table, as_table
from archcount.comparison import QUANTITIES, Comparison
from archcount.comparison.conventions import accepted, computed_value, plain
from archcount.comparison.verdicts import interval_words, write
from archcount.engines import RowCount
from archcount.errors import unknown_name
from archcount.printed import PrintedRow, PrintedTable, parse_quantity
from archcount.reporting.explain_sheets import explained_sheets
from archcount.reporting.explained_row import ExplainedRow, TriedConvention, explained_lines
from archcount.reporting.report import Lines, Parts, Report
from archcount.spec.row_readings import RowReadings

_BUILT = 5
"""How many readings of the row are built, the likeliest first."""


@dataclass(frozen=True)
class ExplainReport(Report):
    """One row of a table explained.

    Attributes:
        verbose: whether people are shown all of it, or one screen.
    """

    command = "explain {record.name} {record.count.id}"
    schema = "archcount.explain/2"

    record: ExplainedRow
    verbose: bool = False

    def _tidy(self) -> Lines:
        return explained_lines(self.record)

    def _sheets(self) -> Parts:
        return explained_sheets(self.record, verbose=self.verbose)


def explain(
    table: Table | str | Path,
    row: str,
    *,
    variant: str = "",
    engine: str = "formula",
    verbose: bool = False,
) -> ExplainReport:
    """Explain one row of a table: its arithmetic, conventions and readings.

    Args:
        table: the table, its file, or its name.
        row: the row's name.
        variant: a variant of the table.
        engine: the engine that counts; `fvcore`, `torch` or `all` build what is said of the row.
        verbose: whether text shows the conventions tried and every reading too; data does always.

    Raises:
        UsageError: there is no such table, row, variant or engine.
        InvalidTableError: the table cannot be read.

    >>> explained = explain("googlenet", "inception_5a")
    >>> explained.record.compared.explanations[0].what
    '928 input channels instead of 832'
    """
    table = as_table(table, variant)
    paper = table.variant(variant).printed
    names = [item.id for item in paper.rows]
    if row not in names:
        raise unknown_name(f"{table.name} has no row", row, names)
    report = count_table(table, variant=variant, engine=engine)
    comparison = compare_with_reasons(
        table, report.architecture, report.counts, only=(row,), build=_BUILT
    )
    printed = paper.rows[names.index(row)]
    counted = next(item for item in report.counts[0].rows if item.id == row)
    explained = ExplainedRow(
        name=table.name,
        variant=report.architecture.variant,
        source=paper.source,
        label=printed.cells["type"].text if "type" in printed.cells else "",
        count=counted,
        plan=RowReadings(table.variant(variant)).plan(row),
        compared=next(item for item in comparison.rows if item.id == row),
        tried=tuple(_tried(printed, counted, paper, comparison)),
        stands_for={
            column: interval_words(
                accepted(parse_quantity(printed.cells[column].text), paper.conventions[column])
            )
            for column in QUANTITIES
            if column in printed.cells
        },
        contradictions=tuple(item for item in comparison.contradictions if item.row == row),
        because=next((each.because for each in paper.readings if each.row == row), ""),
        headings=paper.headings,
        is_cut_short=comparison.is_cut_short,
    )
    return ExplainReport(explained, verbose)


def _tried(
    printed: PrintedRow, row: RowCount, paper: PrintedTable, comparison: Comparison
) -> Iterator[TriedConvention]:
    """Yield each convention tried for the row, the declared one first, then the best."""
    for column, fits in comparison.fits.items():
        if column not in printed.cells:
            continue
        quantity = parse_quantity(printed.cells[column].text)
        declared = plain(paper.conventions[column])
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
