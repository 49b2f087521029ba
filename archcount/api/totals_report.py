"""The totals of every network of some tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archcount.api.comparing import compare
from archcount.api.table_report import count_table
from archcount.api.tables import Table
from archcount.comparison import ComparedClaim
from archcount.printed import Claim
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.totals_sheets import NetworkTotals, totals_lines, totals_sheets


@dataclass(frozen=True)
class TotalsReport(Report):
    """The totals of every network of some tables."""

    command = "list --totals"
    schema = "archcount.totals/2"

    record: tuple[NetworkTotals, ...]

    def _tidy(self) -> Lines:
        return totals_lines(self.record)

    def _sheets(self) -> Parts:
        return [totals_sheets(self.record)]


def totals(tables: Iterable[Table]) -> TotalsReport:
    """Count every network of some tables in closed form, and compare it with what is printed."""
    return TotalsReport(
        tuple(_totals(table, variant) for table in tables for variant in table.networks)
    )


def _totals(table: Table, variant: str) -> NetworkTotals:
    report = compare(count_table(table, variant=variant, engine="formula"), table)
    assert report.record.comparison is not None
    printed = table.variant(variant).printed.claims
    pairs = list(zip(printed, report.record.comparison.claims, strict=True))
    return NetworkTotals(
        name=table.name,
        variant=variant,
        count=report.total,
        claims={what: _of(what, pairs) for what in ("params", "ops")},
        verdicts=report.verdicts,
    )


def _of(what: str, pairs: list[tuple[Claim, ComparedClaim]]) -> list[ComparedClaim]:
    """Choose the plain totals: the paper's own, or else what others print."""
    found = [pair for pair in pairs if pair[0].what == what and pair[0].is_total]
    own = [compared for claim, compared in found if not claim.elsewhere]
    return own or [compared for _, compared in found]
