"""One pass through a module on the meta device: no weights, no arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from torch import Tensor, nn

from archcount.layers import Cost
from archcount.layers.cost import MAC_CATEGORIES
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import ModuleTrace

_NORMS = (nn.LocalResponseNorm, nn.RMSNorm)
"""Modules that torch does as several operations, all of which belong to the norm."""


def trace(module: nn.Module, inputs: Tensor, run: Callable[[Tensor], Any]) -> list[ModuleTrace]:
    """Run a module on the meta device and say what every part of it costs.

    Hooks are added for the pass and taken away after it.

    Args:
        module: the module, all of it on the meta device.
        inputs: what it is given.
        run: how it is run: the module itself, or a method of it.

    >>> import torch
    >>> layer = nn.Conv2d(3, 8, 3, device="meta")
    >>> trace(layer, torch.empty(1, 3, 5, 5, device="meta"), layer)[0].cost.conv  # 8 x 9 x 27
    1944
    """
    weights = [*module.parameters(), *module.buffers()]
    recorder = Recorder(module, weights, [inputs])
    found = {part: ModuleTrace(path=path) for path, part in module.named_modules()}
    before: list[nn.Module] = []

    def enter(part: nn.Module, given: tuple[Any, ...]) -> None:
        before.append(recorder.place)
        recorder.place = part
        if found[part].input is None:
            found[part].input = _shape(given[0] if given else None)

    def leave(part: nn.Module, given: tuple[Any, ...], output: Any) -> None:
        recorder.place = before.pop()
        if found[part].output is None:
            found[part].output = _shape(output)

    with ExitStack() as stack:
        for part in found:
            stack.callback(part.register_forward_pre_hook(enter).remove)
            stack.callback(part.register_forward_hook(leave).remove)
        with recorder:
            run(inputs)
    _sum_up(recorder, found)
    return list(found.values())


def _sum_up(recorder: Recorder, found: Mapping[nn.Module, ModuleTrace]) -> None:
    """Give each module what was met in it and in every module that it holds."""
    own = {part: Cost.total(recorder.costs.get(part, ())) for part in found}
    for part in found:
        if isinstance(part, _NORMS):
            own[part] = _all_norm(own[part])
    for part, record in found.items():
        inside = set(part.modules())
        record.cost = Cost.total(own[other] for other in inside)
        record.backward = sum(recorder.backward[other] for other in inside)
        for (place, op), times in recorder.missed.items():
            if place is part:
                record.missed[op] = times


def _all_norm(cost: Cost) -> Cost:
    counts = cost.as_dict()
    macs = {name: counts[name] for name in MAC_CATEGORIES}
    return Cost(**macs, norm=sum(counts.values()) - sum(macs.values()))


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of a tensor, or of the first in a tuple."""
    if isinstance(value, tuple | list) and value:
        return _shape(value[0])
    return tuple(value.shape) if isinstance(value, Tensor) else None
