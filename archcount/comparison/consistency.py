"""The paper against itself: printed cells that cannot all be right, whatever was built.

Every printed number is carried as the interval of the values that print so, under every
convention that its column bears out, so that no rounding is ever taken for a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from archcount.comparison.constraints import Conventions
from archcount.comparison.conventions import accepted, computed_value, prints_so
from archcount.comparison.grids import given_by_inputs, outputs
from archcount.comparison.results import Contradiction
from archcount.comparison.verdicts import interval_words
from archcount.edits import Plan
from archcount.engines.counts import Count, RowCount
from archcount.engines.recount import Recount
from archcount.layers import CATEGORIES, Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.printed import (
    Claim,
    Convention,
    Interval,
    PrintedRow,
    PrintedTable,
    Quantity,
    grid_and_channels,
    parse_output,
    parse_quantity,
)

_ELEMENTWISE = tuple(name for name in CATEGORIES if name not in MAC_CATEGORIES)
"""The cost categories that are no multiply-accumulates."""


def contradictions(
    printed: PrintedTable, count: Count, recount: Recount, conventions: Conventions
) -> tuple[Contradiction, ...]:
    """Find the printed cells and claims that disagree with one another."""
    found: list[Contradiction] = []
    rows = {row.id: row for row in count.rows}
    for place, row in enumerate(printed.rows):
        plan = recount.plan(row.id)
        before, after = _neighbours(printed.rows, place)
        found += _params_and_ops(row, rows[row.id], plan, conventions)
        found += _input(row, before)
        found += given_by_inputs(row, before, recount)
        found += outputs(row, before, after, plan, recount, conventions)
    for claim in printed.claims:
        found += _claimed_sums(claim, printed, count, conventions)
    return tuple(found)


def _neighbours(
    rows: Sequence[PrintedRow], place: int
) -> tuple[PrintedRow | None, PrintedRow | None]:
    """Return the row whose output a row reads, and the next one where it reads this one's."""
    source = rows[place].cells.get("from")
    if source is not None:
        before = next((row for row in rows if row.id == source.text.removeprefix("@")), None)
    else:
        before = rows[place - 1] if place else None
    after = rows[place + 1] if place + 1 < len(rows) else None
    return before, None if after is not None and "from" in after.cells else after


def _params_and_ops(
    row: PrintedRow, count: RowCount, plan: Plan, conventions: Conventions
) -> Iterator[Contradiction]:
    """Every weight is used once per position: params x positions must give the ops.

    The positions are taken for granted where the layers give the printed grid, or need none.
    """
    if not {"params", "ops"} <= row.cells.keys() or plan.positions is None:
        return
    if not _grid_is_printed(row, count, plan):
        return
    few, many = _positions(plan, count)
    params, ops = (parse_quantity(row.cells[name].text) for name in ("params", "ops"))
    ranges: list[tuple[Interval, Interval]] = []
    for first in conventions["params"]:
        beside = computed_value(count, first) - count.weights
        weights = _less(accepted(params, first), beside)
        products = Interval(weights.low * few, weights.high * many)
        for second in conventions["ops"]:
            macs = _macs(accepted(ops, second), second, count.cost)
            if products.meets(macs):
                return
            ranges.append((products, macs))
    products, macs = ranges[0]
    times = f"{float(few):,.0f}" if few == many else f"{float(few):,.0f} to {float(many):,.0f}"
    places = "1 position" if many == 1 else f"{times} positions"
    yield Contradiction(
        why="params-ops",
        row=row.id,
        cells=("params", "ops"),
        odd=_odd_of_params_and_ops(count, params, ops, conventions),
        sentence=f"params {params.text} at {places} each are {interval_words(products)} "
        f"MACs, and ops {ops.text} are {interval_words(macs)}.",
    )


def _grid_is_printed(row: PrintedRow, count: RowCount, plan: Plan) -> bool:
    """Return whether the printed grid bears out the positions that the layers have."""
    assert plan.positions is not None
    if set(plan.positions) == {Fraction(1)}:
        return True
    if plan.printed_input and plan.printed_input[1:] != plan.input[1:]:
        return False
    if "output" not in row.cells:
        return False
    printed = parse_output(row.cells["output"].text)
    return grid_and_channels(printed, count.output)[0] == count.output[1:]


def _positions(plan: Plan, count: RowCount) -> tuple[Fraction, Fraction]:
    """Return the fewest and most positions of a weight, wherever in the row a stride may stand."""
    assert plan.positions is not None
    few, many = plan.positions
    convolved = any(site.weights and site.kernel for site in plan.sites)
    if convolved and len(plan.sites) > 1 and plan.input[1:] != count.output[1:]:
        many = max(many, Fraction(prod(plan.input[1:])))
        few = min(few, Fraction(prod(count.output[1:])))
    return few, many


def _less(interval: Interval, extra: int) -> Interval:
    """Take what may be counted beside something off a printed number.

    Whose biases were counted is not known where a row is read wrongly: up to twice as many.
    """
    low = max(interval.low - 2 * extra, Fraction(0))
    return Interval(low, interval.high)


def _macs(interval: Interval, convention: Convention, cost: Cost) -> Interval:
    """Return the macs that printed operations leave."""
    beside = _less(interval, cost.elementwise(convention.include))
    return beside.divided_by(2) if convention.count == "flops" else beside


def _odd_of_params_and_ops(
    count: RowCount, params: Quantity, ops: Quantity, conventions: Conventions
) -> str:
    """Return the cell that the rest of the row disagrees with; empty where both or none agree."""
    agree = {
        name: prints_so(count, quantity, conventions[name])
        for name, quantity in (("params", params), ("ops", ops))
    }
    if agree["params"] == agree["ops"]:
        return ""
    return "ops" if agree["params"] else "params"


def _input(row: PrintedRow, before: PrintedRow | None) -> Iterator[Contradiction]:
    """What a row reads is what the row before it gives."""
    if before is None or "input" not in row.cells or "output" not in before.cells:
        return
    mine, theirs = (
        parse_output(text) for text in (row.cells["input"].text, before.cells["output"].text)
    )
    whole = len(mine) == len(theirs) > 2 or min(len(mine), len(theirs)) == 1
    flattened = whole and prod(mine) == prod(theirs)
    if not flattened and any(one != other for one, other in zip(mine, theirs, strict=False)):
        yield Contradiction(
            why="input-output",
            row=row.id,
            cells=("input", f"{before.id}.output"),
            sentence=f"input {row.cells['input'].text} does not continue the output "
            f"{before.cells['output'].text} of {before.id}.",
        )


def _claimed_sums(
    claim: Claim, printed: PrintedTable, count: Count, conventions: Conventions
) -> Iterator[Contradiction]:
    """Find the claimed total that is not the sum of its printed column."""
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
    """Return what a column's total may be called in running text, whatever the column counts.

    Biases and scales, or elementwise operations, may be counted in the one and not in the other,
    and a mac for one operation or for two.
    """
    if column == "params":
        extra = 2 * (count.params - count.weights)
        yield Interval(max(total.low - extra, Fraction(0)), total.high + extra)
        return
    extra = 2 * count.cost.elementwise(_ELEMENTWISE)
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
