"""The verdicts on the rows of a table as marks of its picture."""

from __future__ import annotations

from archcount.comparison import ComparedRow, Comparison
from archcount.comparison.answers import KINDS
from archcount.drawing import Mark

_TONES = {"match": "good", "explained": "explained", "wrong": "wrong"}


def verdict_marks(comparison: Comparison) -> dict[str, Mark]:
    """Return what is said of each row: its worst verdict, and on which columns.

    Rows of which nothing is printed, or judged, are left out.
    """
    return {row.id: mark for row in comparison.rows if (mark := _mark(comparison, row))}


def _mark(comparison: Comparison, row: ComparedRow) -> Mark | None:
    judged = {
        comparison.headings.get(name) or name: cell.verdict.status
        for name, cell in row.cells.items()
        if cell.verdict.status in KINDS
    }
    if not judged:
        return None
    kinds = [KINDS[status] for status in judged.values()]
    worst = next(kind for kind in ("wrong", "explained", "match") if kind in kinds)
    said = [f"{name} {status}" for name, status in judged.items() if status != "match"]
    return Mark(", ".join(said) or "match", _TONES[worst])
