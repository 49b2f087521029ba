"""One pass through a module on the meta device: no weights, no arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import nullcontext
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.layers import Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.operators.operation import FREE
from archcount.tracing.attention import AttentionMode
from archcount.tracing.autograd_graph import mark_gradients
from archcount.tracing.complex_convolutions import doubled, third_convolutions
from archcount.tracing.flex_attention import FlexAttention
from archcount.tracing.forward_pass import Call, ForwardPass, ModuleTrace, Own
from archcount.tracing.known_tensor import KnownTensor
from archcount.tracing.known_values import DRAWN
from archcount.tracing.lazy_layers import fit
from archcount.tracing.memory_use import memory_use
from archcount.tracing.module_parts import parts_of
from archcount.tracing.module_stack import ModuleStack
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.recorder import Recorder


def trace(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    run: Callable[..., Any] | None = None,
    parts: Mapping[str, nn.Module] | None = None,
    forbidden: Set[int] = frozenset(),
    known: Iterable[KnownTensor] | None = (),
    attention: str = "full",
) -> ForwardPass:
    """Run a module on the meta device and say what every part of it costs.

    Hooks that torch calls for every module are added for the pass and taken away after it.

    Args:
        module: the module, all of it on the meta device.
        args: what it is given in order.
        kwargs: what it is given by name.
        run: how it is run, where not by calling it: a method of it.
        parts: it and all that it holds by path, where they were looked for before.
        forbidden: modules that must not be run, by `id`: those that this one is a copy of.
        known: tensors on the meta device whose values are known; None in a pass on the CPU.
        attention: the convention by which its products are counted: full, causal or flash.

    Raises:
        UsageError: its code leads back to one of them.

    >>> import torch
    >>> layer = nn.Conv2d(3, 8, 3, device="meta")
    >>> image = torch.empty(1, 3, 5, 5, device="meta")
    >>> trace(layer, [image]).modules[0].cost.conv  # 8 x 9 x 27
    1944
    """
    kwargs = kwargs or {}
    parts = parts_of(module) if parts is None else parts
    found = {part: ModuleTrace(path=path) for path, part in parts.items()}
    held = _held(parts)
    if any(map(is_lazy, _all(held))):
        fit(module, args, kwargs, run.__name__ if run else "forward")
        held = {path: (_sized(one), _sized(two)) for path, (one, two) in _held(parts).items()}
    weights = _all(held)
    given = list(tensors_in((args, kwargs)))
    tensors = (*weights, *given)
    if tensors and not any(tensor.is_meta for tensor in tensors):
        known = None
    recorder = Recorder(weights, given, parts, known)
    convention = None
    if attention != "full":  # every call of torch's goes through it
        convention = recorder.attention = AttentionMode(attention, recorder.numbers_of)
    flex = FlexAttention(convention)
    with (
        ModuleStack(found, recorder, forbidden) as stack,
        flex.shown(),
        recorder,
        convention or nullcontext(),
    ):
        output = (run or module)(*args, **kwargs)
        ends = list(tensors_in(output, use_up=True))  # what a generator does is done now
    return _forward_pass(recorder, found, given, ends, held, stack.elsewhere, flex)


def _forward_pass(
    recorder: Recorder,
    found: Mapping[nn.Module, ModuleTrace],
    given: Sequence[Tensor],
    ends: Sequence[Tensor],
    held: Mapping[str, Own],
    elsewhere: Counter[tuple[str, str]],
    flex: FlexAttention,
) -> ForwardPass:
    """Return what was recorded, with the costs of every module."""
    for record in found.values() if recorder.owners.inner else ():
        record.is_hidden = record.path in recorder.owners.inner
    results = tuple([recorder.keep(tensor) for tensor in ends])
    unseen = mark_gradients(recorder.nodes(), ends) + elsewhere
    if not ends:
        unseen["", "backward of a result without tensors"] += 1
    _add_up(recorder.calls, found, unseen)
    inputs = tuple([recorder.keep(tensor) for tensor in given])
    made = {storage: size for storage, size in recorder.sizes.items() if storage not in inputs}
    convention = recorder.attention
    return ForwardPass(
        modules=tuple(found.values()),
        calls=tuple(recorder.calls),
        inputs=inputs,
        results=results,
        activation_bytes=sum(made.values()),
        memory=memory_use(recorder.calls, recorder.sizes, inputs, results),
        remarks=(*_remarks(recorder), *flex.remarks()),
        looks=recorder.looks,
        attention=convention.convention if convention else "full",
        attention_calls=convention.calls if convention else 0,
        storages=recorder.storages,
        held=held,
        values=recorder.numbers,
    )


def _held(parts: Mapping[str, nn.Module]) -> dict[str, Own]:
    """Return the parameters and buffers of modules by path."""
    return {path: (_there(part._parameters), _there(part._buffers)) for path, part in parts.items()}


def _there(tensors: Mapping[str, Tensor | None]) -> Sequence[Tensor]:
    return [tensor for tensor in tensors.values() if tensor is not None] if tensors else ()


def _sized(tensors: Iterable[Tensor]) -> list[Tensor]:
    return [tensor for tensor in tensors if not is_lazy(tensor)]


def _all(held: Mapping[str, Own]) -> list[Tensor]:
    return [tensor for own in held.values() for kind in own for tensor in kind]


def _remarks(recorder: Recorder) -> tuple[str, ...]:
    told = [_CAST] if recorder.is_cast else []
    looked_at = dict(recorder.numbers.looked_at) if recorder.numbers else {}
    if DRAWN in looked_at:
        told.append(
            "the model reads values that it draws at random: if they decide what is run, "
            "another draw may give another count"
        )
        del looked_at[DRAWN]
    if looked_at:
        told.append(
            f"the model reads values of its inputs, assumed here: {', '.join(looked_at)}; "
            "if they decide what is run, give real ones with --inputs"
        )
    if recorder.numbers:
        told += recorder.numbers.beyond
    return tuple(told)


_CAST = (
    "autocast has no effect on the meta device: bytes are those without it; for those under "
    "autocast on a CPU, run with --device cpu"
)

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def _add_up(
    calls: Sequence[Call],
    found: Mapping[nn.Module, ModuleTrace],
    unseen: Mapping[tuple[str, str], int],
) -> None:
    """Assign to each module the costs of the calls in it, and in the modules that it holds."""
    records = {record.path: record for record in found.values()}
    norms = {record.path for part, record in found.items() if isinstance(part, _NORMS)}
    own: dict[str, list[Cost]] = {}
    costs: dict[frozenset[str], list[Cost]] = {}
    backward: Counter[frozenset[str]] = Counter()
    missed: Counter[tuple[str, str]] = Counter(unseen)
    thirds = third_convolutions(calls)
    for number, call in enumerate(calls):
        charge = call.pattern.charge
        if number in thirds and charge is not None:
            charge = doubled(charge)
        if charge is None:
            missed[call.place, call.pattern.operation.name] += 1
        elif charge is not FREE:
            cost = _all_norm(charge.cost) if call.place in norms else charge.cost
            own.setdefault(call.place, []).append(cost)
            costs.setdefault(call.within, []).append(cost)
            if call.has_gradient:
                backward[call.within] += charge.backward
    for path, each in own.items():
        records[path].own = _total(each)
    for (path, op), times in missed.items():
        records[path].missed[op] = times
    while_run: dict[str, list[Cost]] = {}
    for within, each in costs.items():
        cost = _total(each)
        for path in within:
            while_run.setdefault(path, []).append(cost)
            records[path].backward += backward[within]
    for path, each in while_run.items():
        records[path].cost = _total(each)


def _total(costs: Sequence[Cost]) -> Cost:
    return Cost.total(costs) if len(costs) > 1 else costs[0]


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))
