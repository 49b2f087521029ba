"""The layers of a model in the order of what they read, for a comparison with another model."""

from __future__ import annotations

from typing import Any

from torch import nn

from archcount.engines.models import run, unused
from archcount.errors import Problem, UsageError, quote
from archcount.tracing.layer_sequence import layers_of
from archcount.tracing.traced_layer import LayerSequence


def model_layers(
    module: nn.Module, given: Any, *, name: str, batch: int, device: str
) -> tuple[LayerSequence, int, int, str, tuple[str, ...]]:
    """Run a model in evaluation mode; arguments and errors as `models.run`.

    Raises:
        UsageError: it is no module, or gives no tensor, so that nothing leads to a result.

    Returns:
        Its layers, the parameters that were used, multiply-accumulates, the inputs as text, and
        remarks.
    """
    if not isinstance(module, nn.Module):
        is_class = isinstance(module, type)
        what = f"the class {module.__name__}" if is_class else quote(repr(module))
        raise UsageError(
            Problem(
                what=f"{what} is not a model",
                allowed="a table, its name, package.module:callable, or a module",
                remedy="call it first" if is_class else "",
            )
        )
    copy, inputs, traced = run(module, given, name=name, batch=batch, device=device)
    if not traced.results:
        raise UsageError(
            Problem(
                what=f"{name} gives no tensor that can be seen, so nothing can be compared",
                allowed="a model that returns tensors, in containers or data classes too",
            )
        )
    params = sum(tensor.numel() for tensor in copy.module.parameters())
    used = params - unused(copy.module.parameters(), traced)
    remarks = tuple(dict.fromkeys(f"{name}: {remark}" for remark in copy.remarks))
    missed = {op: record.path for record in traced.modules for op in record.missed}
    remarks += tuple(
        f"{name}: uncounted {op} in {path or 'the model'}" for op, path in missed.items()
    )
    return layers_of(traced), used, traced.modules[0].cost.macs, str(inputs), remarks
