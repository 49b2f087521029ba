"""What a printed cell says when it is opened: the numbers, the verdict, and the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.comparison import QUANTITIES, ComparedCell
from archcount.comparison.conventions import accepted, describe
from archcount.comparison.verdicts import interval_words, percent
from archcount.edits import Site
from archcount.engines import RowCount
from archcount.pages.table_content import TableContent
from archcount.printed import parse_quantity
from archcount.reporting.compared_columns import MARKS, size
from archcount.reporting.explain_answer import (
    channel_words,
    layer_names,
    mac_words,
    weight_words,
)
from archcount.reporting.page import Block, Facts, Lines, SheetBlock
from archcount.reporting.sheet import Column, Span, make_sheet
from archcount.reporting.table_result import ResultRow

_MOST = 24
"""How many layers the arithmetic of a cell shows."""


def cell_details(content: TableContent, row: ResultRow, cell: ComparedCell) -> tuple[Block, ...]:
    """Return what is behind a printed number."""
    return (
        Facts(facts=dict(_numbers(content, cell))),
        Lines(spans=tuple(_reasons(content, cell))),
        *_arithmetic(content, row, cell.column),
    )


def verdict_words(content: TableContent, cell: ComparedCell) -> str:
    """Return the verdict in a word or two, and whether the file knows of it."""
    status = cell.verdict.status
    if status == "unpublished":
        return "not judged"
    known = "" if status == "match" else ", known" if cell.because else ", new"
    return status + (known if content.is_judged else "")


def mark(cell: ComparedCell) -> str:
    """Return the sign of a verdict."""
    return MARKS.get(cell.verdict.status, "✗")


def _numbers(content: TableContent, cell: ComparedCell) -> Iterator[tuple[str, str]]:
    yield "Printed", cell.printed or ""
    convention = content.paper.conventions.get(cell.column)
    if cell.column in QUANTITIES and convention is not None and cell.printed:
        yield "Stands for", interval_words(accepted(parse_quantity(cell.printed), convention))
    yield "Computed", _exact(cell)
    if convention is not None and cell.column in QUANTITIES:
        yield "Counted as", describe(convention)
    yield "Verdict", " ".join(filter(None, (mark(cell), verdict_words(content, cell))))
    if cell.verdict.error is not None:
        yield "Off by", percent(cell.verdict.error)


def _exact(cell: ComparedCell) -> str:
    exact = f"{cell.computed:,}" if isinstance(cell.computed, int) else cell.shown
    return exact if exact == cell.shown else f"{exact} ({cell.shown})"


def _reasons(content: TableContent, cell: ComparedCell) -> Iterator[Span]:
    if cell.verdict.sentence:
        yield Span(cell.verdict.sentence)
    if cell.because:
        yield Span(f"known: {' '.join(cell.because.split())}", "dim", word="known")


def _arithmetic(content: TableContent, row: ResultRow, column: str) -> Iterator[Block]:
    checked = content.paper.checked.get(column)
    if row.id in content.parts and (column in QUANTITIES or (checked and checked.what)):
        yield _parts(content.parts[row.id], column)
    sites = [site for site in content.sites.get(row.id, ()) if site.weights or site.macs]
    if not sites or column not in QUANTITIES:
        return
    names = layer_names(sites, content.paper.headings)
    columns: list[Column[Site]] = [
        Column("Layer", lambda site: names[site.path]),
        Column("Kernel, channels", channel_words),
        Column("Weights", weight_words, whole=True),
    ]
    if column == "ops":
        columns.append(Column("MACs", mac_words, right=True))
    more = len(sites) - _MOST
    count = row.count
    together = (
        f"together {count.weights:,} weights and {count.biases:,} biases"
        if column == "params"
        else f"together {count.cost.macs:,} MACs"
    )
    notes = [Span(f"and {more} more layers", "dim")] if more > 0 else []
    shape = f"{size(count.input)} in, {size(count.output)} out"
    notes.append(Span(f"{together}; {shape}"))
    sheet = make_sheet("Layer by layer", columns, sites[:_MOST], notes=notes)
    yield SheetBlock(sheet=sheet, filtered=False)


def _parts(parts: tuple[RowCount, ...], column: str) -> Block:
    columns: list[Column[RowCount]] = [
        Column("Part", lambda part: part.id),
        Column("Params", lambda part: f"{part.params:,}", right=True),
        Column("MACs", lambda part: f"{part.cost.macs:,}", right=True),
    ]
    if column == "params":
        del columns[2]
    return SheetBlock(sheet=make_sheet("Part by part", columns, parts), filtered=False)
