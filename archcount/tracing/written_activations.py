"""Activations that are written out: recognised by their values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from archcount.operators.operation import TensorSpec
from archcount.operators.products import rounded
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer

_MOST = 20
"""Of more steps than these no activation is written."""
_NUMBERS = (
    -7.3, -3.2, -2.9, -1.7, -0.6, -0.1, 0.3, 0.9, 1.8, 2.7, 3.4, 6.6, 23.8, 311.0, -26.2, -290.0,
)  # fmt: skip
"""Between and beyond the corners of all that are known, and where others cut off: at 20, say."""


def activation(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one activation where arithmetic on one tensor comes to it, such as `x * sigmoid(x)`."""
    if node.kind in _KINDS:
        return node
    for root, parts in _expressions(step, steps):
        spec = _read_of(root, parts, steps)
        if spec is None or spec.elements != step.operation.output.elements:
            continue
        try:
            name = _name(_values(root, parts, steps))
        except (RuntimeError, TypeError):  # what torch does with whole numbers alone
            return node
        if name is not None and name[0] != node.kind:
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
    if not _is_arithmetic(step, steps):
        return
    read = {source for _, source in step.reads() if source is not None}
    while len(parts) < _MOST and read:
        if len(read) == 1:
            yield next(iter(read)), parts
        at = max(read)
        inner = None if at.layer == INPUT or at.output else steps.steps[at.layer]
        if inner is None or not _is_arithmetic(inner, steps):
            return
        read.discard(at)
        parts[at.layer] = inner
        read |= {source for _, source in inner.reads() if source is not None}


def _is_arithmetic(step: Step, steps: LayerSteps) -> bool:
    """Return whether a step works number by number, on what layers gave and on known numbers."""
    return step.word in _ARITHMETIC and all(
        source is not None or steps.uniform(spec) is not None for spec, source in step.reads()
    )


def _read_of(root: LayerInput, parts: Mapping[int, Step], steps: LayerSteps) -> TensorSpec | None:
    """Return what is read of a tensor; None where parts of tensors are read, or other ones."""
    seen: TensorSpec | None = None
    for step in parts.values():
        for spec, source in step.reads():
            if source == root:
                if seen is not None and steps.lies(spec) != steps.lies(seen):
                    return None
                seen = spec
            elif source is not None:
                made = parts[source.layer].operation.output
                if steps.lies(spec) != steps.lies(made):
                    return None
    return seen


def _values(root: LayerInput, parts: Mapping[int, Step], steps: LayerSteps) -> Tensor:
    """Return what some steps make of a few numbers."""
    found = {root.layer: torch.tensor(_NUMBERS, dtype=torch.float64)}

    def read(step: Step, value: Any) -> Any:
        if not isinstance(value, TensorSpec):
            return value
        source = step.sources.get(value.storage)
        if source is not None:
            return found[source.layer]
        return torch.tensor(steps.uniform(value), dtype=torch.float64)

    for number in sorted(parts):
        step = parts[number]
        given = {name: read(step, value) for name, value in step.operation.arguments.items()}
        made = getattr(torch.ops.aten, step.word)(**given)
        found[number] = made if isinstance(made, Tensor) else made[0]
    return found[max(parts)]


def _name(values: Tensor) -> tuple[str, dict[str, Any]] | None:
    """Return the activation that gives some values for the few numbers, None where none does."""
    numbers = torch.tensor(_NUMBERS, dtype=torch.float64)
    slope = rounded(float(values[0] / numbers[0]))
    if not values.is_floating_point():
        return None
    for kind, settings, known in _known():
        if torch.allclose(values, known, rtol=1e-5, atol=1e-9):
            return kind, dict(settings)
    leaky = F.leaky_relu(numbers, negative_slope=slope)
    if 0 < slope < 0.99 and torch.allclose(values, leaky, rtol=1e-5, atol=1e-9):
        return "leaky relu", {"negative_slope": slope}
    low, high = float(values.min()), float(values.max())
    is_cut = min(_NUMBERS) < low < high < max(_NUMBERS)
    if is_cut and torch.allclose(values, numbers.clamp(low, high), rtol=1e-5, atol=1e-9):
        return "hardtanh", {"by": f"{low:g} to {high:g}"}
    return None


@cache
def _known() -> list[tuple[str, dict[str, Any], Tensor]]:
    """Return the activations with what they give for the few numbers."""
    numbers = torch.tensor(_NUMBERS, dtype=torch.float64)
    return [(kind, settings, function(numbers)) for kind, settings, function in _ACTIVATIONS]


_Activation = tuple[str, dict[str, Any], Callable[[Tensor], Tensor]]
_ACTIVATIONS: list[_Activation] = [
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
    ("softplus", {"beta": 1, "threshold": 20}, F.softplus),
    ("log sigmoid forward", {}, F.logsigmoid),
    ("elu", {"alpha": 1, "scale": 1, "input_scale": 1}, F.elu),
    (
        "elu",
        {"alpha": 1.6732632423543772, "scale": 1.0507009873554805, "input_scale": 1},
        F.selu,
    ),
    ("gelu", {"approximate": "sigmoid"}, lambda x: x * torch.sigmoid(1.702 * x)),
]
"""Kind and settings as their operators have them."""
_KINDS = frozenset(kind for kind, _, _ in _ACTIVATIONS)
_ARITHMETIC = frozenset(
    "add sub rsub mul div neg pow square exp expm1 log log1p sqrt rsqrt reciprocal abs tanh "
    "sigmoid erf erfc relu leaky_relu elu hardtanh hardsigmoid threshold clamp clamp_min "
    "clamp_max minimum maximum softplus log_sigmoid_forward gelu silu gt ge lt le where "
    "masked_fill".split()
)
