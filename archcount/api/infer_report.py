"""The conventions of a table, inferred from all its printed numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archcount import engines
from archcount.api.tables import Table
from archcount.comparison import ColumnFit, fit_columns
from archcount.comparison.conventions import plain
from archcount.printed import Convention
from archcount.reporting.encoding import Value
from archcount.reporting.infer_sheets import (
    Inference,
    inferred_document,
    inferred_lines,
    inferred_sheets,
)
from archcount.reporting.report import Report
from archcount.reporting.sheet import Sheet


@dataclass(frozen=True)
class InferReport(Report):
    """The conventions of a table, inferred from its printed numbers.

    Attributes:
        record: everything the report says.
    """

    schema = "archcount.infer/2"

    record: Inference

    @property
    def title(self) -> str:
        """The command that makes such a report."""
        return f"archcount infer {self.record.name}"

    @property
    def proposed(self) -> Mapping[str, Convention]:
        """The likeliest convention of each column with printed numbers."""
        return self.record.proposed

    @property
    def block(self) -> str:
        """The `conventions:` line for the table file; empty where nothing is printed."""
        return self.record.block

    def tidy(self) -> Sequence[Mapping[str, Value]]:
        """Return one mapping for each convention tried."""
        return inferred_lines(self.record)

    def sheets(self) -> Sequence[Sequence[Sheet]]:
        """Return how the conventions fare on each column, and the proposal."""
        return [[sheet] for sheet in inferred_sheets(self.record)]

    def document(self) -> Mapping[str, Any]:
        """Return what JSON says."""
        return inferred_document(self.record)


def infer(table: Table) -> InferReport:
    """Infer how a paper counts, whatever the file declares.

    >>> from archcount.api.tables import load
    >>> infer(load("googlenet")).proposed["ops"].k
    1000
    """
    counted = engines.engine("formula").count(table.architecture())
    fits = fit_columns(table.printed, counted, declared=False)
    return InferReport(
        Inference(
            name=table.name,
            fits=fits,
            ties={column: _ties(found) for column, found in fits.items()},
            declared=table.printed.conventions,
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
