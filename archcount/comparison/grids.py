"""Printed sizes against printed patches, strides and widths, whatever was built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.comparison.constraints import Conventions
from archcount.comparison.conventions import prints_so
from archcount.comparison.results import Contradiction
from archcount.edits import Edit, Plan
from archcount.engines.counts import RowCount
from archcount.engines.recount import Recount
from archcount.printed import (
    PrintedRow,
    grid_and_channels,
    joined_by_x,
    parse_output,
    parse_quantity,
)


def outputs(
    row: PrintedRow,
    before: PrintedRow | None,
    after: PrintedRow | None,
    plan: Plan,
    recount: Recount,
    conventions: Conventions,
) -> Iterator[Contradiction]:
    """Find where widths do not give the printed channels, or patch and stride the printed grid.

    The row is taken on the input that is printed, so that it answers for itself alone.
    """
    if "output" not in row.cells:
        return
    size = parse_output(row.cells["output"].text)
    here = recount.count(row.id, [])
    if here is not None and _says(size, here.output):
        return  # it goes on from what was computed, whatever the row before prints
    edits = [Edit(kind="input", to=plan.printed_input)] if plan.printed_input else []
    count = recount.count(row.id, edits)
    if count is None:
        return
    computed = count.output
    sides, channels = grid_and_channels(size, computed)
    grid, same_axes = _striding(plan), len(count.input) == len(computed) == len(sides) + 1
    strided = grid and same_axes and sides != computed[1:]
    if strided and not plan.reaches(count.input[1:], sides):
        source = f"{before.id}.output" if before is not None and "output" in before.cells else ""
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=tuple(name for name in (*grid, source, "output") if name),
            odd=_odd_of_grid(sides, computed[1:], after, grid, recount),
            sentence=f"{_cells(row, grid, plan)} on {joined_by_x(count.input[1:])} gives "
            f"{joined_by_x(computed[1:])}, and {joined_by_x(sides)} is printed; no padding gives "
            "that.",
        )
    widths = tuple(dict.fromkeys(plan.channels))
    if channels not in (None, computed[0]) and widths:
        yield Contradiction(
            why="widths",
            row=row.id,
            cells=(*widths, "output"),
            odd=_odd_of_widths(row, count, conventions),
            sentence=f"{_cells(row, widths, plan)} give {computed[0]} channels, and {channels} "
            "are printed.",
        )


def _says(size: tuple[int, ...], dims: tuple[int, ...]) -> bool:
    grid, channels = grid_and_channels(size, dims)
    return grid == dims[1:] and channels in (None, dims[0])


def _striding(plan: Plan) -> tuple[str, ...]:
    """Return the printed patches and strides of a row if all its strides are printed."""
    strides = [name for name, cell in plan.cells.items() if cell.says == "stride"]
    printed = {*plan.patches, *strides}
    striding = [site for site in plan.sites if site.stride is not None and set(site.stride) != {1}]
    if any(not {*site.reads} & printed for site in striding if site.word != "shortcut"):
        return ()
    return (*plan.patches, *strides)


def given_by_inputs(
    row: PrintedRow, before: PrintedRow | None, recount: Recount
) -> Iterator[Contradiction]:
    """Find where patch and stride of the row before do not lead from its input to this one's."""
    if before is None or "output" in before.cells:
        return
    if "input" not in row.cells or "input" not in before.cells:
        return
    plan = recount.plan(before.id)
    mine, theirs = (
        grid_and_channels(parse_output(text), plan.input)[0]
        for text in (row.cells["input"].text, before.cells["input"].text)
    )
    grid = _striding(plan)
    axes = len(plan.input) - 1
    if not grid or {len(mine), len(theirs)} != {axes} or plan.reaches(theirs, mine):
        return
    gives = _output_grid(recount, before.id, (plan.input[0], *theirs))
    if gives is not None:
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=("input", *(f"{before.id}.{name}" for name in (*grid, "input"))),
            sentence=f"{_cells(before, grid, plan)} of {before.id} on {joined_by_x(theirs)} gives "
            f"{joined_by_x(gives)}, and {joined_by_x(mine)} is printed as the input of {row.id}; "
            "no padding gives that.",
        )


def _odd_of_grid(
    printed: tuple[int, ...],
    computed: tuple[int, ...],
    after: PrintedRow | None,
    grid: tuple[str, ...],
    recount: Recount,
) -> str:
    """Return the cell that is wrong, judged by which grid the next row continues."""
    if after is None or "output" not in after.cells:
        return ""
    size = parse_output(after.cells["output"].text)
    channels = recount.plan(after.id).input[0]
    fits = []
    for sides in (printed, computed):
        gives = _output_grid(recount, after.id, (channels, *sides))
        fits.append(gives is not None and gives == grid_and_channels(size, (0, *gives))[0])
    if fits[0] == fits[1]:
        return ""
    return grid[0] if fits[0] and len(grid) == 1 else "" if fits[0] else "output"


def _output_grid(recount: Recount, row: str, chw: tuple[int, ...]) -> tuple[int, ...] | None:
    count = recount.count(row, [Edit(kind="input", to=chw)])
    return count.output[1:] if count else None


def _odd_of_widths(row: PrintedRow, count: RowCount, conventions: Conventions) -> str:
    """Return `output` where the row's own params or ops were counted with the printed widths."""
    for name in ("params", "ops"):
        if name in row.cells:
            quantity = parse_quantity(row.cells[name].text)
            if prints_so(count, quantity, conventions[name]):
                return "output"
    return ""


def _cells(row: PrintedRow, names: Sequence[str], plan: Plan) -> str:
    """Write printed cells with their columns' names; a number of another text by its own name."""
    return ", ".join(
        row.cells[name].text
        if name in row.cells and row.cells[name].text[0].isalpha()
        else f"{name} {row.cells[name].text if name in row.cells else plan.cells[name].value}"
        for name in names
    )
