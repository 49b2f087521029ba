"""The torch engine: the built module run on the meta device, every operation met at dispatch."""

from __future__ import annotations

import torch

from archcount.architecture import Architecture
from archcount.architecture.whole import WEIGHTED
from archcount.builder import assemble
from archcount.counting.measure import measure
from archcount.counting.records import Count, RowCount, Uncounted
from archcount.tracing.trace import trace


def count(architecture: Architecture, *, heads: bool = False) -> Count:
    """Count every row of an architecture for one image, without weights or arithmetic.

    Output sizes and parameters are measured on the module; only the depth, which a module
    does not show, is the table's.
    """
    with torch.device("meta"):
        network = assemble(architecture).eval()
        image = torch.empty(1, *architecture.input.dims)
    traced = trace(network, image, network.forward_with_heads if heads else network)
    found = {record.path: record for record in traced}

    def row(name: str, depth: int) -> RowCount:
        record = found[name]
        assert record.input is not None, f"{name} was not run"
        assert record.output is not None, f"{name} gave no tensor"
        shapes = (record.input[1:], record.output[1:])
        return measure(name, network.get_submodule(name), shapes, record.cost, depth)

    return Count(
        engine="torch",
        version=torch.__version__,
        rows=tuple(row(item.id, item.depth) for item in architecture.rows),
        heads=tuple(
            row(f"heads.{head.at}", head.node.depth(WEIGHTED)) for head in architecture.heads
        )
        if heads
        else (),
        depth_with_pooling=architecture.depth_with_pooling,
        uncounted=tuple(
            Uncounted(op=op, place=record.path or "(the network itself)", times=times)
            for record in traced
            for op, times in record.missed.items()
        ),
    )
