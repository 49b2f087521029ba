"""The totals of every network of some tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.tables import Table
from archcount.comparison import ComparedClaim
from archcount.printed import Claim
from archcount.reporting.encoding import Value, encode
from archcount.reporting.report import Report
from archcount.reporting.sheet import Sheet
from archcount.reporting.totals_sheets import NetworkTotals, totals_lines, totals_sheets


@dataclass(frozen=True)
class TotalsReport(Report):
    """The totals of every network of some tables.

    Attributes:
        record: the networks in order.
    """

    schema = "archcount.totals/2"

    record: tuple[NetworkTotals, ...]

    @property
    def title(self) -> str:
        """The command that makes such a report."""
        return "archcount list --totals"

    def tidy(self) -> Sequence[Mapping[str, Value]]:
        """Return one mapping a network."""
        return totals_lines(self.record)

    def sheets(self) -> Sequence[Sequence[Sheet]]:
        """Return the totals with every number exact, and for 80 columns."""
        return [totals_sheets(self.record)]

    def document(self) -> Mapping[str, Any]:
        """Return what JSON says."""
        return {"items": encode(self.record)}


def totals(tables: Iterable[Table]) -> TotalsReport:
    """Count every network of some tables in closed form, and compare it with what is printed."""
    return TotalsReport(
        tuple(_totals(table, variant) for table in tables for variant in table.networks)
    )


def _totals(table: Table, variant: str) -> NetworkTotals:
    report = compare(count(table, variant=variant, engine="formula"), table)
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
