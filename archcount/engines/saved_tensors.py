"""The tensors that autograd saves for the backward pass, in full and with layers checkpointed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from archcount.engines.training_memory import MASTER, OPTIMIZERS, TrainingMemory
from archcount.tracing.forward_pass import ForwardPass


class SavedTensors(saved_tensors_hooks):
    """Notes the memories of the tensors that autograd saves while it is entered.

    Attributes:
        memories: the storages by their `id`, kept so that no number is used twice.
    """

    def __init__(self) -> None:
        self.memories: dict[int, Any] = {}
        self._cells: list[list[Tensor]] = []
        super().__init__(self._pack, _unpack)

    def _pack(self, tensor: Tensor) -> list[Tensor]:
        storage = tensor.untyped_storage()
        self.memories[id(storage)] = storage
        cell = [tensor]
        self._cells.append(cell)
        return cell

    def __exit__(self, *args: object) -> None:
        """Let the tensors go, which may lead back to the nodes that keep them."""
        super().__exit__(*args)
        for cell in self._cells:
            cell.clear()


def _unpack(cell: list[Tensor]) -> Tensor:
    return cell[0]


def training_memory(
    saved: SavedTensors,
    parts: Mapping[str, nn.Module],
    weights: int,
    traced: ForwardPass,
) -> TrainingMemory:
    """Estimate the memory of training.

    Args:
        saved: what autograd saved in the pass.
        parts: the modules of the model by path.
        weights: bytes of its parameters and buffers.
        traced: the pass.
    """
    trained = [tensor for tensor in traced.parameters if tensor.requires_grad]
    numbers = sum(tensor.numel() for tensor in trained)
    short = sum(tensor.numel() for tensor in trained if tensor.element_size() == 2)
    kept = _Kept(saved, parts, traced)
    return TrainingMemory(
        weights=weights,
        gradients=sum(tensor.nbytes for tensor in trained),
        master=MASTER * short,
        optimizers={name: size * numbers for name, size in OPTIMIZERS.items()},
        activations=kept.bytes(kept.saved),
        scores=kept.bytes(kept.scores),
        checkpointed=kept.checkpointed() if kept.layers else None,
        layers=len(kept.layers),
    )


class _Kept:
    """The memories that autograd keeps, and the layer that made each."""

    def __init__(
        self, saved: SavedTensors, parts: Mapping[str, nn.Module], traced: ForwardPass
    ) -> None:
        self._traced = traced
        self.layers = frozenset(_repeated(parts))
        self.made_in: dict[int, str] = {}
        softmax = set()
        for call in traced.calls:
            layer = self._layer(call.within)
            for memory in call.memories[call.pattern.reads :]:
                if memory not in call.read:
                    self.made_in.setdefault(memory, layer)
                if "softmax" in call.pattern.operation.name:
                    softmax.add(memory)
        self.saved = {memory for memory in saved.memories if memory in self.made_in}
        self.scores = self.saved & softmax

    def bytes(self, memories: Iterable[int]) -> int:
        return sum(self._traced.storages[memory].nbytes() for memory in memories)

    def checkpointed(self) -> int:
        """Return the bytes where each layer is run anew from what it was given."""
        within: defaultdict[str, set[int]] = defaultdict(set)
        for memory in self.saved:
            within[self.made_in[memory]].add(memory)
        kept = within.pop("", set())
        for call in self._traced.calls:
            layer = self._layer(call.within)
            if layer:
                kept |= {memory for memory in call.read if self.made_in.get(memory, layer) != layer}
        return self.bytes(kept) + max(map(self.bytes, within.values()), default=0)

    def _layer(self, within: frozenset[str]) -> str:
        return next(iter(within & self.layers), "")


def _repeated(parts: Mapping[str, nn.Module]) -> Iterator[str]:
    """Yield the paths of layers that a list has several of, the outermost ones."""
    found: set[str] = set()
    for path, part in parts.items():
        if not isinstance(part, nn.ModuleList | nn.Sequential):
            continue
        if any(path.startswith(f"{outer}.") for outer in found):
            continue
        holders = {name: child for name, child in part.named_children() if any(child.children())}
        kinds = Counter(type(child) for child in holders.values())
        for name, child in holders.items():
            if kinds[type(child)] > 1:
                inner = f"{path}.{name}".removeprefix(".")
                found.add(inner)
                yield inner
