"""One pass through a module on the meta device: no weights, no arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_leaves

from archcount.layers import Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.tracing.flow import lifetimes, needed
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import ModuleTrace, Trace

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def trace(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    run: Callable[..., Any] | None = None,
) -> Trace:
    """Run a module on the meta device and say what every part of it costs.

    Hooks are added for the pass and taken away after it.

    Args:
        module: the module, all of it on the meta device.
        args: what it is given in order.
        kwargs: what it is given by name.
        run: how it is run, where not by calling it: a method of it.

    >>> import torch
    >>> layer = nn.Conv2d(3, 8, 3, device="meta")
    >>> image = torch.empty(1, 3, 5, 5, device="meta")
    >>> trace(layer, [image]).modules[0].cost.conv  # 8 x 9 x 27
    1944
    """
    kwargs = kwargs or {}
    given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
    if any(map(is_lazy, (*module.parameters(), *module.buffers()))):
        (run or module)(*args, **kwargs)  # only now do lazy layers know their sizes
    recorder = Recorder([*module.parameters(), *module.buffers()], given)
    found = {part: ModuleTrace(path=path) for path, part in module.named_modules()}
    before: list[str] = []

    def enter(part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        record = found[part]
        before.append(recorder.place)
        recorder.place = record.path
        record.calls += 1
        if record.calls == 1:
            record.input = _shape((args, kwargs))

    def leave(part: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        recorder.place = before.pop()
        if found[part].output is None:
            found[part].output = _shape(output)

    with ExitStack() as stack:
        for part in found:
            stack.callback(part.register_forward_pre_hook(enter, with_kwargs=True).remove)
            stack.callback(part.register_forward_hook(leave).remove)
        with recorder:
            output = (run or module)(*args, **kwargs)
    results = tuple(
        recorder.look(leaf) for leaf in tree_leaves(_plain(output)) if isinstance(leaf, Tensor)
    )
    _sum_up(recorder, found, results)
    inputs = tuple(tensor.untyped_storage()._cdata for tensor in given)
    made = {storage: size for storage, size in recorder.sizes.items() if storage not in inputs}
    return Trace(
        modules=tuple(found.values()),
        calls=tuple(recorder.calls),
        inputs=inputs,
        results=results,
        activation_bytes=sum(made.values()),
        peak_bytes=lifetimes(recorder.calls, recorder.sizes, inputs, results),
    )


def _sum_up(
    recorder: Recorder, found: Mapping[nn.Module, ModuleTrace], results: Sequence[int]
) -> None:
    """Give each module what was met in it and in every module that it holds."""
    used = needed(recorder.calls, results)
    costs: dict[str, list[Cost]] = {}
    backward: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter(recorder.unlearnt)
    for call, is_used in zip(recorder.calls, used, strict=True):
        if call.charge is None:
            missed[call.place, call.operation.name] += 1
            continue
        costs.setdefault(call.place, []).append(call.charge.cost)
        if call.learns and is_used:
            backward[call.place] += call.charge.backward
    for part, record in found.items():
        record.own = Cost.total(costs.get(record.path, ()))
        if isinstance(part, _NORMS):
            record.own = _all_norm(record.own)
    for (path, op), times in missed.items():
        next(record for record in found.values() if record.path == path).missed[op] = times
    for part, record in found.items():
        inside = [found[other] for other in part.modules()]
        record.cost = Cost.total(other.own for other in inside)
        record.backward = sum(backward[other.path] for other in inside)


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of a tensor, or of the first in what holds several."""
    for leaf in tree_leaves(_plain(value)):
        if isinstance(leaf, Tensor):
            return tuple(leaf.shape)
    return None


def _plain(value: Any) -> Any:
    """Show the fields of an output that is a class of its own, such as a data class."""
    if not isinstance(value, Tensor | Mapping | list | tuple) and hasattr(value, "__dict__"):
        return dict(vars(value))
    return dict(value) if isinstance(value, Mapping) else value
