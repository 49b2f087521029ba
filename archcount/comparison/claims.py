"""The verdict on a claim: a total, a depth, a ratio, or the sum of a printed column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from archcount.comparison.conventions import accepted, computed_value, describe, differences, unit
from archcount.comparison.plausibility import MARGIN, evidence
from archcount.comparison.records import ComparedClaim, Contradiction, Verdict
from archcount.comparison.target import Option, all_options
from archcount.comparison.verdicts import judge_quantity, judge_ratio, write
from archcount.counting.records import Count, RowCount
from archcount.printed import (
    Claim,
    Convention,
    PrintedTable,
    Quantity,
    parse_quantity,
    parse_ratio,
)

_TEXT = {"params": Convention(k=1000, count="params"), "ops": Convention(k=1000, count="macs")}
"""How running text counts: K is 1000, and parameters are all of them, whatever a column counts."""


def compare_claim(
    claim: Claim,
    printed: PrintedTable,
    count: Count,
    references: Mapping[str, Count],
    found: Sequence[Contradiction] = (),
) -> ComparedClaim:
    """Judge one claim.

    Args:
        claim: the claim.
        printed: the table that it stands with.
        count: the table's count.
        references: the counts of other tables that ratios are set against, by name.
        found: the contradictions of the table.
    """
    if claim.fewer_than is not None:
        return _ratio(claim, printed, count, references)
    quantity = parse_quantity(claim.printed)
    if claim.what.startswith("sum of "):
        computed = _column_sum(printed, claim.what.removeprefix("sum of "))
        verdict = judge_quantity(quantity, computed, 1000, "added up as printed")
        return _compared(claim, quantity, computed, verdict)
    if claim.what.startswith("depth"):
        depth, counts = _depth(claim.what, count)
        verdict = judge_quantity(quantity, depth, 1000, counts)
        return _compared(claim, quantity, depth, _contradicted(verdict, claim, found))
    convention = _convention(claim.what, printed)
    total = computed_value(count.total, convention)
    verdict = judge_quantity(quantity, total, 1000, unit(convention))
    if verdict.status != "match":
        verdict = _otherwise(quantity, count, claim.what, printed) or verdict
    return _compared(claim, quantity, total, _contradicted(verdict, claim, found))


def _convention(what: str, printed: PrintedTable) -> Convention:
    """Give how running text counts: as the column does where that is operations, K 1000."""
    if what == "ops":
        return replace(printed.conventions["ops"], k=1000, rounding="either")
    return _TEXT["params"]


def _depth(what: str, count: Count) -> tuple[int, str]:
    if what == "depth":
        return count.total.depth, "layers with weights"
    return count.depth_with_pooling, "layers with weights or pools"


def _column_sum(printed: PrintedTable, column: str) -> int | Fraction:
    """Add up the numbers of a column as they are printed."""
    values = [
        parse_quantity(row.cells[column].text).value()
        for row in printed.rows
        if column in row.cells
    ]
    total = sum(values, Fraction(0))
    return int(total) if total.denominator == 1 else total


def _otherwise(
    quantity: Quantity, count: Count, what: str, printed: PrintedTable
) -> Verdict | None:
    """Look for another convention that gives a claimed total."""
    declared = _convention(what, printed)
    column = replace(printed.conventions[what], rounding="either")
    tried: tuple[Option, ...] = all_options(what, (declared, column))
    worth = evidence(accepted(quantity, declared))
    for convention, bits in sorted(tried[1:], key=lambda option: option[1]):
        value = computed_value(count.total, convention)
        if value in accepted(quantity, convention) and bits + MARGIN <= worth:
            return convention_verdict(quantity, count.total, declared, convention)
    return None


def convention_verdict(
    quantity: Quantity, row: RowCount, declared: Convention, other: Convention
) -> Verdict:
    """Say that another convention gives a printed number."""
    value = computed_value(row, other)
    found = judge_quantity(quantity, value, other.k, unit(other), other.rounding)
    return Verdict(
        status="convention",
        why="+".join(differences(declared, other, row)) or "rounding",
        sentence=f"{found.sentence} Counting {describe(other)}, not {describe(declared)}.",
    )


def _contradicted(verdict: Verdict, claim: Claim, found: Sequence[Contradiction]) -> Verdict:
    """Say of a claim that is off that the rows speak against it, where they do."""
    if verdict.status != "off":
        return verdict
    for item in found:
        if item.claim == claim.printed and item.cells == (claim.what,):
            return replace(verdict, status="contradiction", why=item.why, sentence=item.sentence)
    return verdict


def _ratio(
    claim: Claim, printed: PrintedTable, count: Count, references: Mapping[str, Count]
) -> ComparedClaim:
    assert claim.fewer_than is not None
    quantity = parse_ratio(claim.printed)
    other = claim.fewer_than
    value, counts = _claimed(claim.what, printed, count)
    theirs = _claimed(claim.what, printed, references[other.table])[0] if other.table else None
    if theirs is not None and value:
        ratio = Fraction(theirs, value)
        told = f"{theirs:,} of {other.name} / {value:,} {counts}"
        verdict = judge_quantity(quantity, ratio, 1000, f"= {told}")
    else:
        reference = parse_quantity(other.printed if theirs is None else str(theirs))
        ratio = reference.value() / value if value else Fraction(0)
        verdict = judge_ratio(quantity, reference, other.name, value, counts)
    return _compared(claim, quantity, ratio, verdict, what=f"{claim.what} vs {other.name}")


def _claimed(what: str, printed: PrintedTable, count: Count) -> tuple[int, str]:
    if what.startswith("depth"):
        return _depth(what, count)
    convention = _convention(what, printed)
    return computed_value(count.total, convention), unit(convention)


def _compared(
    claim: Claim,
    quantity: Quantity,
    computed: int | Fraction,
    verdict: Verdict,
    what: str = "",
) -> ComparedClaim:
    return ComparedClaim(
        what=what or claim.what,
        printed=claim.printed,
        source=claim.source,
        computed=computed,
        shown=write(computed, quantity, 1000),
        verdict=verdict,
    )
