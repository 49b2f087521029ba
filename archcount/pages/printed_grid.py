"""The paper's table as it prints it, a verdict on each number that was judged."""

from __future__ import annotations

from archcount.pages.arithmetic import cell_details, mark, verdict_words
from archcount.pages.table_content import TableContent
from archcount.printed import PrintedRow
from archcount.reporting.compared_columns import LEGEND, NOT_JUDGED, role
from archcount.reporting.page import Grid, GridCell
from archcount.reporting.printed_sheets import headings, printed_rows
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import ResultRow

_OPEN = "Point at an underlined number, or open it, for its arithmetic."

_NAMES = {"row", "model", "type"}
"""The columns that tell the rows from one another."""
_NAME = "#"
"""A column of the page's own, whose name no file can have."""


def printed_grid(content: TableContent) -> Grid:
    """Return the printed rows under the paper's headings; transposed where the paper does so."""
    shown = headings(content.paper)
    if not _NAMES & shown.keys():  # the paper does not name its rows, and the findings do
        shown = {_NAME: "row", **shown}
    counted = {row.id: row for row in content.rows}
    rows = [
        tuple(_cell(content, row, column, counted.get(row.id)) for column in shown)
        for row in printed_rows(content.paper)
    ]
    lines = [tuple(GridCell(text=text) for text in shown.values()), *rows]
    if content.paper.turned:
        lines = list(zip(*lines, strict=True))
    first = lines[0]
    return Grid(
        title=f"{content.paper.source.table or content.paper.name}, as printed",
        headings=tuple(cell.text for cell in first),
        right=tuple(_is_right(lines[1:], place) for place in range(len(first))),
        lines=tuple(lines[1:]),
        legend=Span(f"{LEGEND}. {_OPEN}" if content.is_judged else f"{NOT_JUDGED}. {_OPEN}"),
    )


def _is_right(lines: list[tuple[GridCell, ...]], place: int) -> bool:
    """Whether a column is one of numbers: a digit begins each of its texts."""
    texts = [line[place].text for line in lines if line[place].text]
    return (
        place > 0 and bool(texts) and all(text[0].isdigit() and "x" not in text for text in texts)
    )


def _cell(
    content: TableContent, row: PrintedRow, column: str, counted: ResultRow | None
) -> GridCell:
    text = row.cells[column].text if column in row.cells else ""
    if column == _NAME:
        text = content.names.get(row.id, row.id)
    cell = counted.cells.get(column) if counted else None
    if counted is None or cell is None or cell.printed is None:
        return GridCell(text=text)
    name = content.names.get(row.id, row.id)
    return GridCell(
        text=text,
        verdict=Span(mark(cell), role(cell)),
        details=cell_details(content, counted, cell),
        name=f"{name}, {content.paper.headings.get(column) or column}: "
        f"{verdict_words(content, cell)}",
    )
