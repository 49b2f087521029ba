"""The verdict on a claim: a number of the network, a ratio, a share, a sum, a bound, a cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from archcount.comparison.conventions import accepted, computed_value, describe, differences, unit
from archcount.comparison.costs import crops, training_time
from archcount.comparison.measured import Measured
from archcount.comparison.nearest import nearest
from archcount.comparison.plausibility import MARGIN, evidence
from archcount.comparison.records import ComparedClaim, Contradiction, Verdict
from archcount.comparison.target import Option, all_options
from archcount.comparison.verdicts import (
    judge_bound,
    judge_quantity,
    judge_ratio,
    write,
    write_percent,
)
from archcount.counting.records import Count, Part, RowCount
from archcount.printed import (
    Claim,
    Convention,
    PrintedTable,
    Quantity,
    Reference,
    parse_bound,
    parse_percent,
    parse_quantity,
    parse_ratio,
)

_TEXT = {"params": Convention(k=1000, count="params"), "ops": Convention(k=1000, count="macs")}
"""How running text counts: K is 1000, and parameters are all of them, whatever a column counts."""


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
        return _ratio(claim, claim.than, printed, count, measured, references)
    if claim.what.startswith("sum of "):
        return _column_sum(claim, printed)
    value, counts = _value(claim, printed, count, measured)
    if "%" in claim.printed:
        return _share(claim, printed, count, measured)
    bound = parse_bound(claim.printed)
    if bound is not None:
        return _compared(claim, bound.quantity, value, judge_bound(bound, value, counts))
    quantity = parse_quantity(claim.printed)
    verdict = judge_quantity(quantity, value, 1000, counts)
    if verdict.status != "match" and claim.is_total:
        verdict = _otherwise(quantity, claim.what, printed, count, measured) or verdict
        verdict = _contradicted(verdict, claim, found)
    if verdict.status == "off":
        told = nearest(claim, quantity, value, printed, count, measured)
        verdict = replace(verdict, sentence=" ".join((verdict.sentence, told)).strip())
    return _compared(claim, quantity, value, verdict)


def _value(
    claim: Claim, printed: PrintedTable, count: Count, measured: Measured
) -> tuple[int, str]:
    """Give what a claim speaks of, counted, and what is counted, in words."""
    part = _part(claim, count, measured)
    told = (
        " with heads"
        if claim.heads
        else f" of {claim.of or claim.layers}" * bool(claim.of or claim.layers)
    )
    row = part.count if part else count.total
    if claim.what in ("params", "ops"):
        convention = _convention(claim.what, printed)
        return computed_value(row, convention), unit(convention) + told
    if claim.what.startswith("depth"):
        if part is not None:
            return part.count.depth, "layers with weights" + told
        return _depth(claim.what, count)
    part = part or measured.whole()
    match claim.what:
        case "weights":
            return row.weights, "weights" + told
        case "buffers":
            return row.buffers, "numbers kept and not trained" + told
        case "params and buffers":
            return row.params + row.buffers, "params and buffers" + told
        case "layers":
            return part.layers, "layers of every kind and joins of branches" + told
        case "concatenations":
            return part.concatenations, "concatenations of branches" + told
        case "neurons":
            return part.neurons, "outputs of layers with weights" + told
    raise AssertionError(f"unknown claim {claim.what}")


def _told(claim: Claim) -> str:
    """Say which part of the network a claim speaks of."""
    if claim.of or claim.layers:
        return f" of {claim.of or claim.layers}"
    return " with heads" if claim.heads else ""


def _part(claim: Claim, count: Count, measured: Measured) -> Part | None:
    """Count the part that a claim speaks of; None for the whole, which was counted."""
    if claim.of:
        return measured.at(claim.of)
    if claim.layers:
        word, _, kernel = claim.layers.partition(" ")
        sides = [int(side) for side in kernel.split("x")] if kernel else []
        return measured.like(word, (sides[0], sides[1]) if sides else None)
    return measured.whole(heads=True) if claim.heads else None


def _convention(what: str, printed: PrintedTable) -> Convention:
    """Give how running text counts: as the column does where that is operations, K 1000."""
    if what == "ops":
        return replace(printed.conventions["ops"], k=1000, rounding="either")
    return _TEXT["params"]


def _depth(what: str, count: Count) -> tuple[int, str]:
    if what == "depth":
        return count.total.depth, "layers with weights"
    return count.depth_with_pooling, "layers with weights or pools"


def _column_sum(claim: Claim, printed: PrintedTable) -> ComparedClaim:
    """Judge the sum of a column as it is printed."""
    quantity = parse_quantity(claim.printed)
    total = printed.column_sum(claim.what.removeprefix("sum of "))
    value = int(total) if total.denominator == 1 else total
    return _compared(
        claim, quantity, value, judge_quantity(quantity, value, 1000, "added up as printed")
    )


def _share(claim: Claim, printed: PrintedTable, count: Count, measured: Measured) -> ComparedClaim:
    """Judge the share that a part has of the whole; a table's shares count as its columns do."""
    quantity = parse_percent(claim.printed)
    part = _part(claim, count, measured)
    assert part is not None, "the file was checked: a share is of a part"
    convention = (
        Convention(k=1000, count="weights")
        if claim.what == "weights"
        else printed.conventions[claim.what]
    )
    some, every = (computed_value(row, convention) for row in (part.count, count.total))
    share = Fraction(100 * some, every) if every else Fraction(0)
    told = f"% = {some:,} of {every:,} {unit(convention)}"
    verdict = judge_quantity(quantity, share, 1000, told)
    shown = write_percent(share, quantity)
    return _compared(claim, quantity, share, verdict, shown=shown)


def _otherwise(
    quantity: Quantity,
    what: str,
    printed: PrintedTable,
    count: Count,
    measured: Measured,
) -> Verdict | None:
    """Look for another convention that gives a claimed total."""
    if what not in _TEXT:
        return None
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
    claim: Claim,
    than: Reference,
    printed: PrintedTable,
    count: Count,
    measured: Measured,
    references: Mapping[str, Count],
) -> ComparedClaim:
    """Judge how many times fewer, or more, than elsewhere."""
    percent = "%" in claim.printed
    quantity = parse_percent(claim.printed) if percent else parse_ratio(claim.printed)
    value, counts = _value(claim, printed, count, measured)
    what = f"{claim.what}{_told(claim)} vs {than.name}"
    if not than.table:
        reference = parse_quantity(than.printed)
        verdict = judge_ratio(
            quantity, reference, than.name, value, counts, more=than.more, rise=percent
        )
        ratio = _ratio_of(reference.value(), value, more=than.more)
    else:
        other = references[than.name]
        theirs = _reference_value(claim.what, printed, other)
        ratio = _ratio_of(Fraction(theirs), value, more=than.more)
        pair = (f"{value:,} {counts}", f"{theirs:,} of {than.name}")
        told = " / ".join(pair if than.more else pair[::-1])
        if not (theirs and value):
            verdict = Verdict(
                status="off", why="differs", sentence=f"{told} cannot be set against 0."
            )
        else:
            shown = _as_percent(ratio, more=than.more) if percent else ratio
            unit = f"% {'more' if than.more else 'fewer'} " if percent else ""
            verdict = judge_quantity(quantity, shown, 1000, f"{unit}= {told}")
    shown = _as_percent(ratio, more=than.more) if percent else ratio
    return _compared(
        claim,
        quantity,
        shown,
        verdict,
        what=what,
        shown=write_percent(shown, quantity) if percent else "",
    )


def _ratio_of(theirs: Fraction, ours: int, *, more: bool) -> Fraction:
    """Divide; 0 where nothing can be divided."""
    above, below = (Fraction(ours), theirs) if more else (theirs, Fraction(ours))
    return above / below if below else Fraction(0)


def _as_percent(ratio: Fraction, *, more: bool) -> Fraction:
    """Say by how many per cent there are more here than elsewhere, or fewer."""
    if more:
        return (ratio - 1) * 100
    return (1 - 1 / ratio) * 100 if ratio else Fraction(0)


def _reference_value(what: str, printed: PrintedTable, other: Count) -> int:
    if what.startswith("depth"):
        return _depth(what, other)[0]
    if what == "weights":
        return other.total.weights
    return computed_value(other.total, _convention(what, printed))


def _compared(
    claim: Claim,
    quantity: Quantity,
    computed: int | Fraction,
    verdict: Verdict,
    *,
    what: str = "",
    shown: str = "",
) -> ComparedClaim:
    return ComparedClaim(
        what=what or claim.what + _told(claim),
        printed=claim.printed,
        source=claim.source,
        computed=computed,
        shown=shown or write(computed, quantity, 1000),
        verdict=verdict,
    )
