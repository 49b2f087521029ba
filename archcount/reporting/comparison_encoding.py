"""The encoder of records, told how counts of rows and what a comparison says are written."""

from __future__ import annotations

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
from archcount.engines import RowCount
from archcount.printed import Convention
from archcount.reporting.encoding import encode, fields_of
from archcount.reporting.table_result import EngineResult, ResultRow

__all__ = ["encode", "fields_of"]


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
    return {**fields_of(claim, "verdict", source="from"), **encode(claim.verdict)}


@encode.register
def _(count: RowCount) -> dict[str, Any]:
    return {**fields_of(count), "macs": count.cost.macs}


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
        **fields_of(comparison, "rows", "others", "claims", "fits"),
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
