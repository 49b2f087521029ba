"""The parameters and buffers that every module of a model holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.tracing.tensor_specs import numbers_in
from archcount.tracing.torch_internals import state_of


@dataclass(slots=True)
class ModuleState:
    """The tensors of a module and of all that it holds, each once.

    Attributes:
        parameters: by `id`.
        buffers: likewise.
        packed: weights and biases in objects of torch, as layers of eight bits have them.
    """

    parameters: dict[int, Tensor] = field(default_factory=dict)
    buffers: dict[int, Tensor] = field(default_factory=dict)
    packed: dict[tuple[int, int], Tensor] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Parameters, those that take a gradient, and numbers in buffers."""
        known = self.parameters.values()
        return (
            sum([numbers_in(tensor) for tensor in (*known, *self.packed.values())]),
            sum([numbers_in(tensor) for tensor in known if tensor.requires_grad]),
            sum([numbers_in(tensor) for tensor in self.buffers.values()]),
        )

    def add(self, other: ModuleState) -> None:
        """Take what another module holds along."""
        self.parameters.update(other.parameters)
        self.buffers.update(other.buffers)
        self.packed.update(other.packed)


def module_states(
    parts: Mapping[str, nn.Module], own: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]
) -> dict[str, ModuleState]:
    """Return the tensors that every module holds, but those without a size yet.

    Modules are those before the model ran: what it let go is counted, what it made is not.

    Args:
        parts: the model and all that it holds, by path.
        own: parameters and buffers of each by path, as they were before it ran.
    """
    below: dict[str, list[nn.Module]] = {path: [] for path in parts}
    for path, part in parts.items():
        if path:
            below[path.rpartition(".")[0]].append(part)
    paths = {id(part): path for path, part in parts.items()}
    found: dict[int, ModuleState] = {}

    def gather(part: nn.Module) -> ModuleState:
        known = found.get(id(part))
        if known is not None:
            return known
        parameters, buffers = map(_sized, own[paths[id(part)]])
        held = found[id(part)] = ModuleState(parameters, buffers, _packed(part))
        children = [child for child in part._modules.values() if id(child) in paths]
        for child in (*children, *below[paths[id(part)]]):
            held.add(gather(child))  # type: ignore[arg-type]
        return held

    return {path: gather(part) for path, part in parts.items()}


def _sized(tensors: Mapping[str, Tensor | None]) -> dict[int, Tensor]:
    return {
        id(tensor): tensor
        for tensor in tensors.values()
        if tensor is not None and not is_lazy(tensor)
    }


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
