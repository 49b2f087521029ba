"""Activations that are written out: recognised by their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step, places
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer

_MOST = 16
"""Of more steps than these no activation is written."""
_NUMBERS = (-7.3, -3.2, -2.9, -1.7, -0.6, -0.1, 0.3, 0.9, 1.8, 2.7, 3.4, 6.6)
"""Between and beyond the corners of all that are known."""


def activation(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one activation where arithmetic on one tensor comes to it, such as `x * sigmoid(x)`."""
    for root, parts in _expressions(step, steps):
        spec = _read_of(root, parts)
        if spec is None or spec.elements != step.operation.output.elements:
            continue
        try:
            name = _name(_values(root, parts))
        except (RuntimeError, TypeError):  # what torch does with whole numbers alone
            return node
        if name is not None:
            kind, settings = name
            return replace(
                node, kind=kind, settings=settings, sources=(root,), input=spec.shape,
                weights=frozenset(),
            )  # fmt: skip
    return node


def _expressions(step: Step, steps: LayerSteps) -> Iterator[tuple[LayerInput, dict[int, Step]]]:
    """Return each tensor that a step depends on alone, and the steps from it on."""
    last = len(steps.nodes)
    parts = {last: step}
    if not _is_arithmetic(step):
        return
    read = {source for _, source in step.reads() if source is not None}
    while len(parts) < _MOST and read:
        if len(read) == 1 and len(parts) > 1:
            yield next(iter(read)), parts
        at = max(read)
        inner = None if at.layer == INPUT or at.output else steps.steps[at.layer]
        if inner is None or not _is_arithmetic(inner):
            return
        read.discard(at)
        parts[at.layer] = inner
        read |= {source for _, source in inner.reads() if source is not None}


def _is_arithmetic(step: Step) -> bool:
    """Return whether a step works number by number, on nothing but tensors that layers gave."""
    return step.word in _ARITHMETIC and all(source is not None for _, source in step.reads())


def _read_of(root: LayerInput, parts: Mapping[int, Step]) -> TensorSpec | None:
    """Return what is read of a tensor; None where parts of tensors are read, or other ones."""
    seen: TensorSpec | None = None
    for step in parts.values():
        for spec, source in step.reads():
            if source == root:
                if seen is not None and (spec.storage, places(spec)) != (
                    seen.storage,
                    places(seen),
                ):
                    return None
                seen = spec
            elif source is not None:
                made = parts[source.layer].operation.output
                if (spec.storage, places(spec)) != (made.storage, places(made)):
                    return None
    return seen


def _values(root: LayerInput, parts: Mapping[int, Step]) -> Tensor:
    """Return what some steps make of a few numbers."""
    found = {root.layer: torch.tensor(_NUMBERS, dtype=torch.float64)}
    for number in sorted(parts):
        step = parts[number]
        given: dict[str, Any] = {
            name: found[_layer(step, value)] if isinstance(value, TensorSpec) else value
            for name, value in step.operation.arguments.items()
        }
        found[number] = getattr(torch.ops.aten, step.word)(**given)
    return found[max(parts)]


def _layer(step: Step, spec: TensorSpec) -> int:
    source = step.sources[spec.storage]
    assert source is not None
    return source.layer


def _name(values: Tensor) -> tuple[str, dict[str, Any]] | None:
    numbers = torch.tensor(_NUMBERS, dtype=torch.float64)
    for kind, settings, function in _ACTIVATIONS:
        if torch.allclose(values, function(numbers), rtol=1e-5, atol=1e-9):
            return kind, dict(settings)
    return None


_ACTIVATIONS: list[tuple[str, dict[str, Any], Callable[[Tensor], Tensor]]] = [
    ("gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("gelu", {"approximate": "none"}, F.gelu),
    ("silu", {}, F.silu),
    ("sigmoid", {}, torch.sigmoid),
    ("tanh", {}, torch.tanh),
    ("relu", {}, F.relu),
    ("relu6", {}, F.relu6),
    ("hardswish", {}, F.hardswish),
    ("hardsigmoid", {}, F.hardsigmoid),
    ("mish", {}, F.mish),
]
"""Kind and settings as their operators have them."""
_ARITHMETIC = frozenset(
    "add sub rsub mul div neg pow square exp log log1p sqrt rsqrt reciprocal abs tanh sigmoid erf "
    "relu hardtanh clamp clamp_min clamp_max minimum maximum softplus gelu silu".split()
)
