"""The fvcore engine: the built module traced, its operations summed by module and operator.

fvcore's "flop" is a multiply-accumulate. Convolutions and linear layers are counted by
its own handles; what it does not count, or counts otherwise without a trained scale (batch
normalisation), is counted by the handles here, from the shapes in the trace; what nobody counts
is reported.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor, nn

from archcount.architecture import Architecture, Node
from archcount.architecture.builder import assemble
from archcount.architecture.network import Network
from archcount.engines.counts import Count, RowCount, Uncounted
from archcount.engines.fvcore_handles import HANDLES
from archcount.engines.measure import (
    WHOLE,
    example,
    make_count,
    measure,
    memory_needed,
    require_memory,
)
from archcount.layers import CATEGORIES, Cost, Shape
from archcount.layers.classic_modules import AddedBias
from archcount.layers.modules import ChannelShift
from archcount.layers.token_modules import FixedPositions, LearnedPositions, SegmentEmbedding
from archcount.tracing.without_weights import without_weights

with warnings.catch_warnings():
    # fvcore 0.1.5 compiles a few losses with torch.jit.script when it is imported. torch 2.14 warns
    # users of it, not developers alone.
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
    from fvcore.nn import FlopCountAnalysis

Shapes = dict[str, tuple[tuple[int, ...], tuple[int, ...]]]
"""The input and output shape of every row, without the batch."""

_CATEGORY_OF: Mapping[str, str] = {
    "conv": "conv",
    "linear": "linear",
    "addmm": "linear",
    "matmul": "matmul",
    "bmm": "matmul",
    "einsum": "matmul",
    "norm": "norm",
    "bias": "bias",
    "activation": "activation",
    "pool": "pool",
    "softmax": "softmax",
    "add": "add",
    "mul": "scale",
    "other": "other",
}
"""The cost category of each name that a handle counts under."""
_AS_A_WHOLE: Mapping[type, str] = {
    nn.LocalResponseNorm: "norm",
    LearnedPositions: "bias",
    FixedPositions: "bias",
    SegmentEmbedding: "bias",
    AddedBias: "bias",
    ChannelShift: "bias",
}
"""What every operation of a module counts as, where its operations do not say it."""


def count(architecture: Architecture, *, heads: bool = False) -> Count:
    """Count every row of an architecture for one image, by tracing the built module.

    Output sizes and parameters are measured on the module; only the depth, which a module
    does not show, is the table's.

    Raises:
        UnavailableError: there is not the memory to run the network.
    """
    with without_weights():
        network = assemble(architecture).eval()
    require_memory(network)
    with memory_needed():
        # Module.to_empty would import a compiler's symbols for the first meta tensor that it meets.
        zeros: dict[Tensor, Tensor] = {}  # one of each, so that what is tied stays it
        state = network.state_dict(keep_vars=True)
        for tensor in state.values():
            made = torch.zeros(tensor.shape, dtype=tensor.dtype)
            zeros[tensor] = nn.Parameter(made) if isinstance(tensor, nn.Parameter) else made
        network.load_state_dict(
            {name: zeros[tensor] for name, tensor in state.items()}, assign=True
        )
        with torch.no_grad(), _watched(network, heads=heads) as shapes:
            analysis = _analysis(network, architecture.input_shapes, heads=heads)
            by_module = analysis.by_module_and_operator()

    operators = {name: _operators(name, network, by_module) for name in shapes}

    def row(name: str, node: Node) -> RowCount:
        return measure(name, node, network, shapes[name], _cost(operators[name]))

    return make_count(
        architecture,
        row,
        engine="fvcore",
        version=version("fvcore"),
        heads=heads,
        uncounted=(*_unhandled(network, analysis), *_without_category(operators)),
    )


class _Probe(nn.Module):
    """Runs a network with its heads in eval mode, so that no statistics are needed."""

    def __init__(self, network: Network, *, heads: bool) -> None:
        super().__init__()
        self.network = network
        self.with_heads = heads

    def forward(self, *inputs: Tensor) -> Any:
        if not self.with_heads:
            return self.network(*inputs)
        outputs = self.network.forward_with_heads(*inputs)
        return (outputs.main, *outputs.heads)


@contextmanager
def _watched(network: Network, *, heads: bool) -> Iterator[Shapes]:
    """Measure the input and output shape of every row and head while the network is traced.

    A pass of its own on the meta device would not be free: its first one imports a compiler.
    """
    shapes: Shapes = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            # Sizes are tensors in a trace.
            before, after = (tuple(map(int, each.shape[1:])) for each in (inputs[0], output))
            shapes[name] = (before, after)

        return hook

    names = [*network.rows]
    if heads:
        names += [f"heads.{at}" for at in network.loss_weights]
    hooks = [network.get_submodule(name).register_forward_hook(watch(name)) for name in names]
    try:
        yield shapes
    finally:
        for hook in hooks:
            hook.remove()


def _analysis(network: Network, shapes: Sequence[Shape], *, heads: bool) -> FlopCountAnalysis:
    inputs = tuple(example(shape) for shape in shapes)
    analysis = FlopCountAnalysis(_Probe(network, heads=heads), inputs)
    analysis.set_op_handle(**HANDLES)
    analysis.unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return analysis.tracer_warnings("none")


def _operators(name: str, network: Network, by_module: Mapping[str, Counter[str]]) -> Counter[str]:
    """Sum the operations under one module by the names that handles count under.

    Every operation inside a local response normalisation belongs to it; additions of trained
    vectors are of biases.
    """
    found = Counter(by_module[f"network.{name}"])
    for path, module in network.get_submodule(name).named_modules(prefix=name):
        if (whole := _AS_A_WHOLE.get(type(module))) is not None:
            inside = by_module[f"network.{path}"]
            found.subtract(inside)
            found[whole] += sum(inside.values())
    return +found


def _cost(operators: Counter[str]) -> Cost:
    categories: Counter[str] = Counter()
    for operator, operations in operators.items():
        if operator in _CATEGORY_OF:
            categories[_CATEGORY_OF[operator]] += int(operations)
    return Cost(**{category: categories[category] for category in CATEGORIES})


def _without_category(operators: Mapping[str, Counter[str]]) -> Iterable[Uncounted]:
    """List the operations that a handle counted and no cost category takes."""
    for place, found in operators.items():
        for operator in sorted(found.keys() - _CATEGORY_OF.keys()):
            yield Uncounted(op=operator, place=place, times=1)


def _unhandled(network: Network, analysis: FlopCountAnalysis) -> Iterable[Uncounted]:
    """List the operations without a handle, each at the innermost module that met it."""
    for path, module in network.named_modules():
        name = ".".join(part for part in ("network", path) if part)
        own = Counter(analysis.unsupported_ops(name))
        for child, _ in module.named_children():
            own.subtract(analysis.unsupported_ops(f"{name}.{child}"))
        for op, times in sorted(own.items()):
            if times > 0:
                yield Uncounted(op=op, place=path or WHOLE, times=times)
