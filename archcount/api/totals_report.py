"""The totals of every network of some tables."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from archcount.api.comparing import Known, compare_with_references
from archcount.api.table_report import TableReport, count_table
from archcount.api.tables import Table, load_every
from archcount.comparison import ComparedClaim
from archcount.printed import Claim
from archcount.reporting.report import CatalogueReport, Lines, Parts, how_many
from archcount.reporting.totals_sheets import NetworkTotals, totals_lines, totals_sheets


@dataclass(frozen=True)
class TotalsReport(CatalogueReport):
    """The totals of every network of some tables."""

    command = "list --totals"
    schema = "archcount.totals/2"

    record: tuple[NetworkTotals, ...]
    problems: tuple[str, ...] = ()

    def _gist(self) -> str:
        return how_many(len(self.record), "network")

    def _tidy(self) -> Lines:
        return totals_lines(self.record)

    def _sheets(self) -> Parts:
        return totals_sheets(self.record, self._remarks())


def totals_of(names: Container[str]) -> TotalsReport:
    """Count every network of some tables in closed form, and compare it with what is printed."""
    tables, problems = load_every(names)
    known = Known()
    found = (_totals(table, variant, known) for table in tables for variant in table.networks)
    return TotalsReport(tuple(found), problems)


def _totals(table: Table, variant: str, known: Known) -> NetworkTotals:
    report = count_table(table, variant=variant, engine="formula")
    return totals_of_network(table, compare_with_references(report, table, known))


def totals_of_network(table: Table, report: TableReport) -> NetworkTotals:
    """Return the totals of one network, whose report was compared with its table."""
    variant = report.architecture.variant
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
