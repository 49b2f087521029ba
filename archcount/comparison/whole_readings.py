"""Readings of a whole network, which is a printed row: its names have other numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from archcount.comparison.results import ComparedCell, ComparedRow


def read_as(
    whole: ComparedRow, changed: ComparedRow, let: Mapping[str, str], old: Mapping[str, str]
) -> ComparedRow | None:
    """Return the verdicts of a network by another reading of it that the file declares.

    None where the reading does not give every printed number, or nothing is wrong without it.

    Args:
        whole: the verdicts as the table stands.
        changed: those of the network with other numbers.
        let: the names that have other numbers, with them.
        old: what the names are as the table stands.
    """
    printed = [name for name, cell in changed.cells.items() if cell.printed is not None]
    wrong = [name for name in printed if whole.cells[name].verdict.status != "match"]
    if not wrong or any(changed.cells[name].verdict.status != "match" for name in printed):
        return None
    changes = (f"{name} = {new} instead of {old.get(name, 'none')}" for name, new in let.items())
    what = f"with {' and '.join(changes)}"

    def read(cell: ComparedCell) -> ComparedCell:
        sentence = f"{what}: {changed.cells[cell.column].verdict.sentence}"
        verdict = replace(cell.verdict, status="reading", why="declared", sentence=sentence)
        return replace(cell, verdict=verdict)

    cells = {name: read(cell) if name in wrong else cell for name, cell in whole.cells.items()}
    return replace(whole, cells=cells)
