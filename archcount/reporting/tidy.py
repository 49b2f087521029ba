"""A report as tidy data: one record a row, one value a field, nothing for what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archcount.layers import CATEGORIES
from archcount.reporting.exports import Value
from archcount.reporting.records import ReportRow, TableReport

if TYPE_CHECKING:
    import pandas as pd


def tidy_rows(report: TableReport) -> list[dict[str, Value]]:
    """Give one record per row and head, in base units; totals are left to the reader."""
    columns = report.comparison.columns if report.comparison else ()
    return [_record(row, columns, report.batch) for row in (*report.rows, *report.heads)]


def _record(row: ReportRow, columns: tuple[str, ...], batch: int) -> dict[str, Value]:
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


def to_frame(report: TableReport) -> pd.DataFrame:
    """Give the tidy records as a data frame, rows by name."""
    import pandas as pd

    records: list[dict[str, Any]] = [dict(record) for record in tidy_rows(report)]
    return pd.DataFrame.from_records(records, index="row")
