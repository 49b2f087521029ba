"""A table report as JSON and CSV: the stable formats for other tools."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archcount.comparison import (
    Cell,
    ComparedClaim,
    Comparison,
    Explanation,
    Verdict,
    believed,
)
from archcount.comparison.conventions import describe
from archcount.engines import RowCount
from archcount.reporting.exports import to_csv, to_json
from archcount.reporting.records import ReportRow, TableReport
from archcount.reporting.tidy import tidy_rows

TABLE_SCHEMA = "archcount.table/1"
"""The name and version of the JSON form of a table report."""


def table_csv(report: TableReport) -> str:
    """Write a report as CSV, one line per row and head."""
    return to_csv(tidy_rows(report))


def table_json(report: TableReport) -> str:
    """Write a report as JSON, `archcount.table/1`."""
    source = report.source
    return to_json(
        {
            "schema": TABLE_SCHEMA,
            "name": report.name,
            "variant": report.variant or None,
            "source": {
                "title": source.title,
                "arxiv": source.arxiv or None,
                "table": source.table or None,
                "url": source.url or None,
            },
            "input": list(report.input),
            "batch": report.batch,
            "rows": [_row(row) for row in report.rows],
            "heads": [_row(row) for row in report.heads],
            "totals": _totals(report),
            "claims": [_claim(claim) for claim in report.comparison.claims]
            if report.comparison
            else [],
            "comparison": _comparison(report.comparison) if report.comparison else None,
            "engines": [
                {
                    "name": engine.name,
                    "version": engine.version or None,
                    "agrees": engine.agrees,
                    "weights": engine.total.weights,
                    "params": engine.total.params,
                    "macs": engine.total.cost.macs,
                }
                for engine in report.engines
            ],
            "disagreements": [
                {"row": item.row, "what": item.what, "values": item.values}
                for item in report.disagreements
            ],
            "notes": list(report.notes),
            "uncounted": [
                {"op": item.op, "place": item.place, "times": item.times}
                for item in report.uncounted
            ],
            "warnings": [{"what": item.what, "advice": item.advice} for item in report.warnings],
        }
    )


def _counted(count: RowCount) -> dict[str, Any]:
    return {
        "weights": count.weights,
        "biases": count.biases,
        "params": count.params,
        "buffers": count.buffers,
        "macs": count.cost.macs,
        "depth": count.depth,
        "cost": count.cost.as_dict(),
    }


def row_record(count: RowCount, label: str, cells: Mapping[str, Cell]) -> dict[str, Any]:
    """Give a row as JSON holds it."""
    return {
        "id": count.id,
        "type": label or None,
        "input": list(count.input),
        "output": list(count.output),
        **_counted(count),
        "cells": [_cell(cell) for cell in cells.values()],
    }


def explanation_record(item: Explanation) -> dict[str, Any]:
    """Give a reading as JSON holds it."""
    return {
        "why": item.why,
        "what": item.what,
        "declared": item.declared,
        "believed": believed(item),
        "bits": round(item.bits, 2),
        "evidence": round(item.evidence, 2),
        "cells": list(item.cells),
        "conventions": {name: describe(found) for name, found in item.conventions.items()},
        "output": list(item.count.output),
        **_counted(item.count),
        "engines": list(item.engines),
    }


def _row(row: ReportRow) -> dict[str, Any]:
    return row_record(row.count, row.label, row.cells)


def _totals(report: TableReport) -> dict[str, Any]:
    with_heads = report.total_with_heads
    return {
        **_counted(report.total.count),
        "depth_with_pooling": report.depth_with_pooling,
        "flops": report.total.count.cost.flops(),
        "with_heads": _counted(with_heads.count) if with_heads else None,
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "verdict": verdict.status,
        "why": verdict.why,
        "sentence": verdict.sentence,
        "error": None if verdict.error is None else float(verdict.error),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    computed = cell.computed
    return {
        "column": cell.column,
        "printed": cell.printed,
        "computed": list(computed) if isinstance(computed, tuple) else computed,
        **_verdict(cell.verdict),
    }


def _claim(claim: ComparedClaim) -> dict[str, Any]:
    computed = claim.computed
    return {
        "what": claim.what,
        "printed": claim.printed,
        "from": claim.source,
        "computed": float(computed) if isinstance(computed, Fraction) else computed,
        **_verdict(claim.verdict),
        "figures": dict(claim.figures) or None,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "batch": 1,
        "columns": list(comparison.columns),
        "headings": dict(comparison.headings),
        "conventions": dict(comparison.conventions),
        "best_conventions": {
            column: {
                "convention": describe(fits[0].convention),
                "fits": len(fits[0].fits),
                "printed": len(fits[0].fits) + len(fits[0].misses),
            }
            for column, fits in comparison.fits.items()
        },
        "explanations": {
            row.id: explanation_record(row.explanations[0])
            for row in comparison.rows
            if row.explanations
        },
        "contradictions": [
            {
                "why": item.why,
                "row": item.row or None,
                "cells": list(item.cells),
                "odd": item.odd or None,
                "claim": item.claim or None,
                "sentence": item.sentence,
            }
            for item in comparison.contradictions
        ],
        "verdicts": {
            column: dict(sorted(comparison.tally(column).items())) for column in comparison.columns
        },
    }
