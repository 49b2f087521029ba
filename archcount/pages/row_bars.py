"""Bars of params and of operations by row, computed against printed."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.comparison import QUANTITIES, ComparedCell
from archcount.pages.arithmetic import mark
from archcount.pages.table_content import TableContent
from archcount.printed import parse_quantity
from archcount.reporting.compared_columns import heading, role
from archcount.reporting.model_table import CountedModels
from archcount.reporting.page import NOTHING, Bar, Bars
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import ResultRow


def row_bars(content: TableContent) -> Iterator[Bars]:
    """Yield a chart for params and one for operations, of the rows that have any."""
    for column in QUANTITIES:
        bars = tuple(bar for row in content.record.rows for bar in _bars(content, row, column))
        if not bars:
            continue
        what = heading(content.comparison, column)
        left_out = len(content.record.rows) - len(bars)
        row = "network" if isinstance(content.record, CountedModels) else "row"
        some = f" ({how_many(left_out, row)} without any left out)" if left_out else ""
        printed = any(bar.other is not None for bar in bars)
        yield Bars(
            title=f"{what} by {row}{some}",
            names=(row.capitalize(), "Computed", *(["Printed"] * printed)),
            bars=bars,
        )


def _bars(content: TableContent, row: ResultRow, column: str) -> Iterator[Bar]:
    cell = row.cells.get(column)
    number = row.count.params if column == "params" else row.count.cost.macs
    if cell is not None and isinstance(cell.computed, int):
        number = cell.computed
    other = None if cell is None else _printed(content, cell)
    if number or other:
        yield Bar(
            label=content.names.get(row.id, row.id),
            number=number,
            shown=f"{number:,}",
            other=other,
            other_shown=(cell.printed or "") if cell and other is not None else "",
            verdict=Span(mark(cell), role(cell)) if cell and other is not None else NOTHING,
        )


def _printed(content: TableContent, cell: ComparedCell) -> float | None:
    """Return a printed number in base units; None where nothing is printed."""
    convention = content.paper.conventions.get(cell.column)
    if not (content.is_judged and cell.printed) or convention is None:
        return None
    return float(parse_quantity(cell.printed).value(convention.k))
