"""The parameters and buffers that every module of a model holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from archcount.tracing.forward_pass import Own
from archcount.tracing.tensor_specs import numbers_in
from archcount.tracing.torch_internals import state_of


class ModuleState(NamedTuple):
    """The tensors of a module and of all that it holds, each once.

    Attributes:
        parameters: how many numbers each has, by the `id` of the tensor.
        trainable: likewise of those that take a gradient.
        buffers: likewise.
        packed: weights and biases in objects of torch, as layers of eight bits have them.
    """

    parameters: dict[int, int]
    trainable: dict[int, int]
    buffers: dict[int, int]
    packed: dict[tuple[int, int], Tensor]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Parameters, those that take a gradient, and numbers in buffers."""
        packed = sum(map(numbers_in, self.packed.values())) if self.packed else 0
        trainable, buffers = sum(self.trainable.values()), sum(self.buffers.values())
        return sum(self.parameters.values()) + packed, trainable, buffers

    def add(self, other: ModuleState) -> None:
        """Take what another module holds along."""
        self.parameters.update(other.parameters)
        self.trainable.update(other.trainable)
        self.buffers.update(other.buffers)
        self.packed.update(other.packed)


def module_states(parts: Mapping[str, nn.Module], own: Mapping[str, Own]) -> dict[str, ModuleState]:
    """Return the tensors that every module holds.

    Modules are those before the model ran: what it let go is counted, what it made is not.

    Args:
        parts: the model and all that it holds, by path.
        own: parameters and buffers of each by path, as they were before it ran.
    """
    below: dict[str, list[nn.Module]] = {path: [] for path in parts}
    for path, part in parts.items():
        if path:
            below[path.rpartition(".")[0]].append(part)
    paths = {part: path for path, part in parts.items()}
    found: dict[nn.Module, ModuleState] = {}
    for part in parts.values():
        _gather(part, paths, own, below, found)
    return {path: found[part] for path, part in parts.items()}


def _gather(
    part: nn.Module,
    paths: Mapping[nn.Module, str],
    own: Mapping[str, Own],
    below: Mapping[str, Sequence[nn.Module]],
    found: dict[nn.Module, ModuleState],
) -> ModuleState:
    """Return what a module holds, and note it in `found`.

    A function within another would lead to itself, and keep the model until cycles are looked for.
    """
    known = found.get(part)
    if known is not None:
        return known
    path = paths[part]
    held = found[part] = _held(part, own[path])
    for child in {*part._modules.values(), *below[path]}:
        if child is not None and child in paths:
            held.add(_gather(child, paths, own, below, found))
    return held


def _held(part: nn.Module, own: Own) -> ModuleState:
    """Return the tensors of a module without those of modules that it holds."""
    has_packed = torch.ScriptObject in map(type, vars(part).values())
    held = ModuleState({}, {}, {}, _packed(part) if has_packed else {})
    parameters, buffers = own
    for tensor in parameters:
        held.parameters[id(tensor)] = numbers_in(tensor)
        if tensor.requires_grad:
            held.trainable[id(tensor)] = numbers_in(tensor)
    for tensor in buffers:
        held.buffers[id(tensor)] = numbers_in(tensor)
    return held


_PACKED = re.compile(r"\.classes\.(quantized|rnn)\.")
"""In the name of the class of such an object: a module may hold others."""


def _packed(part: nn.Module) -> dict[tuple[int, int], Tensor]:
    """Return the weights and biases that a module keeps in objects of torch."""
    return {
        (id(value), place): tensor
        for value in vars(part).values()
        if isinstance(value, torch.ScriptObject) and _PACKED.search(str(value))
        for place, tensor in enumerate(_unpacked(value))
    }


def _unpacked(value: Any) -> Iterator[Tensor]:
    """Yield the tensors in a packed object: a layer's, or both of a recurrent layer's."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _unpacked(item)
    elif hasattr(value, "unpack"):
        yield from _unpacked(value.unpack())
    elif value is not None:
        # Biases stand in a list before the packed layers, which have them too.
        yield from _unpacked(state_of(value)[-1:])
