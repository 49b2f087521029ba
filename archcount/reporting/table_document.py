"""A table report as JSON."""

from __future__ import annotations

from typing import Any

from archcount.reporting.comparison_encoding import encode, fields_of
from archcount.reporting.table_result import TableResult


def table_document(result: TableResult) -> dict[str, Any]:
    """Return a table report's fields for JSON, the sums together under `totals`."""
    total, with_heads = result.total.count, result.total_with_heads
    comparison = result.comparison
    return {
        **fields_of(result, "total", "total_with_heads", "depth_with_pooling", "is_printed"),
        "totals": {
            **encode(total),
            "depth_with_pooling": result.depth_with_pooling,
            "flops": total.cost.flops(),
            "with_heads": encode(with_heads.count) if with_heads else None,
        },
        "claims": [encode(claim) for claim in comparison.claims] if comparison else [],
    }
