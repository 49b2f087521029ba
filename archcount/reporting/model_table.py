"""A table whose rows are whole networks: one line each, with the verdicts, as sheets and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archcount.comparison import Comparison
from archcount.engines import Disagreement, Uncounted
from archcount.printed import PaperSource
from archcount.reporting.compared_columns import (
    LEGEND,
    NOT_JUDGED,
    compared_columns,
    narrow_columns,
    size,
)
from archcount.reporting.detail import Detail
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.finding_sheets import finding_sheets
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_result import ResultRow, TableWarning, row_record
from archcount.reporting.table_sheets import (
    cause_notes,
    compared_answer,
    comparison_notes,
    images,
    input_words,
    problem_notes,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedModels:
    """What was counted of every network of a table of models, and found of its printed numbers.

    Attributes:
        rows: the models in order, each named by its variant and labelled as it is printed.
        batch: the images or sequences that the operations are of.
        of_ids: whether the inputs are sequences of ids.
        engines: the engines that counted.
        chosen: why they were chosen, where nobody named them and some are not the usual ones.
        agree: whether they agree on every network.
        comparison: the verdicts, its rows the models.
    """

    name: str
    source: PaperSource
    rows: tuple[ResultRow, ...]
    batch: int
    of_ids: bool = False
    engines: tuple[str, ...]
    chosen: str = ""
    agree: bool
    disagreements: tuple[Disagreement, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    comparison: Comparison | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[TableWarning, ...] = ()


def model_table_sheets(table: CountedModels, detail: Detail = "findings") -> list[list[Sheet]]:
    """Lay out the answer, the models with every number exact, and what was found of them."""
    first = [make_sheet(model_table_answer(table), (), ())]
    if detail == "answer":
        return [first]
    everything = detail == "everything"
    compared = table.comparison
    layouts = [_plain_columns()] * 2
    legend: tuple[Span, ...] = ()
    if compared is not None:
        layouts = [compared_columns(compared), narrow_columns(compared)]
        legend = (Span(LEGEND if compared.is_own else NOT_JUDGED),)
    title = f"{table.name}: {table.source}"
    notes = tuple(_notes(table, everything=everything))
    model: Column[ResultRow] = Column("Model", lambda row: row.label)
    sheets = [
        make_sheet(title, [model, *columns], table.rows, notes=(*words, *notes))
        for columns, words in zip(layouts, ((), legend), strict=True)
    ]
    if compared is None:
        return [sheets]
    names = {row.id: row.label for row in table.rows}
    found = [] if everything else finding_sheets(compared, [*names], names)
    return [first, sheets, *found, first]


def model_table_answer(table: CountedModels) -> str:
    """Return in a line how much of what is printed is right, or what was counted."""
    if table.comparison is None:
        return f"{table.name}: {_counted(table)}"
    return compared_answer(table.name, table.source, table.comparison, table.warnings)


def _plain_columns() -> list[Column[ResultRow]]:
    return [
        Column("Input", lambda row: size(row.count.input)),
        Column("Depth", lambda row: f"{row.count.depth}", right=True),
        Column("Weights", lambda row: f"{row.count.weights:,}", right=True),
        Column("Params", lambda row: f"{row.count.params:,}", right=True),
        Column("MACs", lambda row: f"{row.count.cost.macs:,}", right=True),
    ]


def _counted(table: CountedModels) -> str:
    count = len(table.rows)
    networks = f"{count} networks, each on" if count > 1 else "1 network, on"
    inputs = {row.count.input for row in table.rows}
    what = f" of {input_words(inputs.pop(), table.of_ids)}" if len(inputs) == 1 else ""
    return f"{networks} {images(table.batch, table.of_ids)}{what}, inference"


def _notes(table: CountedModels, *, everything: bool) -> Iterator[Span]:
    yield Span(f"counted: {_counted(table)}")
    if table.comparison is not None:
        if everything:
            yield from cause_notes(table.comparison)
        yield from comparison_notes(table.comparison, table.rows, everything=everything)
        for note in table.notes if everything else ():
            yield Span(f"note: {note}")
    names = " and ".join(table.engines)
    if len(table.engines) == 1:
        yield Span(f"counted by {names} alone")
    elif table.agree:
        yield Span(f"{names} agree on every row and cost category", "good", "agree")
    else:
        yield Span(f"{names} do not agree", "bad", "do not agree")
    if table.chosen:
        yield Span(table.chosen)
    yield from model_table_remarks(table)


def model_table_remarks(table: CountedModels) -> Iterator[Span]:
    """Return what the reader must not miss."""
    return problem_notes(table.disagreements, table.uncounted, table.warnings)


@encode.register
def _(table: CountedModels) -> dict[str, Any]:
    comparison = table.comparison
    return {
        **fields_of(table, "rows"),
        "rows": [{**encode(row), "model": row.label} for row in table.rows],
        "claims": [encode(claim) for claim in comparison.claims] if comparison else [],
    }


def model_table_lines(table: CountedModels) -> list[dict[str, Value]]:
    """Return one line a model, in base units."""
    columns = table.comparison.columns if table.comparison else ()
    lines = [row_record(row, columns, table.batch, "") for row in table.rows]
    return [{"model": line.pop("type"), **line} for line in lines]
