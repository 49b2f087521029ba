"""Any PyTorch model counted: a shadow of it run once, the model itself left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from archcount.architecture import Architecture
from archcount.builder import assemble
from archcount.counting.measure import WHOLE, memory_needed
from archcount.counting.model_records import ModelCount, ModuleCount
from archcount.counting.records import Uncounted
from archcount.loading.inputs import Inputs, make_inputs
from archcount.loading.reference import users_code
from archcount.tracing.records import ModuleTrace, Trace
from archcount.tracing.shadow import Shadow
from archcount.tracing.surroundings import undisturbed
from archcount.tracing.trace import trace


def built(architecture: Architecture) -> nn.Module:
    """Build the module of a table without weights."""
    with torch.device("meta"):
        return assemble(architecture)


def run(
    module: nn.Module,
    given: Any,
    *,
    name: str,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
) -> tuple[Shadow, Inputs, Trace]:
    """Run a shadow of a model once.

    Args:
        module: the model.
        given: its inputs, as `make_inputs` takes them.
        name: what the model is called in messages.
        batch: how many images an input such as `3x224x224` stands for.
        train: in training mode.
        device: `meta`, or `cpu` for a model that must see numbers.

    Raises:
        UsageError: the inputs are none, or a part of the model is scripted.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.
    """
    shadow = Shadow(module, device)
    shadow.module.train(train)
    smaller = "take a smaller --input"
    with memory_needed(smaller):
        inputs = make_inputs(given, batch=batch, dtype=_dtype(module), device=device)
    with undisturbed(), _failures(name, str(inputs), device), memory_needed(smaller):
        traced = trace(shadow.module, inputs.args, inputs.kwargs)
    return shadow, inputs, traced


def count(
    module: nn.Module,
    given: Any,
    *,
    name: str,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
) -> ModelCount:
    """Count one call of a model; arguments and errors as `run`."""
    shadow, inputs, traced = run(module, given, name=name, batch=batch, train=train, device=device)
    parts = dict(shadow.module.named_modules())
    tensors = {id(item): item for item in _tensors(shadow.module)}
    weight_bytes: Counter[str] = Counter()
    for tensor in tensors.values():
        weight_bytes[str(tensor.dtype).removeprefix("torch.")] += tensor.nbytes
    return ModelCount(
        name=name,
        version=torch.__version__,
        inputs=str(inputs),
        train=train,
        modules=tuple(_measured(record, parts) for record in traced.modules),
        unused=unused(shadow.module, traced),
        weight_bytes=dict(weight_bytes),
        activation_bytes=traced.activation_bytes,
        peak_bytes=traced.peak_bytes,
        uncounted=tuple(
            Uncounted(op=op, place=record.path or WHOLE, times=times)
            for record in traced.modules
            for op, times in record.missed.items()
        ),
        remarks=tuple(dict.fromkeys(shadow.remarks)),
    )


def unused(module: nn.Module, traced: Trace) -> int:
    """Count the parameters that nothing read."""
    read = {spec.storage for call in traced.calls for spec in call.operation.tensors()}
    return sum(
        tensor.numel()
        for tensor in module.parameters()
        if tensor.untyped_storage()._cdata not in read
    )


def _measured(record: ModuleTrace, parts: Mapping[str, nn.Module]) -> ModuleCount:
    part = parts[record.path]
    parameters = list(part.parameters())
    return ModuleCount(
        path=record.path,
        kind=type(part).__name__,
        level=record.path.count(".") + bool(record.path),
        calls=record.calls,
        input=record.input,
        output=record.output,
        params=sum(tensor.numel() for tensor in parameters),
        trainable=sum(tensor.numel() for tensor in parameters if tensor.requires_grad),
        buffers=sum(tensor.numel() for tensor in part.buffers()),
        own=record.own,
        cost=record.cost,
        backward=record.backward,
    )


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _dtype(module: nn.Module) -> torch.dtype:
    """Give the type of a model's own numbers."""
    for tensor in _tensors(module):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def _failures(name: str, inputs: str, device: str) -> Any:
    remedy = "the model must take this input: say what it takes with --input"
    if device == "meta":
        remedy += "; one that looks at the numbers of its tensors runs with --device cpu"
    return users_code(f"{name} failed on {inputs or 'no input'}", remedy)
