"""The columns of compared rows: what was counted, what is printed, and the verdict on it."""

from __future__ import annotations

from functools import partial

from archcount.comparison import QUANTITIES, SIZES, ComparedCell, ComparedClaim, Comparison
from archcount.comparison.verdicts import percent
from archcount.reporting.sheet import Column, Span
from archcount.reporting.table_result import ResultRow

_ROLES = {"match": "good", "convention": "warn", "reading": "warn", "unpublished": "dim"}
MARKS = {"match": "✓", "convention": "≈", "reading": "≈", "unpublished": ""}
_BRIEF = {"convention": "conv.", "reading": "read.", "contradiction": "contr."}


def compared_columns(comparison: Comparison) -> list[Column[ResultRow]]:
    """Return the columns that were compared, what is printed in words beside each."""
    columns = []
    for name in comparison.columns:
        columns += [_counted(comparison, name), Column("paper", partial(_says, name))]
    return [*columns, *(_counted(comparison, name) for name in _unprinted(comparison))]


def narrow_columns(comparison: Comparison) -> list[Column[ResultRow]]:
    """Return the same in the paper's notation, with marks."""
    columns: list[Column[ResultRow]] = []
    for name in comparison.columns:
        if _is_number(name):
            columns += [
                Column(heading(comparison, name), partial(_shown, name), right=True),
                Column("paper", partial(_says_briefly, name)),
            ]
        else:
            columns.append(Column(heading(comparison, name), partial(_marked, name)))
    return [*columns, *(_counted(comparison, name) for name in _unprinted(comparison))]


def _is_number(column: str) -> bool:
    """Whether what is printed in a column may be shortened."""
    return column not in (*SIZES, "depth")


def _counted(comparison: Comparison, name: str) -> Column[ResultRow]:
    return Column(heading(comparison, name), partial(_exact, name), right=name not in SIZES)


def _unprinted(comparison: Comparison) -> tuple[str, ...]:
    """Return what is counted of every row though the paper has no column of it."""
    return tuple(name for name in ("output", *QUANTITIES) if name not in comparison.columns)


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


def _shown(column: str, row: ResultRow) -> Span:
    cell = row.cells.get(column)
    return Span("" if cell is None else cell.shown, "strong" if row.part == "total" else "")


def _marked(column: str, row: ResultRow) -> Span:
    """Write a size or depth with a mark, and what is printed where that differs."""
    cell = row.cells.get(column)
    shown = _exact(column, row) if cell is None else cell.shown
    if cell is None or cell.printed is None:
        return Span(shown)
    mark = MARKS.get(cell.verdict.status, "✗")
    differs = "" if cell.verdict.status == "match" else f" {cell.printed}"
    return Span(f"{shown} {mark}{differs}", role(cell))


def role(cell: ComparedCell | ComparedClaim) -> str:
    """Return the style of a verdict."""
    return _ROLES.get(cell.verdict.status, "bad")


def _says(column: str, row: ResultRow) -> Span:
    """Return what is printed and the verdict on it in words."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    matches = not _is_number(column) and verdict.status == "match"
    words = [verdict.status] if matches else [cell.printed, verdict.status]
    if verdict.why in ("rounded", "truncated") or verdict.status in _BRIEF:
        words.append(f"({verdict.why})")
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words), role(cell))


def _says_briefly(column: str, row: ResultRow) -> Span:
    """Return the same with a mark."""
    cell = row.cells.get(column)
    if cell is None or cell.printed is None:
        return Span("")
    verdict = cell.verdict
    words = [cell.printed, MARKS.get(verdict.status, "✗")]
    if verdict.why in ("rounded", "truncated"):
        words.append(f"{verdict.why[:5]}.")
    elif verdict.status in _BRIEF:
        words.append(_BRIEF[verdict.status])
    elif verdict.error is not None:
        words.append(percent(verdict.error))
    return Span(" ".join(words), role(cell))
