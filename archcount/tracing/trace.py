"""One pass through a module on the meta device: no weights, no arithmetic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence, Set
from contextlib import ExitStack
from itertools import accumulate
from operator import attrgetter
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.nn.parameter import is_lazy

from archcount.errors import Problem, UsageError
from archcount.layers import CATEGORIES, Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.tracing.containers import tensors_in
from archcount.tracing.flow import lifetimes, needed
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import FREE, ModuleTrace, Trace

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def trace(
    module: nn.Module,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    run: Callable[..., Any] | None = None,
    forbidden: Set[int] = frozenset(),
) -> Trace:
    """Run a module on the meta device and say what every part of it costs.

    Hooks that torch calls for every module are added for the pass and taken away after it.

    Args:
        module: the module, all of it on the meta device.
        args: what it is given in order.
        kwargs: what it is given by name.
        run: how it is run, where not by calling it: a method of it.
        forbidden: modules that must not be run, by `id`: those that this one is a copy of.

    Raises:
        UsageError: its code leads back to one of them.

    >>> import torch
    >>> layer = nn.Conv2d(3, 8, 3, device="meta")
    >>> image = torch.empty(1, 3, 5, 5, device="meta")
    >>> trace(layer, [image]).modules[0].cost.conv  # 8 x 9 x 27
    1944
    """
    kwargs = kwargs or {}
    weights = [*module.parameters(), *module.buffers()]
    if any(map(is_lazy, weights)):
        (run or module)(*args, **kwargs)  # only now do lazy layers know their sizes
        weights = [*module.parameters(), *module.buffers()]
    given = list(tensors_in((args, kwargs)))
    recorder = Recorder(weights, given)
    found = {part: ModuleTrace(path=path) for path, part in module.named_modules()}
    before: list[tuple[str, int]] = []
    spans: dict[str, list[tuple[int, int]]] = {}
    within: Counter[str] = Counter()

    def enter(part: nn.Module, args: tuple[Any, ...]) -> None:
        record = found.get(part)
        if record is None:
            if id(part) in forbidden:
                raise UsageError(
                    Problem(
                        what=f"the model's code leads back to the model itself: a function that "
                        f"it holds runs a {type(part).__name__} that is not the copy's, so it "
                        "cannot be counted and left alone",
                        remedy="make the function a method of the model",
                    )
                )
            return
        before.append((recorder.place, len(recorder.calls)))
        recorder.place = record.path
        within[record.path] += 1
        record.calls += 1
        if record.calls == 1:
            record.input = _shape(args)

    def leave(part: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        record = found.get(part)
        if record is None:
            return
        recorder.place, start = before.pop()
        within[record.path] -= 1
        if not within[record.path]:  # what calls itself is counted from the outside
            spans.setdefault(record.path, []).append((start, len(recorder.calls)))
        if record.output is None:
            record.output = _shape(output)

    with ExitStack() as stack:
        stack.callback(register_module_forward_pre_hook(enter).remove)
        # A module that fails is left too: the one that holds it may go on without it.
        stack.callback(register_module_forward_hook(leave, always_call=True).remove)
        with recorder:
            output = (run or module)(*args, **kwargs)
            if isinstance(output, Generator):
                output = list(output)
    ends = list(tensors_in(output))
    results = tuple(recorder.look(tensor) for tensor in ends)
    spans[""] = [(0, len(recorder.calls))]
    learnt = [tensor.untyped_storage()._cdata for tensor in ends if tensor.requires_grad]
    if not ends:
        recorder.unlearnt["", "backward of a result without tensors"] += 1
    _sum_up(recorder, found, spans, learnt)
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
    recorder: Recorder,
    found: Mapping[nn.Module, ModuleTrace],
    spans: Mapping[str, Sequence[tuple[int, int]]],
    learnt: Sequence[int],
) -> None:
    """Give each module what was done while it was run."""
    used = needed(recorder.calls, learnt)
    records = {record.path: record for record in found.values()}
    norms = {record.path for part, record in found.items() if isinstance(part, _NORMS)}
    rows: list[Sequence[int]] = []
    own: dict[str, list[Cost]] = {}
    backward: Counter[str] = Counter()
    missed: Counter[tuple[str, str]] = Counter(recorder.unlearnt)
    for call, is_used in zip(recorder.calls, used, strict=True):
        rows.append(_NOTHING)
        if call.charge is None:
            missed[call.place, call.operation.name] += 1
        elif call.charge is not FREE:
            cost = _all_norm(call.charge.cost) if call.place in norms else call.charge.cost
            back = call.charge.backward if call.learns and is_used else 0
            own.setdefault(call.place, []).append(cost)
            backward[call.place] += back
            rows[-1] = (*_counts(cost), back)
    for path, costs in own.items():
        records[path].own = Cost.total(costs) if len(costs) > 1 else costs[0]
    for (path, op), times in missed.items():
        records[path].missed[op] = times
    # Sums over all calls up to each, of the categories that are met: a span is a difference.
    sums = {
        name: list(accumulate(column, initial=0))
        for name, column in zip(_NAMES, zip(*rows, strict=True), strict=False)
        if any(column)
    }
    inside: dict[str, list[ModuleTrace]] = {}
    for path, record in reversed(list(records.items())):  # what is held before what holds it
        if path in spans:
            (start, end), *others = spans[path]
            numbers = {name: column[end] - column[start] for name, column in sums.items()}
            for start, end in others:
                for name, column in sums.items():
                    numbers[name] += column[end] - column[start]
            record.backward = numbers.pop("backward", 0)
            record.cost = Cost(**numbers)
        else:  # what is not run itself, such as a list of modules, has what they have
            held = inside.get(path, [])
            record.cost = Cost.total([record.own, *(other.cost for other in held)])
            record.backward = backward[path] + sum(other.backward for other in held)
        inside.setdefault(path.rpartition(".")[0], []).append(record)


_NAMES = (*CATEGORIES, "backward")
_NOTHING = (0,) * len(_NAMES)
_counts = attrgetter(*CATEGORIES)


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of a tensor, or of the first in what holds several."""
    if isinstance(value, tuple) and value:
        value = value[0] if isinstance(value[0], Tensor) else value
    if isinstance(value, Tensor):
        return tuple(value.shape)
    first = next(tensors_in(value), None)
    return None if first is None else tuple(first.shape)
