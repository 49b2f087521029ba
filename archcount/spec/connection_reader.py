"""The tables of connections of a file: which maps each filter of a sparse convolution reads."""

from __future__ import annotations

from collections.abc import Sequence

from archcount.architecture import Value
from archcount.errors import Location, Problem
from archcount.printed import Connections
from archcount.spec.grid import cells_of, placed_lines
from archcount.spec.yaml_tree import YamlNode

MARKS = ("X", "x", "×", "1", "•", "✓")
"""What a paper prints where two maps are connected."""


def read_connections(tree: YamlNode, lines: list[str], problems: list[Problem]) -> dict[str, Value]:
    """Read `connections:`, printed tables with a line for each map that is read.

    Their first line numbers the filters, which read what is marked in their column.
    """
    found: dict[str, Value] = {}
    for name, item in tree.section("connections").items():
        if not isinstance(item.value, str):
            continue  # the schema has reported it
        known = len(problems)
        placed = placed_lines(item, lines) if item.style == "|" and item.value.strip() else []
        if len(placed) < 2:
            problems.append(
                item.problem(
                    f"connections {name} is not a table",
                    "a first line that numbers the filters, then a line for each map that is read",
                    remedy=f"write {name}: | and the lines below it",
                )
            )
            continue
        grid = [cells_of(*line) for line in placed]
        marks = _marks(name, grid, [where for _, where in placed], problems)
        if len(problems) > known:
            continue
        maps = tuple(
            tuple(place for place, row in enumerate(marks) if row[column])
            for column in range(len(grid[0]) - 1)
        )
        for cell, read in zip(grid[0][1:], maps, strict=True):
            if not read:
                what = f"connections {name}: filter {cell.text} reads no map"
                problems.append(cell.problem(what, remedy="mark what it reads with X"))
        connections = Connections(len(marks), maps)
        found[name] = Value(
            value=connections, text=str(connections), where=item.where, what=f"connections {name}"
        )
    return found


def _marks(
    name: str,
    grid: Sequence[Sequence[YamlNode]],
    places: Sequence[Location],
    problems: list[Problem],
) -> list[list[bool]]:
    """Return whether each cell below the first line is marked, without the first of each line."""
    header, *body = grid
    for cells, where in zip(body, places[1:], strict=True):
        if len(cells) != len(header):
            problems.append(
                Problem(
                    what=f"connections {name}: line {cells[0].text} has {len(cells)} cells",
                    allowed=f"{len(header)} cells, as in the first line",
                    remedy="leave a cell blank between two | where nothing is connected",
                    where=where,
                )
            )
        problems += [
            cell.problem(f"connections {name}: {cell.text!r} is no mark", "X, or a blank cell")
            for cell in cells[1:]
            if cell.text and cell.text not in MARKS
        ]
    return [[bool(cell.text) for cell in cells[1:]] for cells in body]
