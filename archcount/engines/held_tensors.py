"""The parameters and buffers that every module of a model holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn.parameter import is_lazy


@dataclass(slots=True)
class HeldTensors:
    """The tensors of a module and of all that it holds, each once, by `id`."""

    parameters: dict[int, Tensor] = field(default_factory=dict)
    buffers: dict[int, Tensor] = field(default_factory=dict)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Parameters, those that take a gradient, and numbers in buffers."""
        known = self.parameters.values()
        return (
            sum([tensor.numel() for tensor in known]),
            sum([tensor.numel() for tensor in known if tensor.requires_grad]),
            sum([tensor.numel() for tensor in self.buffers.values()]),
        )


def held_tensors(parts: Mapping[str, nn.Module]) -> dict[str, HeldTensors]:
    """Return the tensors that every module holds, but those without a size yet.

    Modules are those before the model ran: what it let go is counted, what it made is not.
    """
    below: dict[str, list[nn.Module]] = {path: [] for path in parts}
    for path, part in parts.items():
        if path:
            below[path.rpartition(".")[0]].append(part)
    paths = {id(part): path for path, part in parts.items()}
    found: dict[int, HeldTensors] = {}

    def gather(part: nn.Module) -> HeldTensors:
        known = found.get(id(part))
        if known is not None:
            return known
        held = found[id(part)] = HeldTensors(_own(part._parameters), _own(part._buffers))
        children = [child for child in part._modules.values() if id(child) in paths]
        for child in (*children, *below[paths[id(part)]]):
            each = gather(child)  # type: ignore[arg-type]
            held.parameters.update(each.parameters)
            held.buffers.update(each.buffers)
        return held

    return {path: gather(part) for path, part in parts.items()}


def _own(tensors: Mapping[str, Tensor | None]) -> dict[int, Tensor]:
    return {
        id(tensor): tensor
        for tensor in tensors.values()
        if tensor is not None and not is_lazy(tensor)
    }
