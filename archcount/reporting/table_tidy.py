"""A report as tidy data: one record a row, one value a field, nothing for what is missing."""

from __future__ import annotations

from archcount.layers import CATEGORIES
from archcount.reporting.encoding import Value
from archcount.reporting.table_result import ResultRow, TableResult


def tidy_rows(report: TableResult) -> list[dict[str, Value]]:
    """Give one record per row and head, in base units; totals are left to the reader."""
    columns = report.comparison.columns if report.comparison else ()
    return [_record(row, columns, report.batch) for row in (*report.rows, *report.heads)]


def _record(row: ResultRow, columns: tuple[str, ...], batch: int) -> dict[str, Value]:
    count = row.count
    record: dict[str, Value] = {
        "row": row.id,
        "part": row.part,
        "type": row.label or None,
        "batch": batch,
        "output_c": count.output[0],
        "output_h": count.output[1],
        "output_w": count.output[2],
        "depth": count.depth,
        "weights": count.weights,
        "biases": count.biases,
        "params": count.params,
        "buffers": count.buffers,
        "macs": count.cost.macs,
        **{f"ops_{category}": getattr(count.cost, category) for category in CATEGORIES},
    }
    for column in columns:
        cell = row.cells.get(column)
        verdict = cell.verdict if cell else None
        record |= {
            f"{column}_printed": cell.printed if cell else None,
            f"{column}_verdict": verdict.status if verdict else None,
            f"{column}_why": verdict.why if verdict else None,
            f"{column}_error": float(verdict.error) if verdict and verdict.error else None,
        }
    return record
