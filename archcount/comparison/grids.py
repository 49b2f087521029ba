"""Printed sizes against printed patches, strides and widths, whatever was built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.comparison.constraints import Conventions
from archcount.comparison.conventions import prints_so
from archcount.comparison.results import Contradiction
from archcount.edits import Edit, Plan
from archcount.engines.counts import RowCount
from archcount.engines.recount import Recount
from archcount.printed import PrintedRow, parse_quantity, parse_size


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
    size = parse_size(row.cells["output"].text, parts=(2, 3))
    here = recount.count(row.id, [])
    if here is not None and size == (*here.output[1:], here.output[0])[: len(size)]:
        return  # it goes on from what was computed, whatever the row before prints
    edits = [Edit(kind="input", to=plan.printed_input)] if plan.printed_input else []
    count = recount.count(row.id, edits)
    if count is None:
        return
    computed = (*count.output[1:], count.output[0])
    grid = _striding(plan)
    if grid and size[:2] != computed[:2] and not plan.reaches(count.input[1:], size[:2]):
        source = f"{before.id}.output" if before is not None and "output" in before.cells else ""
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=tuple(name for name in (*grid, source, "output") if name),
            odd=_odd_of_grid(size, computed, after, grid, recount),
            sentence=f"{_cells(row, grid, plan)} on {_grid(count.input[1:])} gives "
            f"{_grid(computed[:2])}, and {_grid(size[:2])} is printed; no padding gives that.",
        )
    widths = tuple(dict.fromkeys(plan.channels))
    if len(size) == 3 and size[2] != computed[2] and widths:
        yield Contradiction(
            why="widths",
            row=row.id,
            cells=(*widths, "output"),
            odd=_odd_of_widths(row, count, conventions),
            sentence=f"{_cells(row, widths, plan)} give {computed[2]} channels, and {size[2]} are "
            "printed.",
        )


def _striding(plan: Plan) -> tuple[str, ...]:
    """Return the printed patches and strides of a row if all its strides are printed."""
    strides = [name for name, cell in plan.cells.items() if cell.says == "stride"]
    printed = {*plan.patches, *strides}
    striding = [site for site in plan.sites if site.stride not in (None, (1, 1))]
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
        parse_size(text, parts=(2, 3))
        for text in (row.cells["input"].text, before.cells["input"].text)
    )
    grid = _striding(plan)
    if not grid or plan.reaches(theirs[:2], mine[:2]):
        return
    gives = _output_grid(recount, before.id, (plan.input[0], *theirs[:2]))
    if gives is not None:
        yield Contradiction(
            why="grid",
            row=row.id,
            cells=("input", *(f"{before.id}.{name}" for name in (*grid, "input"))),
            sentence=f"{_cells(before, grid, plan)} of {before.id} on {_grid(theirs[:2])} gives "
            f"{_grid(gives)}, and {_grid(mine[:2])} is printed as the input of {row.id}; no "
            "padding gives that.",
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
    wanted = parse_size(after.cells["output"].text, parts=(2, 3))[:2]
    channels = recount.plan(after.id).input[0]
    fits = [
        _output_grid(recount, after.id, (channels, *size[:2])) == wanted
        for size in (printed, computed)
    ]
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


def _grid(sides: Sequence[int]) -> str:
    return "x".join(str(side) for side in sides)


def _cells(row: PrintedRow, names: Sequence[str], plan: Plan) -> str:
    """Write printed cells with their columns' names; a number of another text by its own name."""
    return ", ".join(
        row.cells[name].text
        if name in row.cells and row.cells[name].text[0].isalpha()
        else f"{name} {row.cells[name].text if name in row.cells else plan.cells[name].value}"
        for name in names
    )
