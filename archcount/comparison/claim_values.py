"""What a claim speaks of, counted; and the record of it once it is judged."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from archcount.comparison.conventions import computed_value, unit
from archcount.comparison.results import ComparedClaim, Verdict
from archcount.comparison.verdicts import write
from archcount.engines.counts import Count, PartCount
from archcount.engines.network_parts import NetworkParts
from archcount.printed import Claim, Convention, PrintedTable, Quantity


def claimed_value(
    claim: Claim, printed: PrintedTable, count: Count, parts: NetworkParts
) -> tuple[int, str]:
    """Return the number that a claim is about, counted, and what is counted, in words."""
    part = claimed_part(claim, parts)
    suffix = part_words(claim)
    row = part.count if part else count.total
    if claim.what in ("params", "ops"):
        convention = text_convention(claim.what, printed)
        return computed_value(row, convention), unit(convention) + suffix
    if claim.what in ("macs", "flops"):
        convention = Convention(k=1000, count=claim.what)
        return computed_value(row, convention), unit(convention) + suffix
    if claim.what.startswith("depth"):
        if part is not None:
            return part.count.depth, "layers with weights" + suffix
        return depth_of(claim.what, count)
    part = part or parts.whole()
    match claim.what:
        case "weights":
            return row.weights, "weights" + suffix
        case "buffers":
            return row.buffers, "buffers" + suffix
        case "params and buffers":
            return row.params + row.buffers, "params and buffers" + suffix
        case "layers":
            return part.layers, "layers of every kind and joins of branches" + suffix
        case "concatenations":
            return part.concatenations, "concatenations of branches" + suffix
        case "neurons":
            return part.neurons, "neurons" + suffix
    raise AssertionError(f"unknown claim {claim.what}")


def part_words(claim: Claim) -> str:
    """Return which part of the network a claim is about, in words."""
    if claim.of or claim.layers:
        return f" of {claim.of or claim.layers}"
    return " with heads" if claim.heads else ""


def claimed_part(claim: Claim, parts: NetworkParts) -> PartCount | None:
    """Count the part that a claim speaks of; None for the whole, which was counted."""
    if claim.of:
        return parts.at(claim.of)
    if claim.layers:
        word, _, kernel = claim.layers.partition(" ")
        sides = [int(side) for side in kernel.split("x")] if kernel else []
        return parts.like(word, (sides[0], sides[1]) if sides else None)
    return parts.whole(heads=True) if claim.heads else None


def text_convention(what: str, printed: PrintedTable) -> Convention:
    """Return how running text counts: all parameters, or operations as the column does; K 1000."""
    if what == "ops":
        return replace(printed.conventions["ops"], k=1000, rounding="either", digits=0)
    return Convention(k=1000, count="params")


def depth_of(what: str, count: Count) -> tuple[int, str]:
    """Return one of the depths of a network, and what it counts, in words."""
    if what == "depth":
        return count.total.depth, "layers with weights"
    return count.depth_with_pooling, "layers with weights or pools"


def compared_claim(
    claim: Claim,
    quantity: Quantity,
    computed: int | Fraction,
    verdict: Verdict,
    *,
    what: str = "",
    shown: str = "",
) -> ComparedClaim:
    """Return the record of a claim that is judged."""
    return ComparedClaim(
        what=what or claim.what + part_words(claim),
        printed=claim.printed,
        source=claim.source,
        elsewhere=claim.elsewhere,
        computed=computed,
        shown=shown or write(computed, quantity, 1000),
        verdict=verdict,
    )
