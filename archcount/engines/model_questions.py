"""A model counted with what else is asked of it: of its tokens and its weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from archcount.engines import model_run, models
from archcount.engines.language import language_count
from archcount.engines.model_count import ModelCount
from archcount.engines.moved import Machine
from archcount.engines.saved_tensors import SavedTensors, training_memory
from archcount.engines.traffic import bytes_moved
from archcount.engines.weight_types import WeightType
from archcount.loading.tokens import TokenInputs, TokenRun
from archcount.tracing.run_context import gc_paused
from archcount.tracing.tensor_specs import bytes_of


@gc_paused()
def count(
    module: nn.Module,
    given: Any,
    *,
    name: str,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
    dtype: str = "",
    machine: Machine | None = None,
    is_moved: bool = False,
    attention: str = "full",
) -> ModelCount:
    """Count one call of a model, and answer what is asked of it; errors as `model_run.run`.

    Args:
        module: the model.
        given: its inputs, or a `TokenRun`.
        name: what the model is called in messages.
        batch: how many images an input such as `3x224x224` stands for.
        train: in training mode.
        device: `meta`, or `cpu` for a model that must see numbers.
        dtype: the type that weights are stored in.
        machine: what it is run on.
        is_moved: whether the bytes that it moves are asked for, also without a machine.
        attention: the convention by which its products are counted.
    """
    weights = WeightType.read(dtype) if dtype else None
    saved = SavedTensors()
    with saved if train else nullcontext():
        copy, inputs, traced = model_run.run(
            module,
            given,
            name=name,
            batch=batch,
            train=train,
            device=device,
            weights=weights,
            attention=attention,
        )
    record = models.counted(copy, inputs, traced, name=name, train=train)
    parameters = copy.module.parameters
    if weights is not None:
        tensors = [*parameters(), *copy.module.buffers()]
        record = replace(record, dtype=dtype, weight_bytes=_stored(tensors, weights))
    if isinstance(given, TokenRun) and isinstance(inputs, TokenInputs):
        cache, total = inputs.cache, record.total
        language = language_count(given, cache, copy.parts, list(parameters()), traced, total)
        record = replace(record, language=language)
    if is_moved or machine is not None or record.language is not None:
        stored = {id(each.untyped_storage()): _share(each, weights) for each in parameters()}
        pairs = zip(traced.modules, record.modules, strict=True)
        modules = {part.path: each for part, each in pairs}
        moved = bytes_moved(modules, stored, traced, machine)
        record = replace(record, machine=machine, moved=moved)
    if train and not (weights and weights.is_integer):  # what is quantised is not trained
        size = sum(record.weight_bytes.values())
        record = replace(record, training=training_memory(saved, copy.parts, size, traced))
    return record


def _share(tensor: Tensor, weights: WeightType | None) -> float:
    """Return how many bytes of a parameter are stored for one of the computation."""
    if weights is None or not tensor.is_floating_point():
        return 1.0
    return weights.bits / 8 / tensor.element_size()


def _stored(tensors: Iterable[Tensor], weights: WeightType) -> dict[str, int]:
    """Return the bytes of weights and buffers by type; trained numbers in the type stored."""
    numbers, found = 0, Counter[str]()
    for tensor in tensors:
        if isinstance(tensor, nn.Parameter) and tensor.is_floating_point():
            numbers += tensor.numel()
        else:
            found[str(tensor.dtype).removeprefix("torch.")] += bytes_of(tensor)
    stored = weights.name if weights.is_integer else weights.computed
    found[stored] += weights.bytes(numbers)
    return {name: size for name, size in sorted(found.items()) if size}
