"""Claimed totals against the sums of their printed columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from archcount.comparison.conventions import accepted
from archcount.comparison.records import Contradiction
from archcount.comparison.verdicts import interval_words
from archcount.engines.records import Count, RowCount
from archcount.layers import CATEGORIES
from archcount.layers.cost import MAC_CATEGORIES
from archcount.printed import Claim, Convention, Interval, PrintedTable, parse_quantity

ELEMENTWISE = tuple(name for name in CATEGORIES if name not in MAC_CATEGORIES)
"""The cost categories that are no multiply-accumulates."""


def claimed_sums(
    claim: Claim,
    printed: PrintedTable,
    count: Count,
    conventions: Mapping[str, Sequence[Convention]],
) -> Iterator[Contradiction]:
    """Find the claimed total that is not the sum of its printed column.

    Args:
        claim: the claim.
        printed: the table that it stands with.
        count: the table's count.
        conventions: the conventions that each column bears out.
    """
    column = claim.what
    if column not in ("params", "ops", "depth") or not claim.is_total or claim.elsewhere:
        return
    cells = {row.id: row.cells[column].text for row in printed.rows if column in row.cells}
    needed = [row for row in count.rows if _counts(row, column)]
    if not cells or any(row.id not in cells for row in needed):
        return
    quantity = parse_quantity(claim.printed)
    said = Interval(quantity.rounded().low, quantity.truncated().high)
    if column == "depth":
        total = sum(int(text) for text in cells.values())
        if total in said:
            return
        shown = str(total)
    else:
        sums = [
            _sum([accepted(parse_quantity(text), convention) for text in cells.values()])
            for convention in conventions[column]
        ]
        if any(other.meets(said) for each in sums for other in _like(each, column, count.total)):
            return
        shown = interval_words(sums[0])
    yield Contradiction(
        why="column-sum",
        row="",
        cells=(column,),
        claim=claim.printed,
        sentence=f"the printed {column} of the rows add up to {shown}, and {claim.printed} is "
        "claimed.",
    )


def _like(total: Interval, column: str, count: RowCount) -> Iterator[Interval]:
    """Give what a column's total may be called in running text, whatever the column counts.

    Biases and scales, or elementwise operations, may be counted in the one and not in the other,
    and a mac for one operation or for two.
    """
    if column == "params":
        extra = 2 * (count.params - count.weights)
        yield Interval(max(total.low - extra, Fraction(0)), total.high + extra)
        return
    extra = 2 * count.cost.elementwise(ELEMENTWISE)
    for times in (Fraction(1, 2), Fraction(1), Fraction(2)):
        yield Interval(max(total.low - extra, Fraction(0)) * times, (total.high + extra) * times)


def _counts(row: RowCount, column: str) -> bool:
    if column == "depth":
        return row.depth > 0
    return bool(row.params if column == "params" else row.cost.macs)


def _sum(intervals: Sequence[Interval]) -> Interval:
    return Interval(
        sum((each.low for each in intervals), Fraction(0)),
        sum((each.high for each in intervals), Fraction(0)),
    )
