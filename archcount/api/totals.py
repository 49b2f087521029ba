"""The totals of every network of every shipped table."""

from __future__ import annotations

from collections.abc import Iterable

from archcount.api.checks import tally
from archcount.api.reports import compare, count
from archcount.api.tables import Table, load
from archcount.comparison import VERDICTS, ComparedClaim
from archcount.printed import Claim
from archcount.reporting.totals import NetworkTotals
from archcount.spec.catalogue import shipped_tables


def totals(tables: Iterable[Table] | None = None) -> list[NetworkTotals]:
    """Count every network of some tables in closed form, and hold it against what is printed.

    Args:
        tables: the tables; all shipped ones where it is None.
    """
    chosen = [load(name) for name in shipped_tables()] if tables is None else tables
    return [_totals(table, variant) for table in chosen for variant in table.networks]


def _totals(table: Table, variant: str) -> NetworkTotals:
    report = compare(count(table, variant=variant, engine="formula"), table)
    comparison = report.record.comparison
    assert comparison is not None
    printed = table.variant(variant).printed.claims
    pairs = list(zip(printed, comparison.claims, strict=True))
    verdicts = tally(report)
    return NetworkTotals(
        name=table.name,
        variant=variant,
        count=report.total,
        claims={what: _of(what, pairs) for what in ("params", "ops")},
        verdicts={
            word: verdicts[word] for word in VERDICTS if verdicts[word] and word != "unpublished"
        },
    )


def _of(what: str, pairs: list[tuple[Claim, ComparedClaim]]) -> list[ComparedClaim]:
    """Choose the plain totals: the paper's own, or else what others print."""
    found = [pair for pair in pairs if pair[0].what == what and pair[0].is_total]
    own = [compared for claim, compared in found if not claim.elsewhere]
    return own or [compared for _, compared in found]
