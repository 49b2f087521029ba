"""The tensors that autograd saves for the backward pass, in full and with layers checkpointed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from archcount.engines.training_memory import MASTER, OPTIMIZERS, TrainingMemory
from archcount.tracing.forward_pass import ForwardPass
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.process_state import same_process
from archcount.tracing.torch_internals import HOOKS_ENTERED, selected


class SavedTensors(saved_tensors_hooks):
    """Notes the memories of the tensors that autograd saves while it is entered.

    Torch calls the innermost hooks alone: of what goes through hooks of the model's own, the
    tensors that these give are noted instead, wherever they lie.

    Attributes:
        memories: the storages by their `id`, kept so that no number is used twice.
        has_hooks: whether the model has hooks of its own.
        is_known: whether all that they give has tensors; others may keep them elsewhere.
        is_checkpointed: whether the model has checkpoints, which keep what selective ones select.
    """

    def __init__(self) -> None:
        self.memories: dict[int, Any] = {}
        self.has_hooks = self.is_checkpointed = False
        self.is_known = True
        self._cells: list[list[Tensor]] = []
        self._selected: dict[int, Any] = {}
        super().__init__(self._pack, _unpack)

    def _note(self, tensor: Tensor) -> None:
        storage = tensor.untyped_storage()
        self.memories[id(storage)] = storage

    def _pack(self, tensor: Tensor) -> list[Tensor]:
        self._note(tensor)
        cell = [tensor]
        self._cells.append(cell)
        return cell

    def _packed(self, pack: Callable[[Tensor], Any], tensor: Tensor) -> Any:
        """Pack a tensor by a hook of the model's own."""
        packed = pack(tensor)
        if getattr(pack, "__module__", "") == "torch.utils.checkpoint":
            self.is_checkpointed = True
            self._selected.update((id(each), each) for each in selected())
            return packed
        self.has_hooks = True
        given = [*tensors_in(packed)]
        self.is_known = self.is_known and bool(given)
        for each in given:
            self._note(each)
        return packed

    def __enter__(self) -> None:
        """Have other threads wait, as the function that hooks are entered by is one for all.

        Raises:
            RuntimeError: hooks are disabled.
        """
        with ExitStack() as stack:
            stack.enter_context(same_process())
            super().__enter__()
            owner, name = HOOKS_ENTERED
            enter = getattr(owner, name)

            def entering(pack: Any, unpack: Any) -> None:
                enter(partial(self._packed, pack), unpack)

            stack.enter_context(patch.object(owner, name, entering))
            self._around = stack.pop_all()

    def __exit__(self, *args: object) -> None:
        """Let the tensors go, which may lead back to the nodes that keep them."""
        with self._around:
            super().__exit__(*args)
        for tensor in tensors_in(self._selected):
            self._note(tensor)
        self._selected.clear()
        for cell in self._cells:
            cell.clear()

    def remark(self) -> str:
        """Say what is not known of the activations, or what hooks change; empty without hooks."""
        if not self.is_known:
            return (
                "activations of training are unknown: a saved-tensor hook of the model's own packs "
                "a tensor to something that has none, and may keep it elsewhere"
            )
        if self.has_hooks:
            return (
                "activations of training include, instead of what goes through saved-tensor hooks "
                "of the model's own, the tensors that these pack it to, on whatever device"
            )
        return ""


def _unpack(cell: list[Tensor]) -> Tensor:
    return cell[0]


def training_memory(
    saved: SavedTensors | None,
    parts: Mapping[str, nn.Module],
    weights: int,
    traced: ForwardPass,
) -> TrainingMemory:
    """Estimate the memory of training.

    Args:
        saved: what autograd saved in the pass; None where nothing is known of it.
        parts: the modules of the model by path.
        weights: bytes of its parameters and buffers.
        traced: the pass.
    """
    trained = [tensor for tensor in traced.parameters if tensor.requires_grad]
    numbers = sum(tensor.numel() for tensor in trained)
    short = sum(tensor.numel() for tensor in trained if tensor.element_size() == 2)
    kept = _Kept(saved, parts, traced) if saved is not None and saved.is_known else None
    return TrainingMemory(
        weights=weights,
        gradients=sum(tensor.nbytes for tensor in trained),
        master=MASTER * short,
        optimizers={name: size * numbers for name, size in OPTIMIZERS.items()},
        activations=kept.bytes(kept.saved) if kept else None,
        scores=kept.bytes(kept.scores) if kept else None,
        checkpointed=kept.checkpointed() if kept and kept.layers else None,
        layers=len(kept.layers) if kept else 0,
    )


class _Kept:
    """The memories that autograd keeps, and the layer that made each."""

    def __init__(
        self, saved: SavedTensors, parts: Mapping[str, nn.Module], traced: ForwardPass
    ) -> None:
        self._traced = traced
        missed = {op for part in traced.modules for op in part.missed}
        is_checkpointed = saved.is_checkpointed or any("CheckpointFunction" in op for op in missed)
        # Of layers that have checkpoints, it is not seen what they keep without.
        self.layers = frozenset(() if is_checkpointed else _repeated(parts))
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
