"""The paper against itself: printed cells that cannot all be right, whatever was built.

Every printed number is carried as the interval of the values that print so, under every
convention that its column bears out, so that no rounding is ever taken for a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Protocol

from archcount.comparison.conventions import accepted, computed_value
from archcount.comparison.records import Contradiction
from archcount.counting.records import Count, RowCount
from archcount.edits import Edit, Plan
from archcount.layers import Cost
from archcount.printed import (
    Claim,
    Convention,
    Interval,
    PrintedRow,
    PrintedTable,
    Quantity,
    parse_quantity,
    parse_size,
)


class Rereader(Protocol):
    """What comparison needs of a table to read its rows otherwise."""

    def plan(self, row: str) -> Plan:
        """Say what can be read otherwise in a row."""

    def count(self, row: str, edits: Sequence[Edit]) -> RowCount | None:
        """Count a row with changes; None where it does not go together so."""

    def declared(self, row: str) -> RowCount | None:
        """Count the reading that the file declares for a row; None where it declares none."""


def contradictions(
    printed: PrintedTable,
    count: Count,
    rereader: Rereader,
    conventions: Mapping[str, Sequence[Convention]],
) -> tuple[Contradiction, ...]:
    """Find the printed cells and claims that disagree with one another.

    Args:
        printed: the printed table.
        count: the count of the table as it stands.
        rereader: its rows.
        conventions: the conventions that each column bears out.
    """
    found: list[Contradiction] = []
    rows = {row.id: row for row in count.rows}
    for place, row in enumerate(printed.rows):
        plan = rereader.plan(row.id)
        before = printed.rows[place - 1] if place else None
        after = printed.rows[place + 1] if place + 1 < len(printed.rows) else None
        found += _params_and_ops(row, rows[row.id], plan, conventions)
        found += _input(row, before)
        found += _output(row, before, after, plan, rereader, conventions)
    for claim in printed.claims:
        found += _claim(claim, printed, count, conventions)
    return tuple(found)


def _params_and_ops(
    row: PrintedRow,
    count: RowCount,
    plan: Plan,
    conventions: Mapping[str, Sequence[Convention]],
) -> Iterator[Contradiction]:
    """Every weight is used once per position: params x positions must give the ops."""
    if not {"params", "ops"} <= row.cells.keys() or not count.weights:
        return
    if plan.printed_input and plan.printed_input[1:] != plan.input[1:]:
        return  # the positions are not those of the printed grid
    positions = [_positions(site.weights, site.macs) for site in plan.sites if site.weights]
    few, many = min(positions), max(positions)
    params, ops = (parse_quantity(row.cells[name].text) for name in ("params", "ops"))
    ranges: list[tuple[Interval, Interval]] = []
    for first in conventions["params"]:
        weights = _less(accepted(params, first), computed_value(count, first) - count.weights)
        products = Interval(weights.low * few, weights.high * many)
        for second in conventions["ops"]:
            macs = _macs(accepted(ops, second), second, count.cost)
            if products.meets(macs):
                return
            ranges.append((products, macs))
    products, macs = ranges[0]
    times = f"{float(few):,.0f}" if few == many else f"{float(few):,.0f} to {float(many):,.0f}"
    yield Contradiction(
        why="params-ops",
        row=row.id,
        cells=("params", "ops"),
        odd=_odd_of_params_and_ops(count, params, ops, conventions),
        sentence=f"params {params.text} at {times} positions each are {_range(products)} MACs, "
        f"and ops {ops.text} are {_range(macs)}.",
    )


def _positions(weights: int, macs: int) -> Fraction:
    return Fraction(macs, weights)


def _less(interval: Interval, extra: int) -> Interval:
    """Take what is counted beside the weights off a printed number."""
    return Interval(max(interval.low - extra, Fraction(0)), max(interval.high - extra, Fraction(0)))


def _macs(interval: Interval, convention: Convention, cost: Cost) -> Interval:
    """Give the macs that printed operations leave."""
    beside = _less(interval, cost.elementwise(convention.include))
    return beside.divided_by(2) if convention.count == "flops" else beside


def _odd_of_params_and_ops(
    count: RowCount,
    params: Quantity,
    ops: Quantity,
    conventions: Mapping[str, Sequence[Convention]],
) -> str:
    """Name the cell that the rest of the row disagrees with; empty where both or none agree."""
    agree = {
        name: any(
            computed_value(count, convention) in accepted(quantity, convention)
            for convention in conventions[name]
        )
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
        parse_size(text, parts=(2, 3))
        for text in (row.cells["input"].text, before.cells["output"].text)
    )
    if any(one != other for one, other in zip(mine, theirs, strict=False)):
        yield Contradiction(
            why="input-output",
            row=row.id,
            cells=("input", f"{before.id}.output"),
            sentence=f"input {row.cells['input'].text} does not continue the output "
            f"{before.cells['output'].text} of {before.id}.",
        )


def _output(
    row: PrintedRow,
    before: PrintedRow | None,
    after: PrintedRow | None,
    plan: Plan,
    rereader: Rereader,
    conventions: Mapping[str, Sequence[Convention]],
) -> Iterator[Contradiction]:
    """Widths give the printed channels, and patch and stride the printed grid.

    The row is taken on the input that is printed, so that it answers for itself alone.
    """
    if "output" not in row.cells:
        return
    edits = [Edit(kind="input", to=plan.printed_input)] if plan.printed_input else []
    count = rereader.count(row.id, edits)
    if count is None:
        return
    size = parse_size(row.cells["output"].text, parts=(2, 3))
    computed = (count.output[1], count.output[2], count.output[0])
    grid = tuple(plan.patches)
    if size[:2] != computed[:2] and grid:
        source = f"{before.id}.output" if before is not None and "output" in before.cells else ""
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=tuple(name for name in (*grid, source, "output") if name),
            odd=_odd_of_grid(size, computed, after, grid, rereader),
            sentence=f"{_cells(row, grid)} on {_grid(count.input[1:])} gives "
            f"{_grid(computed[:2])}, and {_grid(size[:2])} is printed.",
        )
    widths = tuple(plan.cells)
    if len(size) == 3 and size[2] != computed[2] and widths:
        yield Contradiction(
            why="widths",
            row=row.id,
            cells=(*widths, "output"),
            odd=_odd_of_widths(row, count, conventions),
            sentence=f"{_cells(row, widths)} give {computed[2]} channels, and {size[2]} are "
            "printed.",
        )


def _odd_of_grid(
    printed: tuple[int, ...],
    computed: tuple[int, ...],
    after: PrintedRow | None,
    grid: tuple[str, ...],
    rereader: Rereader,
) -> str:
    """Ask the next row which grid it continues."""
    if after is None or "output" not in after.cells:
        return ""
    wanted = parse_size(after.cells["output"].text, parts=(2, 3))[:2]
    channels = rereader.plan(after.id).input[0]
    fits = [
        _output_grid(rereader, after.id, (channels, *size[:2])) == wanted
        for size in (printed, computed)
    ]
    if fits[0] == fits[1]:
        return ""
    return grid[0] if fits[0] and len(grid) == 1 else "" if fits[0] else "output"


def _output_grid(rereader: Rereader, row: str, chw: tuple[int, ...]) -> tuple[int, ...] | None:
    count = rereader.count(row, [Edit(kind="input", to=chw)])
    return count.output[1:] if count else None


def _odd_of_widths(
    row: PrintedRow, count: RowCount, conventions: Mapping[str, Sequence[Convention]]
) -> str:
    """Ask the row's own params and ops: where they were counted with the widths, output is odd."""
    for name in ("params", "ops"):
        if name in row.cells:
            quantity = parse_quantity(row.cells[name].text)
            if any(
                computed_value(count, convention) in accepted(quantity, convention)
                for convention in conventions[name]
            ):
                return "output"
    return ""


def _claim(
    claim: Claim,
    printed: PrintedTable,
    count: Count,
    conventions: Mapping[str, Sequence[Convention]],
) -> Iterator[Contradiction]:
    """A claimed total is the sum of its printed column."""
    column = claim.what
    if claim.fewer_than is not None or column not in ("params", "ops", "depth"):
        return
    cells = {row.id: row.cells[column].text for row in printed.rows if column in row.cells}
    needed = [row for row in count.rows if _counts(row, column)]
    if not cells or any(row.id not in cells for row in needed):
        return
    quantity = parse_quantity(claim.printed)
    said = Interval(quantity.rounded().low, quantity.truncated().high)
    sums = [
        _sum([accepted(parse_quantity(text), convention) for text in cells.values()])
        for convention in (conventions[column] if column != "depth" else [_WHOLE])
    ]
    if column == "depth":
        total = sum(int(text) for text in cells.values())
        if total in said:
            return
        shown = str(total)
    else:
        if any(each.meets(said) for each in sums):
            return
        shown = _range(sums[0])
    yield Contradiction(
        why="column-sum",
        row="",
        cells=(column,),
        claim=claim.printed,
        sentence=f"the printed {column} of the rows add up to {shown}, and {claim.printed} is "
        "claimed.",
    )


_WHOLE = Convention(k=1000, count="params")


def _counts(row: RowCount, column: str) -> bool:
    if column == "depth":
        return row.depth > 0
    return bool(row.params if column == "params" else row.cost.macs)


def _sum(intervals: Sequence[Interval]) -> Interval:
    return Interval(
        sum((each.low for each in intervals), Fraction(0)),
        sum((each.high for each in intervals), Fraction(0)),
    )


def _range(interval: Interval) -> str:
    return f"{float(interval.low):,.0f} to {float(interval.high):,.0f}"


def _grid(sides: Sequence[int]) -> str:
    return "x".join(str(side) for side in sides)


def _cells(row: PrintedRow, names: Sequence[str]) -> str:
    """Write printed cells with their columns' names."""
    return ", ".join(f"{name} {row.cells[name].text}" for name in names)
