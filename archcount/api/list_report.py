"""The shipped tables, or the totals of every network of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import sheet_of
from archcount.spec.catalogue import shipped_tables
from archcount.spec.summary import TableSummary, read_summary

if TYPE_CHECKING:
    from archcount.api.totals_report import TotalsReport


@dataclass(frozen=True)
class ListReport(Report):
    """The shipped tables."""

    command = "list"
    schema = "archcount.list/2"

    record: tuple[TableSummary, ...]

    def _tidy(self) -> Lines:
        return [
            {
                "name": heading.name,
                "rows": heading.rows,
                "input": heading.input,
                "variants": " ".join(heading.variants) or None,
                "source": str(heading.source),
            }
            for heading in self.record
        ]

    def _sheets(self) -> Parts:
        return [[sheet_of("Shipped tables", self._tidy())]]


@overload
def list(*, totals: Literal[False] = False) -> ListReport: ...


@overload
def list(*, totals: Literal[True]) -> TotalsReport: ...


@overload
def list(*, totals: bool) -> ListReport | TotalsReport: ...


def list(*, totals: bool = False) -> ListReport | TotalsReport:
    """List the shipped tables, or every network of theirs, counted and compared.

    Args:
        totals: one line a network, with its params, weights, MACs, depth and verdicts.

    >>> [heading.rows for heading in list().record if heading.name == "googlenet"]
    [19]
    """
    if not totals:
        files = shipped_tables().values()
        return ListReport(tuple(read_summary(file) for file in files))
    from archcount.api.tables import load
    from archcount.api.totals_report import totals as totals_of

    return totals_of(load(name) for name in shipped_tables())
