"""What differs between two models as data: JSON and the lines of a data frame."""

from __future__ import annotations

from typing import Any

from archcount.difference import (
    LayerFinding,
    ModelDifference,
    TracedLayer,
    describe,
    findings,
    is_another_network,
)
from archcount.reporting.encoding import Value, encode, fields_of


def totals_of(found: ModelDifference) -> list[tuple[str, int, int]]:
    """Return the totals of both sides by what they count."""
    left, right = found.left, found.right
    return [("params used", left.params, right.params), ("MACs", left.macs, right.macs)]


@encode.register
def _(layer: TracedLayer) -> dict[str, Any]:
    return {
        "path": layer.path,
        "layer": describe(layer),
        "input": list(layer.input),
        "output": list(layer.output),
    }


@encode.register
def _(finding: LayerFinding) -> dict[str, Any]:
    return {
        "words": str(finding),
        "differs": finding.alone,
        **fields_of(finding, "pairs", "is_everywhere", "numbers"),
        "numbers": dict(finding.by_row),
        "layers": [pair.place for pair in finding.pairs],
    }


@encode.register
def _(found: ModelDifference) -> dict[str, Any]:
    return {
        "left": found.left.name,
        "right": found.right.name,
        **fields_of(found, "left", "right", "rows", "mapped"),
        "changed": found.is_changed,
        "rows": [
            {"row": row.name, "verdict": row.verdict, "layers": encode(row.pairs)}
            for row in found.rows
        ],
        "unexplained": found.is_unexplained,
        "another_network": is_another_network(found),
        "findings": encode(findings(found)),
        "totals": {
            what.split()[0].lower(): {"left": one, "right": other, "difference": other - one}
            for what, one, other in totals_of(found)
        },
    }


def tidy_pairs(found: ModelDifference) -> list[dict[str, Value]]:
    """Return one line a layer."""
    return [
        {
            "row": row.name,
            "place": pair.place,
            "verdict": pair.verdict,
            "left": describe(pair.left) if pair.left else None,
            "right": describe(pair.right) if pair.right else None,
            "left_path": pair.left.path if pair.left else None,
            "right_path": pair.right.path if pair.right else None,
            "changes": "; ".join(map(str, pair.changes)) or None,
            "remarks": "; ".join(pair.remarks) or None,
            "block": pair.block or None,
        }
        for row in found.rows
        for pair in row.pairs
    ]
