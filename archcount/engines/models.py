"""Any PyTorch model counted: a copy of it run once, the model itself left alone."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from archcount.engines.counts import Uncounted
from archcount.engines.held_tensors import held_tensors
from archcount.engines.measure import WHOLE, memory_needed
from archcount.engines.model_count import ModelCount, ModuleCount
from archcount.engines.weight_types import WeightType
from archcount.errors import ArchcountError, UsageError, quote
from archcount.loading.inputs import Inputs, check_batch, make_inputs
from archcount.loading.reference import users_code
from archcount.loading.tokens import TokenRun
from archcount.tracing.forward_pass import ForwardPass, ModuleTrace
from archcount.tracing.layer_sequence import layers_of
from archcount.tracing.model_copy import ModelCopy, is_unfit
from archcount.tracing.run_context import counting_context, gc_paused
from archcount.tracing.script_copy import class_name
from archcount.tracing.tensor_specs import bytes_of
from archcount.tracing.trace import trace
from archcount.tracing.traced_layer import LayerSequence


def run(
    module: nn.Module,
    given: Any,
    *,
    name: str,
    batch: int = 1,
    train: bool = False,
    device: str = "meta",
    weights: WeightType | None = None,
) -> tuple[ModelCopy, Inputs, ForwardPass]:
    """Run a copy of a model once.

    Args:
        module: the model.
        given: its inputs, as `make_inputs` takes or gives them, or how many tokens it is given.
        name: what the model is called in messages.
        batch: how many images an input such as `3x224x224` stands for.
        train: in training mode.
        device: `meta`, or `cpu` for a model that must see numbers.
        weights: how weights are stored, which says the type of the computation.

    Raises:
        UsageError: it is no module, or the inputs are none.
        UserCodeError: the model raised something.
        UnavailableError: it is too large to run.
    """
    _check(module)
    while True:
        was_imported = _COMPILER in sys.modules
        try:
            found = _run(module, given, name, batch, train, device, weights)
        except ArchcountError:
            if was_imported or _COMPILER not in sys.modules:
                raise
        else:
            if was_imported or _COMPILER not in sys.modules:
                return found
        # The first use of some operators, such as torch.cond and checkpoints, imports the
        # compiler, and what that import computes was recorded as the model's: run it again.


_COMPILER = "torch._dynamo"


def _run(
    module: nn.Module,
    given: Any,
    name: str,
    batch: int,
    train: bool,
    device: str,
    weights: WeightType | None,
) -> tuple[ModelCopy, Inputs, ForwardPass]:
    """Run a copy of a model, whatever torch imports meanwhile."""
    with counting_context(), memory_needed("take a smaller --input"):
        with _failures(name, "", device):
            copy = ModelCopy(module, device)
            copy.set_mode(train)
            if weights is not None:
                weights.convert(copy.module)
        inputs = given
        if isinstance(given, TokenRun):
            with _failures(name, str(given), device):
                inputs = given.inputs(copy.module)
        elif not isinstance(given, Inputs):
            check_batch(given, batch)
            inputs = make_inputs(given, batch=batch, dtype=_dtype(copy.module), device=device)
        with _failures(name, str(inputs), device):
            traced = trace(
                copy.module,
                inputs.args,
                inputs.kwargs,
                parts=copy.parts,
                forbidden=copy.originals,
            )
    return copy, inputs, traced


def _check(module: Any) -> None:
    if isinstance(module, nn.Module):
        return
    kind = type(module).__name__
    what, remedy = f"a {kind} as model", ""
    if isinstance(module, type):
        what, remedy = f"the class {module.__name__} as model", f"make one: {module.__name__}(...)"
    raise UsageError.of(what, allowed="an nn.Module, or a table", remedy=remedy)


@gc_paused()
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
    found = run(module, given, name=name, batch=batch, train=train, device=device)
    return counted(*found, name=name, train=train)


def counted(
    copy: ModelCopy, inputs: Inputs, traced: ForwardPass, *, name: str, train: bool
) -> ModelCount:
    """Add what was found in a pass up; arguments as `run` gives and takes them."""
    parts = copy.parts
    held = held_tensors(parts, traced.held)
    parameters = held[""].parameters
    weight_bytes: Counter[str] = Counter()
    plain = {**parameters, **held[""].buffers}
    for tensor in (*plain.values(), *held[""].packed.values()):
        weight_bytes[str(tensor.dtype).removeprefix("torch.")] += bytes_of(tensor)
    return ModelCount(
        name=name,
        version=torch.__version__,
        inputs=str(inputs),
        train=train,
        modules=tuple(
            _measured(record, class_name(parts[record.path]), held[record.path].sizes)
            for record in traced.modules
        ),
        unused=_unused(parameters.values(), traced),
        weight_bytes=dict(weight_bytes),
        activation_bytes=traced.activation_bytes,
        peak_bytes=traced.peak_bytes,
        uncounted=tuple(
            Uncounted(op=op, place=_printable(record.path) or WHOLE, times=times)
            for record in traced.modules
            for op, times in record.missed.items()
        ),
        remarks=_remarks(copy, traced),
    )


def _remarks(copy: ModelCopy, traced: ForwardPass) -> tuple[str, ...]:
    unfit = [path for path, part in copy.parts.items() if is_unfit(part)] if copy.is_lazy else []
    told = [f"{path or 'the model'} has no sizes before it is run" for path in unfit]
    known = set(map(id, copy.parts.values()))
    told += [
        f"{path or 'the model'} makes {name} as it runs, which is not among its params"
        for path, part in copy.parts.items()
        for name, child in part._modules.items()
        if child is not None and id(child) not in known
    ]
    return tuple(dict.fromkeys(map(_printable, [*copy.remarks, *traced.remarks, *told])))


def model_layers(
    module: nn.Module, given: Any, *, name: str, batch: int, device: str
) -> tuple[LayerSequence, int, int, str, tuple[str, ...]]:
    """Run a model in evaluation mode; arguments and errors as `run`.

    Raises:
        UsageError: it is no module, or gives no tensor, so that nothing leads to a result.

    Returns:
        Its layers, the parameters that were used, multiply-accumulates, the inputs as text, and
        remarks.
    """
    if not isinstance(module, nn.Module):
        is_class = isinstance(module, type)
        what = f"the class {module.__name__}" if is_class else quote(repr(module))
        raise UsageError.of(
            f"{what} is not a model",
            allowed="a table, its name, package.module:callable, or a module",
            remedy="call it first" if is_class else "",
        )
    copy, inputs, traced = run(module, given, name=name, batch=batch, device=device)
    if not traced.results:
        raise UsageError.of(
            f"{name} gives no tensor that can be seen, so nothing can be compared",
            allowed="a model that returns tensors, in containers or data classes too",
        )
    params = sum(tensor.numel() for tensor in copy.module.parameters())
    used = params - _unused(copy.module.parameters(), traced)
    remarks = tuple(dict.fromkeys(f"{name}: {remark}" for remark in copy.remarks))
    missed = {op: record.path for record in traced.modules for op in record.missed}
    remarks += tuple(
        f"{name}: uncounted {op} in {path or 'the model'}" for op, path in missed.items()
    )
    return layers_of(traced), used, traced.modules[0].cost.macs, str(inputs), remarks


def _unused(parameters: Iterable[Tensor], traced: ForwardPass) -> int:
    """Count the numbers in parameters that nothing read."""
    read = {memory for call in traced.calls for memory in call.read}
    return sum(tensor.numel() for tensor in parameters if id(tensor.untyped_storage()) not in read)


def _measured(record: ModuleTrace, kind: str, sizes: tuple[int, int, int]) -> ModuleCount:
    params, trainable, buffers = sizes
    return ModuleCount(
        path=_printable(record.path),
        kind=kind,
        level=record.path.count(".") + bool(record.path),
        calls=None if record.is_hidden else record.calls,
        input=record.input,
        output=record.output,
        params=params,
        trainable=trainable,
        buffers=buffers,
        own=record.own,
        cost=record.cost,
        backward=record.backward,
    )


def _printable(path: str) -> str:
    r"""Write a path in one line: a name may hold any character, such as a line feed.

    >>> print(_printable("layers.a\nb"))
    layers.a\nb
    """
    return path if path.isprintable() else repr(path)[1:-1]


def _dtype(module: nn.Module) -> torch.dtype:
    """Return the type of a model's own numbers."""
    for tensor in chain(module.parameters(), module.buffers()):
        if tensor.is_floating_point():
            return tensor.dtype
    return torch.float32


def _failures(name: str, inputs: str, device: str) -> Any:
    remedy = "if it takes another input, say so with --input"
    if device == "meta":
        remedy += "; if it needs the numbers of its tensors, add --device cpu"
    return users_code(f"{name} failed on {inputs or 'no input'}", remedy)
