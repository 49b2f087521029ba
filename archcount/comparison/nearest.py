"""The nearest thing to a claim that is off: other counts of the same network, each named."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import log

from archcount.comparison.measured import Measured
from archcount.comparison.verdicts import percent, relative_error
from archcount.engines.records import Count, RowCount
from archcount.printed import Claim, PrintedTable, Quantity


def nearest(
    claim: Claim,
    quantity: Quantity,
    value: int,
    printed: PrintedTable,
    count: Count,
    measured: Measured,
) -> str:
    """Name the count that comes nearest to a claimed number; empty where none comes nearer.

    Args:
        claim: the claim.
        quantity: its number.
        value: what was computed for it.
        printed: the table that it stands with.
        count: the table's count.
        measured: the network that was counted.
    """
    wanted = quantity.value()
    found = [
        (words, number) for words, number in _others(claim, printed, count, measured) if number
    ]
    if not wanted or not found:
        return ""
    words, number = min(found, key=lambda item: _distance(item[1], wanted))
    if value and 2 * _distance(number, wanted) > _distance(value, wanted):
        return ""  # hardly nearer than what it says it is
    exact = f"{int(number):,}" if number.denominator == 1 else f"{float(number):,.1f}"
    if number == wanted:
        return f"It is {words}."
    return f"Nearest: {words}, {exact} ({percent(relative_error(number, wanted))})."


def _distance(number: Fraction | int, wanted: Fraction) -> float:
    return abs(log(float(number)) - log(float(wanted)))


def _others(
    claim: Claim, printed: PrintedTable, count: Count, measured: Measured
) -> Iterator[tuple[str, Fraction]]:
    """Yield other counts that a claim of params or operations may mean."""
    if claim.of or claim.layers:
        return
    column = {"params": "params", "weights": "params", "ops": "ops"}.get(claim.what, "")
    column = "params" if claim.what.endswith("buffers") else column
    if not column:
        return
    for told, row in (("", count.total), (" with heads", measured.whole(heads=True).count)):
        for words, number in _counts(column, row):
            yield words + told, Fraction(number)
    last = next((row for row in reversed(count.rows) if row.weights), None)
    if last is not None:
        for words, number in _counts(column, count.total):
            without = number - dict(_counts(column, last))[words]
            yield f"{words} without row {last.id}", Fraction(without)
    if column in printed.columns:
        yield f"the printed column of {column} added up", printed.column_sum(column)


def _counts(column: str, row: RowCount) -> Iterator[tuple[str, int]]:
    if column == "params":
        yield "params", row.params
        yield "weights", row.weights
        yield "params and buffers", row.params + row.buffers
    else:
        yield "MACs", row.cost.macs
        yield "FLOPs", row.cost.flops()
