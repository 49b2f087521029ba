"""Any PyTorch model counted: a copy of it run once, the model itself left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from archcount.engines.count_request import CountRequest
from archcount.engines.counts import Uncounted
from archcount.engines.language_model import language_count
from archcount.engines.measure import WHOLE
from archcount.engines.memory_timeline import memory_timeline
from archcount.engines.memory_traffic import bytes_moved
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.engines.model_run import run
from archcount.engines.module_state import ModuleState, module_states
from archcount.engines.saved_tensors import SavedTensors, training_memory
from archcount.engines.weight_types import WeightType
from archcount.errors import UsageError
from archcount.loading.inputs import Inputs
from archcount.loading.reference import UserCodeError
from archcount.loading.tokens import TokenInputs, TokenRun
from archcount.tracing.forward_pass import ForwardPass, ModuleTrace
from archcount.tracing.layer_sequence import layers_of
from archcount.tracing.lazy_layers import is_unfit
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.run_context import gc_paused
from archcount.tracing.script_copy import class_name
from archcount.tracing.tensor_specs import bytes_of
from archcount.tracing.traced_layer import LayerSequence

_DEFAULT = CountRequest()


@gc_paused()
def count(
    module: nn.Module, given: Any, *, name: str, request: CountRequest = _DEFAULT
) -> ModelCount:
    """Count one call of a model, and what else is requested; arguments and errors as `run`."""
    return count_pass(module, given, name=name, request=request)[0]


def count_pass(
    module: nn.Module, given: Any, *, name: str, request: CountRequest = _DEFAULT
) -> tuple[ModelCount, ForwardPass]:
    """Count one call of a model, and give the call too; arguments and errors as `run`."""
    weights = WeightType.read(request.dtype) if request.dtype else None
    saved = SavedTensors() if request.train else None
    try:
        with saved or nullcontext():
            copy, inputs, traced = run(module, given, name=name, request=request)
    except (UserCodeError, RuntimeError):
        if saved is None:
            raise
        saved = None  # some code does not run under hooks, such as torch.func.grad
        copy, inputs, traced = run(module, given, name=name, request=request)
    record = counted(copy, inputs, traced, name=name, train=request.train, weights=weights)
    if weights is not None:
        stored = weights.bytes_by_type([*traced.parameters, *traced.buffers])
        record = replace(record, dtype=request.dtype, weight_bytes=stored)
    if isinstance(given, TokenRun) and isinstance(inputs, TokenInputs):
        cache, total = inputs.cache, record.total
        language = language_count(given, cache, copy.parts, traced.parameters, traced, total)
        record = replace(record, language=language)
    if request.has_traffic or request.machine is not None or record.language is not None:
        shares = {
            id(each.untyped_storage()): weights.share(each) if weights else 1.0
            for each in traced.parameters
        }
        pairs = zip(traced.modules, record.modules, strict=True)
        modules = {part.path: each for part, each in pairs}
        moved = bytes_moved(modules, shares, traced, request.machine)
        record = replace(record, machine=request.machine, moved=moved)
    if request.train and not (weights and weights.is_integer):  # quantized weights are not trained
        size = sum(record.weight_bytes.values())
        memory = training_memory(saved, copy.parts, size, traced)
        told = saved.remark() if saved else _NOT_SAVED
        remarks = (*record.remarks, told) if told else record.remarks
        record = replace(record, training=memory, remarks=remarks)
    if request.has_timeline:
        record = replace(record, timeline=memory_timeline(traced))
    return record, traced


_NOT_SAVED = (
    "activations of training are unknown: the model does not run under saved-tensor hooks, by "
    "which they are seen"
)


def counted(
    copy: ModelCopy,
    inputs: Inputs,
    traced: ForwardPass,
    *,
    name: str,
    train: bool,
    weights: WeightType | None = None,
) -> ModelCount:
    """Add what was found in a pass up; arguments as `run` gives and takes them."""
    parts = copy.parts
    held = module_states(parts, traced.held)
    weight_bytes: Counter[torch.dtype] = Counter()
    tensors = {id(tensor): tensor for tensor in (*traced.parameters, *traced.buffers)}
    for tensor in (*tensors.values(), *held[""].packed.values()):
        weight_bytes[tensor.dtype] += bytes_of(tensor)
    return ModelCount(
        name=name,
        version=torch.__version__,
        inputs=str(inputs),
        train=train,
        modules=tuple(
            _measured(
                record,
                parts[record.path],
                held[record.path].sizes,
                _memory(held[record.path], tensors, weights),
            )
            for record in traced.modules
        ),
        unused=_unused(traced),
        weight_bytes={str(kind).removeprefix("torch."): n for kind, n in weight_bytes.items()},
        activation_bytes=traced.activation_bytes,
        peak_bytes=traced.peak_bytes,
        uncounted=tuple(
            Uncounted(op=op, place=record.path or WHOLE, times=times)
            for record in traced.modules
            for op, times in record.missed.items()
        ),
        remarks=_remarks(copy, inputs, traced),
        attention=traced.attention,
        attention_calls=traced.attention_calls,
    )


_DRAWN = (
    "the model reads values computed from its inputs, which were drawn at random: if they "
    "decide what is run, give real ones with --inputs"
)


def _remarks(copy: ModelCopy, inputs: Inputs, traced: ForwardPass) -> tuple[str, ...]:
    unfit = [path for path, part in copy.parts.items() if is_unfit(part)] if copy.is_lazy else []
    told = [f"{path or 'the model'} has no sizes before it is run" for path in unfit]
    known = set(map(id, copy.parts.values()))
    told += [
        f"{path or 'the model'} makes {name} as it runs, which is not among its params"
        for path, part in copy.parts.items()
        for name, child in part._modules.items()
        if child is not None and id(child) not in known
    ]
    told += [_DRAWN] if traced.looks and inputs.is_drawn else []
    return tuple(dict.fromkeys([*copy.remarks, *traced.remarks, *told]))


def model_layers(
    module: nn.Module, given: Any, *, name: str, request: CountRequest
) -> tuple[LayerSequence, int, int, str, tuple[str, ...]]:
    """Run a model in evaluation mode; arguments and errors as `run`.

    Raises:
        UsageError: it is no module, or gives no tensor, so that nothing leads to a result.

    Returns:
        Its layers, the parameters that were used, multiply-accumulates, the inputs as text, and
        remarks.
    """
    copy, inputs, traced = run(module, given, name=name, request=request)
    if not traced.results:
        raise UsageError.of(
            f"{name} gives no tensor that can be seen, so nothing can be compared",
            allowed="a model that returns tensors, in containers or data classes too",
        )
    used = sum(tensor.numel() for tensor in traced.parameters) - _unused(traced)
    remarks = tuple(dict.fromkeys(f"{name}: {remark}" for remark in copy.remarks))
    missed = {op: record.path for record in traced.modules for op in record.missed}
    remarks += tuple(
        f"{name}: uncounted {op} in {path or 'the model'}" for op, path in missed.items()
    )
    return layers_of(traced), used, traced.modules[0].cost.macs, str(inputs), remarks


def _unused(traced: ForwardPass) -> int:
    """Count the numbers in parameters that nothing read."""
    read = {memory for call in traced.calls for memory in call.read}
    unread = (each for each in traced.parameters if id(each.untyped_storage()) not in read)
    return sum(tensor.numel() for tensor in unread)


def _memory(held: ModuleState, tensors: Mapping[int, Tensor], weights: WeightType | None) -> int:
    """Return the bytes of what a module holds, its weights stored in a type that was requested."""
    found = [tensors[each] for each in {**held.parameters, **held.buffers}]
    found += held.packed.values()
    return sum(weights.bytes_by_type(found).values() if weights else map(bytes_of, found))


def _measured(
    record: ModuleTrace, part: nn.Module, sizes: tuple[int, int, int], memory: int
) -> ModuleCount:
    params, trainable, buffers = sizes
    return ModuleCount(
        path=record.path,
        kind=class_name(part),
        level=record.path.count(".") + bool(record.path),
        calls=None if record.is_hidden else record.calls,
        input=record.input,
        output=record.output,
        kernel=_kernel(part),
        params=params,
        trainable=trainable,
        buffers=buffers,
        memory=memory,
        own=record.own,
        cost=record.cost,
        backward=record.backward,
    )


def _kernel(part: nn.Module) -> tuple[int, ...] | None:
    """Return the sizes of a module's kernel, as torch's layers name it."""
    kind, name = type(part), "kernel_size"
    if name not in vars(part) and kind.__getattr__ is nn.Module.__getattr__:
        found = getattr(kind, name, None)  # what is nowhere is looked for long in a module
    else:
        found = None
        with suppress(Exception):  # it may be worked out by code of the model's
            found = getattr(part, name, None)
    sizes = (found,) if isinstance(found, int) else found
    is_known = isinstance(sizes, tuple) and all(isinstance(size, int) for size in sizes)
    return sizes if is_known else None
