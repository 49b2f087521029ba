"""Other ways to count a whole network: params without a part of it, operations without products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import prod

from archcount.comparison.checked import negated
from archcount.comparison.conventions import accepted, computed_value, unit
from archcount.comparison.digits import judge_by
from archcount.comparison.plausibility import (
    DIFFERENCE_BITS,
    SUPPORTED_BITS,
    believable,
    evidence,
    gap_evidence,
)
from archcount.comparison.results import Verdict
from archcount.engines.counts import Count, RowCount, total
from archcount.engines.network_parts import NetworkParts
from archcount.printed import Convention, Quantity

_Counted = Iterator[tuple[str, str, int]]
"""Reasons, what is counted in words, and the numbers."""


def counted_otherwise(
    column: str, quantity: Quantity, declared: Convention, count: Count, parts: NetworkParts
) -> Verdict | None:
    """Return the verdict on a number of a whole network that is counted otherwise; None for none.

    Of params some part is left out; of operations the products of attention, or half of them, or
    they are six for each parameter and token.
    """
    computed = computed_value(count.total, declared)
    interval = accepted(quantity, declared)
    near = gap_evidence(interval, Fraction(computed)) if computed not in interval else 0.0
    counted = (
        _params(count, parts, declared) if column == "params" else _ops(count, parts, declared)
    )
    for why, words, value in counted:
        bits = SUPPORTED_BITS + DIFFERENCE_BITS * (1 + why.count("+"))
        # What is left out of params stands in the table; that a product is has to be told.
        worth = evidence(interval) if column == "params" else near
        if value != computed and value in interval and believable(bits, worth):
            verdict = judge_by(quantity, value, declared, words)
            return replace(verdict, status="convention", why=why)
    return None


def _params(count: Count, parts: NetworkParts, declared: Convention) -> _Counted:
    row = count.total
    last = [each for each in count.rows if each.params]
    embedding, positions = (
        [part.count for part in (parts.find_like(word),) if part]
        for word in ("embedding", "positions")
    )
    tried = {
        "embedding": embedding,
        "embedding+positions": [*embedding, *positions],
        "classifier": last[-1:],
    }
    for why, without in tried.items():
        found = total(row.id, (row, *(negated(each) for each in without)))
        words = f"{unit(declared)} without {why.replace('+', ' and ')}"
        yield why, words, computed_value(found, declared)


def _ops(count: Count, parts: NetworkParts, declared: Convention) -> _Counted:
    row, words = count.total, unit(declared)

    def without(why: str, part: RowCount) -> tuple[str, str, int]:
        found = total(row.id, (row, negated(part)))
        return why, f"{words} without {why}", computed_value(found, declared)

    nothing = replace(row, cost=row.cost.scaled(0))
    products = replace(nothing, cost=nothing.cost._replace(matmul=row.cost.matmul))
    yield without("attention", products)
    half = products.cost._replace(matmul=row.cost.matmul // 2)
    _, _, value = without("", replace(nothing, cost=half))
    yield "causal", f"{words} with half of the products of attention", value
    last = [each for each in count.rows if each.cost.macs]
    if last:
        yield without("classifier", replace(nothing, cost=last[-1].cost))
    tokens = prod(row.input[1:])
    embedding = parts.find_like("embedding")
    if embedding is not None:
        yield "6nd", "operations, 6 a parameter and token", 6 * row.params * tokens
        rest = row.params - embedding.count.params
        yield (
            "6nd+embedding",
            "operations, 6 a non-embedding parameter and token",
            6 * rest * tokens,
        )
