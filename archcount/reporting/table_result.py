"""What was counted of a table, and what a comparison says of it; as JSON and for data frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archcount.comparison import (
    ComparedCell,
    ComparedClaim,
    Comparison,
    Explanation,
    Verdict,
    believed,
)
from archcount.comparison.conventions import describe
from archcount.engines import Disagreement, RowCount, Uncounted
from archcount.layers import Shape
from archcount.layers.cost import TABLE_CATEGORIES
from archcount.printed import Convention, PaperSource
from archcount.reporting.encoding import Value, encode, fields_of


@dataclass(frozen=True, kw_only=True, slots=True)
class TableWarning:
    """Something the reader should know, with advice."""

    what: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.advice}" if self.advice else self.what


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineResult:
    """What one engine found in total, for the whole batch.

    Attributes:
        agrees: whether it agrees with the first engine on every row and category.
    """

    name: str
    version: str
    total: RowCount
    agrees: bool

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultRow:
    """One line of a table report.

    Attributes:
        label: the row's printed label, where the paper prints one.
        count: what was counted, for the whole batch.
        cells: the compared cells by column (for one image), where there was a comparison.
        part: `row`, `head` or `total`.
    """

    id: str
    label: str
    count: RowCount
    cells: Mapping[str, ComparedCell] = field(default_factory=dict)
    part: str = "row"


@dataclass(frozen=True, kw_only=True, slots=True)
class TableResult:
    """What was counted of a table, and what was found of its printed numbers.

    Attributes:
        input: (channels, height, width) of one image, or (1, positions) of the ids of tokens.
        of_ids: whether the input is a sequence of ids.
        inputs: the size of each input by its name, where there are several.
        rows: the rows shown, in order.
        total: the sums over all rows of the table, shown or not.
        engines: the engines that counted; the rows are the first one's.
        chosen: why they were chosen, where nobody named them and they are not the usual ones.
        is_printed: whether the rows that the paper prints are those of this variant.
        is_selected: whether some rows are not shown.
    """

    name: str
    variant: str
    source: PaperSource
    input: tuple[int, ...]
    batch: int
    rows: tuple[ResultRow, ...]
    heads: tuple[ResultRow, ...] = ()
    total: ResultRow
    total_with_heads: ResultRow | None = None
    depth_with_pooling: int
    engines: tuple[EngineResult, ...]
    chosen: str = ""
    disagreements: tuple[Disagreement, ...] = ()
    uncounted: tuple[Uncounted, ...] = ()
    comparison: Comparison | None = None
    is_printed: bool = True
    is_selected: bool = False
    of_ids: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    warnings: tuple[TableWarning, ...] = ()

    @property
    def lines(self) -> tuple[ResultRow, ...]:
        """Every line in the order shown: rows, total, heads, total with heads."""
        last = (self.total_with_heads,) if self.total_with_heads else ()
        return (*self.rows, self.total, *self.heads, *last)


_ELSEWHERE = ("total", "total_with_heads", "depth_with_pooling", "is_printed", "is_selected")
"""The fields that JSON has in another place, or not at all."""


@encode.register
def _(convention: Convention) -> str:
    return describe(convention)


@encode.register
def _(verdict: Verdict) -> dict[str, Any]:
    return fields_of(verdict, status="verdict")


@encode.register
def _(cell: ComparedCell) -> dict[str, Any]:
    return {**fields_of(cell, "verdict"), **encode(cell.verdict)}


@encode.register
def _(claim: ComparedClaim) -> dict[str, Any]:
    return {**fields_of(claim, "verdict", "elsewhere", source="from"), **encode(claim.verdict)}


@encode.register
def _(count: RowCount) -> dict[str, Any]:
    cost = {name: getattr(count.cost, name) for name in TABLE_CATEGORIES}
    return {**fields_of(count), "cost": cost, "macs": count.cost.macs}


@encode.register
def _(item: Explanation) -> dict[str, Any]:
    return {
        **encode(item.count),
        **fields_of(item, "edits", "count"),
        "believed": believed(item),
        "bits": round(item.bits, 2),
        "evidence": round(item.evidence, 2),
    }


@encode.register
def _(comparison: Comparison) -> dict[str, Any]:
    return {
        "batch": 1,
        **fields_of(comparison, "rows", "others", "claims", "fits", "is_own", "is_cut_short"),
        "best_conventions": {
            column: {
                "convention": describe(fits[0].convention),
                "fits": len(fits[0].fits),
                "printed": len(fits[0].fits) + len(fits[0].misses),
            }
            for column, fits in comparison.fits.items()
        },
        "explanations": {
            row.id: encode(row.explanations[0]) for row in comparison.rows if row.explanations
        },
        "verdicts": {
            column: dict(sorted(comparison.tally(column).items())) for column in comparison.columns
        },
    }


@encode.register
def _(row: ResultRow) -> dict[str, Any]:
    return {
        **encode(row.count),
        "type": row.label or None,
        "cells": [encode(cell) for cell in row.cells.values()],
    }


@encode.register
def _(engine: EngineResult) -> dict[str, Any]:
    return {**encode(engine.total), **fields_of(engine, "total")}


@encode.register
def _(result: TableResult) -> dict[str, Any]:
    total, with_heads = result.total.count, result.total_with_heads
    comparison = result.comparison
    return {
        **fields_of(result, *_ELSEWHERE),
        "totals": {
            **encode(total),
            "depth_with_pooling": result.depth_with_pooling,
            "flops": total.cost.flops(),
            "with_heads": encode(with_heads.count) if with_heads else None,
        },
        "claims": [encode(claim) for claim in comparison.claims] if comparison else [],
    }


def tidy_rows(report: TableResult) -> list[dict[str, Value]]:
    """Return one line per row and head, in base units; totals are left to the reader."""
    columns = report.comparison.columns if report.comparison else ()
    axes = Shape(report.input).letters
    return [row_record(row, columns, report.batch, axes) for row in (*report.rows, *report.heads)]


def row_record(row: ResultRow, columns: tuple[str, ...], batch: int, axes: str) -> dict[str, Value]:
    """Return a line in base units; `axes` are those of its output that are told."""
    count = row.count
    record: dict[str, Value] = {
        "row": row.id,
        "part": row.part,
        "type": row.label or None,
        "batch": batch,
        # a flattened output is 1 long on each axis of the input
        **{f"output_{axis}": side for axis, side in zip(axes, (*count.output, 1), strict=False)},
        **{
            name: getattr(count, name)
            for name in ("depth", "weights", "biases", "params", "buffers")
        },
        "macs": count.cost.macs,
        **{f"ops_{category}": getattr(count.cost, category) for category in TABLE_CATEGORIES},
    }
    for column in columns:
        cell = row.cells.get(column)
        verdict = cell.verdict if cell else None
        record |= {
            f"{column}_printed": cell.printed if cell else None,
            f"{column}_verdict": verdict.status if verdict else None,
            f"{column}_why": verdict.why if verdict else None,
            f"{column}_error": float(verdict.error) if verdict and verdict.error else None,
            f"{column}_because": (cell.because or None) if cell else None,
        }
    return record
