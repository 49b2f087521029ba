"""The paper against itself: printed cells that cannot all be right, whatever was built.

Every printed number is carried as the interval of the values that print so, under every
convention that its column bears out, so that no rounding is ever taken for a contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from archcount.comparison.conventions import accepted, computed_value
from archcount.comparison.records import Contradiction
from archcount.comparison.rereader import Rereader
from archcount.comparison.sums import claimed_sums
from archcount.comparison.verdicts import interval_words
from archcount.counting.records import Count, RowCount
from archcount.edits import Edit, Plan
from archcount.layers import Cost
from archcount.printed import (
    Convention,
    Interval,
    PrintedRow,
    PrintedTable,
    Quantity,
    parse_quantity,
    parse_size,
)


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
        found += claimed_sums(claim, printed, count, conventions)
    return tuple(found)


def _params_and_ops(
    row: PrintedRow,
    count: RowCount,
    plan: Plan,
    conventions: Mapping[str, Sequence[Convention]],
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
    """Tell whether the printed grid bears out the positions that the layers have."""
    assert plan.positions is not None
    if set(plan.positions) == {Fraction(1)}:
        return True
    if plan.printed_input and plan.printed_input[1:] != plan.input[1:]:
        return False
    if "output" not in row.cells:
        return False
    return parse_size(row.cells["output"].text, parts=(2, 3))[:2] == count.output[1:]


def _positions(plan: Plan, count: RowCount) -> tuple[Fraction, Fraction]:
    """Give the fewest and most positions of a weight, wherever in the row a stride may stand."""
    assert plan.positions is not None
    few, many = plan.positions
    convolved = any(site.weights and site.kernel for site in plan.sites)
    if convolved and len(plan.sites) > 1 and plan.input[1:] != count.output[1:]:
        many = max(many, Fraction(plan.input[1] * plan.input[2]))
        few = min(few, Fraction(count.output[1] * count.output[2]))
    return few, many


def _less(interval: Interval, extra: int) -> Interval:
    """Take what may be counted beside something off a printed number.

    Whose biases were counted is not known where a row is read wrongly: up to twice as many.
    """
    low = max(interval.low - 2 * extra, Fraction(0))
    return Interval(low, interval.high)


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
    flattened = len(mine) == len(theirs) == 3 and prod(mine) == prod(theirs)
    if not flattened and any(one != other for one, other in zip(mine, theirs, strict=False)):
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
    size = parse_size(row.cells["output"].text, parts=(2, 3))
    here = rereader.count(row.id, [])
    if here is not None and size == (*here.output[1:], here.output[0])[: len(size)]:
        return  # it goes on from what was computed, whatever the row before prints
    edits = [Edit(kind="input", to=plan.printed_input)] if plan.printed_input else []
    count = rereader.count(row.id, edits)
    if count is None:
        return
    computed = (count.output[1], count.output[2], count.output[0])
    grid = _striding(plan)
    reached = _reached(plan, count.input)
    if size[:2] != computed[:2] and grid and reached and size[:2] not in reached:
        source = f"{before.id}.output" if before is not None and "output" in before.cells else ""
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=tuple(name for name in (*grid, source, "output") if name),
            odd=_odd_of_grid(size, computed, after, grid, rereader),
            sentence=f"{_cells(row, grid)} on {_grid(count.input[1:])} gives "
            f"{_grid(computed[:2])}, and {_grid(size[:2])} is printed; no padding makes it so.",
        )
    widths = tuple(dict.fromkeys(plan.channels))
    if len(size) == 3 and size[2] != computed[2] and widths:
        yield Contradiction(
            why="widths",
            row=row.id,
            cells=(*widths, "output"),
            odd=_odd_of_widths(row, count, conventions),
            sentence=f"{_cells(row, widths)} give {computed[2]} channels, and {size[2]} are "
            "printed.",
        )


def _striding(plan: Plan) -> tuple[str, ...]:
    """Give the printed patches of a row whose every stride is printed; else nothing."""
    striding = [site for site in plan.sites if site.stride not in (None, (1, 1))]
    if any(not {*site.reads} & {*plan.patches} for site in striding if site.word != "shortcut"):
        return ()
    return tuple(plan.patches)


@dataclass(frozen=True, slots=True)
class _Reached:
    """The grids that a row can give whatever its padding, which papers do not print."""

    heights: range
    widths: range

    def __contains__(self, grid: tuple[int, ...]) -> bool:
        return grid[0] in self.heights and grid[1] in self.widths


def _reached(plan: Plan, chw: tuple[int, int, int]) -> _Reached | None:
    if plan.windows is None:
        return None
    rows, columns = plan.windows
    return _Reached(rows.outputs(chw[1]), columns.outputs(chw[2]))


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


def _grid(sides: Sequence[int]) -> str:
    return "x".join(str(side) for side in sides)


def _cells(row: PrintedRow, names: Sequence[str]) -> str:
    """Write printed cells with their columns' names."""
    return ", ".join(f"{name} {row.cells[name].text}" for name in names)
