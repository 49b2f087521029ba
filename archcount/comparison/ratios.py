"""The verdict on a ratio: how many times fewer or more than elsewhere, or by how many per cent."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from archcount.comparison.claimed import (
    claimed_value,
    compared_claim,
    depth_of,
    text_convention,
    told_part,
)
from archcount.comparison.conventions import computed_value
from archcount.comparison.measured import Measured
from archcount.comparison.records import ComparedClaim, Verdict
from archcount.comparison.verdicts import judge_quantity, judge_ratio, write_percent
from archcount.engines.records import Count
from archcount.printed import (
    Claim,
    PrintedTable,
    Reference,
    parse_percent,
    parse_quantity,
    parse_ratio,
)


def compare_ratio(
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
    value, counts = claimed_value(claim, printed, count, measured)
    what = f"{claim.what}{told_part(claim)} vs {than.name}"
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
    return compared_claim(
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
        return depth_of(what, other)[0]
    if what == "weights":
        return other.total.weights
    return computed_value(other.total, text_convention(what, printed))
