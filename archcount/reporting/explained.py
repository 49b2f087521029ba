"""What `archcount explain` says of a row: its arithmetic, conventions, and readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archcount.comparison import ComparedRow, Contradiction, Explanation, believed
from archcount.comparison.conventions import describe
from archcount.comparison.plausibility import MARGIN
from archcount.counting import RowCount
from archcount.edits import Plan, Site
from archcount.printed import Convention, Source
from archcount.reporting.columns import size
from archcount.reporting.machine import explanation_record, row_record, to_csv, to_json
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

SCHEMA = "archcount.explain/1"
"""The name and version of the JSON form of an explanation."""
MOST_SHOWN = 12
"""How many readings are shown where more fit; JSON and CSV hold all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedConvention:
    """A convention held against one printed cell and its whole column.

    Attributes:
        computed: the row's number under it, in base units.
        shown: the same in the paper's notation.
        fits: whether it gives the printed number.
        column_fits: how many printed numbers of the column it gives.
        column_printed: how many there are.
        declared: whether it is the one that the file declares.
    """

    column: str
    convention: Convention
    computed: int
    shown: str
    fits: bool
    column_fits: int
    column_printed: int
    declared: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ExplainedRow:
    """Everything that `archcount explain` says of one row.

    Attributes:
        name: the table's name.
        label: the row's printed label, where there is one.
        count: the row as the table stands.
        plan: its layers.
        compared: its cells with their verdicts, and the readings that fit.
        tried: the conventions tried for its params and ops.
        stands_for: the numbers that each printed cell can stand for, in words.
        contradictions: what its cells say against one another.
        because: the reason that the file gives for its reading, where it declares one.
    """

    name: str
    source: Source
    label: str
    count: RowCount
    plan: Plan
    compared: ComparedRow
    tried: tuple[TriedConvention, ...]
    stands_for: Mapping[str, str]
    contradictions: tuple[Contradiction, ...]
    because: str = ""


def explained_sheets(row: ExplainedRow) -> list[Sheet]:
    """Lay an explanation out: arithmetic, printed cells, conventions, readings."""
    sheets = [_arithmetic(row), _cells(row)]
    if row.tried:
        sheets.append(_conventions(row))
    if row.compared.explanations:
        sheets.append(_readings(row))
    return sheets


def _arithmetic(row: ExplainedRow) -> Sheet:
    label = f" ({row.label})" if row.label and row.label != row.count.id else ""
    columns: list[Column[Site]] = [
        Column(heading="Layer", text=lambda site: site.path),
        Column(heading="as written", text=lambda site: site.text),
        Column(heading="reads", text=lambda site: size(site.input)),
        Column(heading="weights", text=_weights),
        Column(heading="=", text=lambda site: f"{site.weights:,}", right=True),
        Column(heading="positions", text=_positions, right=True),
        Column(heading="MACs", text=lambda site: f"{site.macs:,}", right=True),
    ]
    count = row.count
    notes = [
        f"together: {count.weights:,} weights, {count.biases:,} biases, {count.params:,} params, "
        f"{count.cost.macs:,} MACs; {size(count.input)} in, {size(count.output)} out",
    ]
    if row.plan.printed_input:
        notes.append(f"the row before prints its output as {size(row.plan.printed_input)}")
    return make_sheet(
        f"{row.name}, {count.id}{label}: {row.source}",
        columns,
        row.plan.sites,
        notes=(Text(note) for note in notes),
    )


def _weights(site: Site) -> str:
    """Write a layer's weights as a product."""
    if not site.weights:
        return ""
    if site.kernel is None:
        product = f"{site.input[0]} x {site.output[0]}"
    else:
        area = f"{site.kernel[0]}x{site.kernel[1]}"
        inside = site.input[0]
        if site.word == "sepconv":
            wide = inside * site.multiplier
            product = f"{wide} x {area} + {wide} x {site.output[0]}"
        elif site.word == "dwconv":
            product = f"{site.output[0]} x {area}"
        else:
            groups = f" / {site.groups}" if site.groups > 1 else ""
            product = f"{inside}{groups} x {site.output[0]} x {area}"
    return f"{product}, {site.times} times" if site.times > 1 else product


def _positions(site: Site) -> str:
    if not site.weights:
        return ""
    positions = site.macs / site.weights
    return f"{positions:,.0f}" if positions.is_integer() else f"{positions:,.1f}"


def _cells(row: ExplainedRow) -> Sheet:
    cells = [cell for cell in row.compared.cells.values() if cell.printed is not None]
    return make_sheet(
        "What is printed",
        [
            Column(heading="Cell", text=lambda cell: cell.column),
            Column(heading="printed", text=lambda cell: cell.printed or ""),
            Column(heading="stands for", text=lambda cell: row.stands_for.get(cell.column, "")),
            Column(heading="computed", text=lambda cell: cell.shown, right=True),
            Column(
                heading="verdict",
                text=lambda cell: Text(
                    f"{cell.verdict.status} ({cell.verdict.why})", _ROLES[cell.verdict.status]
                ),
            ),
        ],
        cells,
        notes=_reasons(row),
    )


_ROLES = {
    "match": "good", "convention": "told", "reading": "told", "contradiction": "bad",
    "off": "bad", "unpublished": "dim",
}  # fmt: skip


def _reasons(row: ExplainedRow) -> Iterator[Text]:
    for cell in row.compared.cells.values():
        if cell.printed is not None and cell.verdict.status != "match":
            yield Text(f"{cell.column}: {cell.verdict.sentence}", _ROLES[cell.verdict.status])
    if row.because:
        yield Text(f"the file declares a reading: {row.because}")
    told = {cell.verdict.why for cell in row.compared.cells.values()}
    for item in row.contradictions:
        if item.why not in told:
            yield Text(f"contradiction: {item.sentence}", "bad")
    if nothing_found(row):
        yield Text(nothing_found(row))


def _conventions(row: ExplainedRow) -> Sheet:
    return make_sheet(
        "Each convention tried, on the row as it stands",
        [
            Column(heading="Cell", text=lambda tried: tried.column),
            Column(heading="counting", text=_counting),
            Column(heading="computed", text=lambda tried: f"{tried.computed:,}", right=True),
            Column(heading="in the paper's form", text=lambda tried: tried.shown, right=True),
            Column(
                heading="this cell",
                text=lambda tried: Text("fits", "good") if tried.fits else Text("-", "dim"),
            ),
            Column(
                heading="its column",
                text=lambda tried: f"{tried.column_fits} of {tried.column_printed}",
                right=True,
            ),
        ],
        row.tried,
    )


def _counting(tried: TriedConvention) -> str:
    declared = " (declared)" if tried.declared else ""
    return f"{describe(tried.convention)}{declared}"


def _readings(row: ExplainedRow) -> Sheet:
    ranked = list(zip(ranks(row.compared.explanations), row.compared.explanations, strict=True))
    shown = ranked[:MOST_SHOWN]
    return make_sheet(
        "Readings that give every printed number of the row at once",
        [
            Column(heading="Rank", text=lambda item: item[0], right=True),
            Column(heading="Reading", text=lambda item: _what(item[1])),
            Column(heading="weights", text=lambda item: f"{item[1].count.weights:,}", right=True),
            Column(heading="MACs", text=lambda item: f"{item[1].count.cost.macs:,}", right=True),
            Column(heading="bits", text=lambda item: f"{item[1].bits:.1f}", right=True),
            Column(heading="", text=lambda item: _belief(item[1])),
        ],
        shown,
        notes=_reading_notes(row, len(ranked)),
    )


def ranks(explanations: tuple[Explanation, ...]) -> list[str]:
    """Rank explanations by their whole bits; those of one rank are ties, written `2=`.

    >>> ranks(())
    []
    """
    keys = [(not item.declared, round(item.bits)) for item in explanations]
    return [f"{keys.index(key) + 1}{'=' if keys.count(key) > 1 else ''}" for key in keys]


def _what(item: Explanation) -> str:
    counted = "; ".join(
        f"{column} counting {describe(convention)}"
        for column, convention in item.conventions.items()
    )
    return f"{item.what}; {counted}" if counted else item.what


def _belief(item: Explanation) -> Text:
    if not believed(item):
        return Text("too odd", "dim")
    if item.engines:
        return Text(f"built, counted by {' and '.join(item.engines)}", "good")
    return Text("likely", "good")


def _reading_notes(row: ExplainedRow, fitting: int) -> Iterator[Text]:
    more = f", {fitting - MOST_SHOWN} of them not shown" if fitting > MOST_SHOWN else ""
    yield Text(f"{fitting} fit of {row.compared.tried} tried{more}; = marks ties")
    worth = row.compared.explanations[0].evidence
    yield Text(
        f"a reading of b bits is one of about 2^b as simple; the cells explained carry {worth:.1f} "
        f"bits, and a reading is believed that needs {MARGIN:.1f} fewer"
    )


def nothing_found(row: ExplainedRow) -> str:
    """Say that no reading fits, where some cell asks for one; empty otherwise."""
    asked = any(
        cell.verdict.status not in ("match", "unpublished") for cell in row.compared.cells.values()
    )
    if not asked or row.compared.explanations:
        return ""
    return f"Nothing found: none of {row.compared.tried} readings gives every printed number."


def explained_json(row: ExplainedRow) -> str:
    """Write an explanation as JSON, `archcount.explain/1`."""
    return to_json(
        {
            "schema": SCHEMA,
            "name": row.name,
            "row": row_record(row.count, row.label, row.compared.cells),
            "layers": [_site(site) for site in row.plan.sites],
            "conventions": [_tried(tried) for tried in row.tried],
            "contradictions": [
                {"why": item.why, "cells": list(item.cells), "odd": item.odd or None,
                 "sentence": item.sentence}
                for item in row.contradictions
            ],
            "tried": row.compared.tried,
            "explanations": [explanation_record(item) for item in row.compared.explanations],
        }
    )  # fmt: skip


def _site(site: Site) -> dict[str, Any]:
    return {
        "path": site.path,
        "text": site.text,
        "input": list(site.input),
        "output": list(site.output),
        "weights": site.weights,
        "biases": site.biases,
        "macs": site.macs,
        "times": site.times,
    }


def _tried(tried: TriedConvention) -> dict[str, Any]:
    return {
        "column": tried.column,
        "convention": describe(tried.convention),
        "declared": tried.declared,
        "computed": tried.computed,
        "fits": tried.fits,
        "column_fits": tried.column_fits,
        "column_printed": tried.column_printed,
    }


def explained_csv(row: ExplainedRow) -> str:
    """Write the readings that fit as CSV, one a line."""
    return to_csv(
        {
            "rank": rank,
            "why": item.why,
            "reading": _what(item),
            "weights": item.count.weights,
            "params": item.count.params,
            "macs": item.count.cost.macs,
            "bits": round(item.bits, 2),
            "believed": int(believed(item)),
        }
        for rank, item in zip(
            ranks(row.compared.explanations), row.compared.explanations, strict=True
        )
    )
