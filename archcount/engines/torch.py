"""The torch engine: the built module run on the meta device, every operation met at dispatch."""

from __future__ import annotations

import torch

from archcount.architecture import Architecture, Node
from archcount.architecture.builder import assemble
from archcount.engines.counts import Count, RowCount, Uncounted
from archcount.engines.measure import WHOLE, example, make_count, measure, memory_needed
from archcount.tracing.trace import trace
from archcount.tracing.without_weights import without_weights


def count(architecture: Architecture, *, heads: bool = False) -> Count:
    """Count every row of an architecture for one image, without weights or arithmetic.

    Output sizes and parameters are measured on the module; only the depth, which a module
    does not show, is the table's.

    Raises:
        UnavailableError: the network is too large to run, even without its numbers.
    """
    with memory_needed(), torch.no_grad():
        with without_weights():
            network = assemble(architecture).eval()
            images = [example(shape) for shape in architecture.input_shapes]
        run = network.forward_with_heads if heads else None
        traced = trace(network, images, run=run).modules
    found = {record.path: record for record in traced}

    def row(name: str, node: Node) -> RowCount:
        record = found[name]
        assert record.input is not None, f"{name} was not run"
        assert record.output is not None, f"{name} gave no tensor"
        shapes = (record.input[1:], record.output[1:])
        return measure(name, node, network, shapes, record.cost)

    return make_count(
        architecture,
        row,
        engine="torch",
        version=torch.__version__,
        heads=heads,
        uncounted=(
            Uncounted(op=op, place=record.path or WHOLE, times=times)
            for record in traced
            for op, times in record.missed.items()
        ),
    )
