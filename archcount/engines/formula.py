"""The formula engine: every number in closed form from the architecture, without torch."""

from __future__ import annotations

from archcount.architecture import Architecture, Node
from archcount.architecture.architecture import WEIGHTED
from archcount.engines.counts import Count, RowCount


def count(architecture: Architecture, *, heads: bool = False) -> Count:
    """Count every row of an architecture for one image.

    >>> from archcount.api.tables import load
    >>> count(load("googlenet").architecture()).total.cost.macs
    1582671872
    """
    return Count(
        engine="formula",
        version="",
        rows=tuple(count_row(row.id, row.node) for row in architecture.rows),
        heads=tuple(count_row(f"heads.{head.at}", head.node) for head in architecture.heads)
        if heads
        else (),
        depth=architecture.depth,
        depth_with_pooling=architecture.depth_with_pooling,
    )


def count_row(name: str, node: Node) -> RowCount:
    """Count one row, or one head."""
    weights, biases, params, buffers, cost = node.tally
    return RowCount(
        id=name,
        input=node.input.printed,
        output=node.output.printed,
        weights=weights,
        biases=biases,
        params=params,
        buffers=buffers,
        cost=cost,
        depth=node.depth(WEIGHTED),
    )
