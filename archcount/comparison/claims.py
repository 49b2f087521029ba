"""The verdict on a claim: a number of the network, a ratio, a share, a sum, a bound, a cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from archcount.comparison.claimed import (
    TEXT,
    claimed_part,
    claimed_value,
    compared_claim,
    text_convention,
    told_part,
)
from archcount.comparison.conventions import accepted, computed_value, describe, differences, unit
from archcount.comparison.costs import crops, training_time
from archcount.comparison.measured import Measured
from archcount.comparison.nearest import nearest
from archcount.comparison.plausibility import MARGIN, evidence
from archcount.comparison.ratios import compare_ratio
from archcount.comparison.records import ComparedClaim, Contradiction, Verdict
from archcount.comparison.target import Option, all_options
from archcount.comparison.verdicts import (
    judge_bound,
    judge_quantity,
    write_percent,
)
from archcount.engines.records import Count, RowCount
from archcount.printed import (
    Claim,
    Convention,
    PrintedTable,
    Quantity,
    parse_bound,
    parse_percent,
    parse_quantity,
)


def compare_claim(
    claim: Claim,
    printed: PrintedTable,
    count: Count,
    measured: Measured,
    references: Mapping[str, Count],
    found: Sequence[Contradiction] = (),
) -> ComparedClaim:
    """Judge one claim.

    Args:
        claim: the claim.
        printed: the table that it stands with.
        count: the table's count.
        measured: the network that was counted.
        references: the counts of other tables that ratios are set against, by name.
        found: the contradictions of the table.
    """
    if claim.what == "crops":
        return crops(claim, count.total.cost.macs)
    if claim.what == "training time":
        part = measured.whole(heads=claim.heads)
        backward = measured.backward_macs(heads=claim.heads)
        return training_time(claim, part.count.cost.macs, backward)
    if claim.than is not None:
        return compare_ratio(claim, claim.than, printed, count, measured, references)
    if claim.what.startswith("sum of "):
        return _column_sum(claim, printed)
    value, counts = claimed_value(claim, printed, count, measured)
    if "%" in claim.printed:
        return _share(claim, printed, count, measured)
    bound = parse_bound(claim.printed)
    if bound is not None:
        return compared_claim(claim, bound.quantity, value, judge_bound(bound, value, counts))
    quantity = parse_quantity(claim.printed)
    verdict = judge_quantity(quantity, value, 1000, counts)
    if verdict.status != "match" and claim.is_total:
        verdict = _otherwise(quantity, claim.what, printed, count) or verdict
        verdict = verdict if claim.elsewhere else _contradicted(verdict, claim, found)
    if verdict.status == "off":
        told = nearest(claim, quantity, value, printed, count, measured)
        verdict = replace(verdict, sentence=" ".join((verdict.sentence, told)).strip())
    return compared_claim(claim, quantity, value, verdict)


def _column_sum(claim: Claim, printed: PrintedTable) -> ComparedClaim:
    """Judge the sum of a column as it is printed."""
    quantity = parse_quantity(claim.printed)
    total = printed.column_sum(claim.what.removeprefix("sum of "))
    value = int(total) if total.denominator == 1 else total
    return compared_claim(
        claim, quantity, value, judge_quantity(quantity, value, 1000, "added up as printed")
    )


def _share(claim: Claim, printed: PrintedTable, count: Count, measured: Measured) -> ComparedClaim:
    """Judge the share that a part has of the whole; a table's shares count as its columns do."""
    quantity = parse_percent(claim.printed)
    part = claimed_part(claim, measured)
    assert part is not None, "the file was checked: a share is of a part"
    convention = (
        Convention(k=1000, count="weights")
        if claim.what == "weights"
        else printed.conventions[claim.what]
    )
    some, every = (computed_value(row, convention) for row in (part.count, count.total))
    share = Fraction(100 * some, every) if every else Fraction(0)
    told = f"% = {some:,}{told_part(claim)} / {every:,} {unit(convention)}"
    verdict = judge_quantity(quantity, share, 1000, told)
    shown = write_percent(share, quantity)
    return compared_claim(claim, quantity, share, verdict, shown=shown)


def _otherwise(
    quantity: Quantity,
    what: str,
    printed: PrintedTable,
    count: Count,
) -> Verdict | None:
    """Look for another convention that gives a claimed total."""
    if what not in TEXT:
        return None
    declared = text_convention(what, printed)
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
