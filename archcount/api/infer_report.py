"""The conventions of a table, inferred from all its printed numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from archcount import engines
from archcount.api.model_table_report import as_rows
from archcount.api.tables import Table, as_table
from archcount.comparison import ColumnFit, fit_columns
from archcount.comparison.conventions import plain
from archcount.comparison.digits import proposed_digits
from archcount.printed import Convention
from archcount.reporting.infer_sheets import Inference, inferred_lines, inferred_sheets
from archcount.reporting.report import Lines, Parts, Report


@dataclass(frozen=True)
class InferReport(Report):
    """The conventions of a table, inferred from its printed numbers."""

    command = "infer {record.name}"
    schema = "archcount.infer/2"

    record: Inference

    @property
    def proposed(self) -> Mapping[str, Convention]:
        """The likeliest convention of each column with printed numbers."""
        return self.record.proposed

    @property
    def block(self) -> str:
        """What stands under `conventions` in the table file; empty where nothing is printed."""
        return self.record.block

    def _tidy(self) -> Lines:
        return inferred_lines(self.record)

    def _sheets(self) -> Parts:
        return [[sheet] for sheet in inferred_sheets(self.record)]


def infer(table: Table | str | Path) -> InferReport:
    """Infer how a paper counts, whatever the file declares.

    The numbers are those of the variant that the table was loaded for, else those of the table; of
    a table of models likewise those of one model, else of all.

    Args:
        table: the table, its file, or its name.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: the table cannot be read.

    >>> infer("googlenet").proposed["ops"].k
    1000
    """
    table = as_table(table)
    formula = engines.engine("formula")
    if table.models:
        chosen = [table.chosen] if table.chosen else [*table.models]
        counted = as_rows(
            {name: formula.count(table.architecture(variant=name)) for name in chosen}
        )
        printed = table.written
        printed = replace(printed, rows=tuple(row for row in printed.rows if row.id in chosen))
    else:
        network = table.variant()
        counted = formula.count(network.architecture)
        printed = network.printed if network.is_printed else network.printed.without_numbers()
    fits = fit_columns(printed, counted, declared=False)
    return InferReport(
        Inference(
            name=table.name,
            fits=fits,
            ties={column: _ties(found) for column, found in fits.items()},
            declared=printed.conventions,
            digits=proposed_digits(printed, counted, fits),
        )
    )


def _ties(fits: tuple[ColumnFit, ...]) -> tuple[Convention, ...]:
    """Return the conventions that give the same numbers as the likeliest, shortened alike."""
    best = fits[0]
    return tuple(
        plain(fit.convention)
        for fit in fits[1:]
        if fit.misses == best.misses and fit.convention.rounding == best.convention.rounding
    )
