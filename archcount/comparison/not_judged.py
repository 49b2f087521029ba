"""Printed numbers that are of another network than the one that was counted."""

from __future__ import annotations

from dataclasses import replace

from archcount.comparison.results import ComparedCell, ComparedRow, Comparison, Verdict

ANOTHER = Verdict(
    status="unpublished",
    why="another",
    sentence="Not judged: the printed number is for another input or other values.",
)
"""What is said of a number that is printed for another network or input."""


def without_verdicts(comparison: Comparison) -> Comparison:
    """Return a comparison that judges nothing, for what was counted is not what was printed."""
    return replace(
        comparison,
        rows=tuple(map(_row, comparison.rows)),
        others=tuple(map(_row, comparison.others)),
        whole=_row(comparison.whole) if comparison.whole else None,
        claims=tuple(replace(claim, verdict=ANOTHER) for claim in comparison.claims),
        cause=None,
        contradictions=(),
    )


def _row(row: ComparedRow) -> ComparedRow:
    cells = {name: _cell(cell) for name, cell in row.cells.items()}
    return replace(row, cells=cells, explanations=())


def _cell(cell: ComparedCell) -> ComparedCell:
    return cell if cell.printed is None else replace(cell, verdict=ANOTHER)
