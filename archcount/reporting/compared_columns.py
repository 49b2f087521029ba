"""The columns of compared rows: what was counted, what is printed, and the verdict on it."""

from __future__ import annotations

from functools import partial

from archcount.comparison import QUANTITIES, SIZES, ComparedCell, ComparedClaim, Comparison
from archcount.comparison.verdicts import percent
from archcount.reporting.sheet import Column, Span
from archcount.reporting.table_result import ResultRow

_ROLES = {"match": "good", "convention": "warn", "reading": "warn", "unpublished": "dim"}
MARKS = {"match": "✓", "convention": "≈", "reading": "≈", "unpublished": ""}
LEGEND = "✓ match, ≈ explained by a convention or a reading, ✗ contradiction or off"
"""What the marks of narrow columns mean."""
NOT_JUDGED = "what is printed has no mark: it is not judged"
_REASONED = ("convention", "reading", "contradiction")
"""The verdicts that are shown with the word for their reason."""
_STANDARD = ("input", "output", "depth", *QUANTITIES)
"""The order of the columns in every table, before those that a paper has of its own."""


def compared_columns(comparison: Comparison) -> list[Column[ResultRow]]:
    """Return the counted columns, what is printed in words beside those that were compared."""
    columns: list[Column[ResultRow]] = []
    for name in _names(comparison):
        columns.append(_counted(comparison, name))
        if name in comparison.columns:
            columns.append(Column("paper", partial(_says, name), attached=True))
    return columns


def narrow_columns(comparison: Comparison) -> list[Column[ResultRow]]:
    """Return the same with marks for the verdicts, every number exact."""
    columns: list[Column[ResultRow]] = []
    for name in _names(comparison):
        if name not in comparison.columns:
            columns.append(_counted(comparison, name))
        elif _is_number(name):
            columns.append(_counted(comparison, name))
            columns.append(Column("paper", partial(_says_briefly, name), whole=True, attached=True))
        else:
            columns.append(Column(heading(comparison, name), partial(_marked, name), whole=True))
    return columns


def _names(comparison: Comparison) -> tuple[str, ...]:
    """Return what is counted of every row, and what else the paper prints of some."""
    counted = [name for name in _STANDARD if name in comparison.columns or name != "input"]
    return (*counted, *(name for name in comparison.columns if name not in _STANDARD))


def _is_number(column: str) -> bool:
    """Whether what is printed in a column may be shortened."""
    return column not in (*SIZES, "depth")


def _counted(comparison: Comparison, name: str) -> Column[ResultRow]:
    return Column(heading(comparison, name), partial(_exact, name), right=name not in SIZES)


def heading(comparison: Comparison, column: str) -> str:
    """Return a compared column's heading: what its numbers count."""
    if column in QUANTITIES and column in comparison.conventions:
        unit = comparison.conventions[column].partition(", ")[0]
        return unit[0].upper() + unit[1:]
    if column not in (*SIZES, "depth", *QUANTITIES):
        return comparison.headings.get(column, column)
    return "MACs" if column == "ops" else column.capitalize()


def size(dims: tuple[int, ...]) -> str:
    """Write a size as papers do, height x width x channels.

    >>> size((64, 112, 112))
    '112x112x64'
    """
    return "x".join(str(side) for side in (*dims[1:], dims[0]))


def _exact(column: str, row: ResultRow) -> str:
    if column == "input":
        return size(row.count.input)
    if column == "output":
        return size(row.count.output)
    if column == "depth":
        return f"{row.count.depth}"
    if column in QUANTITIES and column not in row.cells:
        number = row.count.params if column == "params" else row.count.cost.macs
        return f"{number:,}"
    cell = row.cells.get(column)
    if cell is None:
        return ""
    return f"{cell.computed:,}" if isinstance(cell.computed, int) else cell.shown


def _marked(column: str, row: ResultRow) -> Span:
    """Write a size or depth with a mark, and what is printed where that differs."""
    cell = row.cells.get(column)
    if cell is None or cell.verdict.status == "unpublished":
        return Span(_exact(column, row))
    shown = cell.shown
    mark = MARKS.get(cell.verdict.status, "✗")
    differs = "" if cell.verdict.status == "match" else f" {cell.printed}"
    return Span(f"{shown} {mark}{differs}".strip(), role(cell), word=mark)


def role(cell: ComparedCell | ComparedClaim) -> str:
    """Return the style of a verdict."""
    return _ROLES.get(cell.verdict.status, "bad")


def _says(column: str, row: ResultRow) -> Span:
    """Return what is printed and the verdict on it in words."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    status = "not judged" if verdict.status == "unpublished" else verdict.status
    matches = not _is_number(column) and status == "match"
    words = [status] if matches else [cell.printed, status]
    if verdict.why in ("rounded", "truncated") or verdict.status in _REASONED:
        words.append(f"({verdict.why})")
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words), role(cell), word=" ".join(words if matches else words[1:]))


def _says_briefly(column: str, row: ResultRow) -> Span:
    """Return the same with a mark."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    words = [cell.printed, MARKS.get(verdict.status, "✗")]
    if verdict.status == "off" and verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words).strip(), role(cell), word=" ".join(words[1:]))
