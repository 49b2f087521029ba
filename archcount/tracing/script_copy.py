"""Scripted and traced modules: copies of them, and whose parameters an operation reads."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from archcount.errors import UsageError

SCRIPTED = torch.jit.ScriptModule
"""The class of what `torch.jit.script` and `torch.jit.trace` make of a module."""


def script_copy(
    module: nn.Module, name: str, copied: Callable[[Tensor], Tensor]
) -> tuple[nn.Module, list[nn.Module], list[str]]:
    """Return a copy of a scripted module, all modules that were copied, and remarks.

    It is saved and loaded, so that nothing is left of what torch has fused in earlier calls.
    Constants keep their numbers.

    Args:
        module: the module.
        name: what it is called in messages.
        copied: how its parameters and buffers are copied, one and the same for one and the same.

    Raises:
        UsageError: it holds what cannot be saved.
    """
    buffer = io.BytesIO()
    try:
        torch.jit.save(module, buffer)
        buffer.seek(0)
        copy = torch.jit.load(buffer, map_location="cpu")  # type: ignore[no-untyped-call]
    except RuntimeError as error:
        raise UsageError.of(
            f"{name} is scripted, and cannot be copied: {str(error).strip().splitlines()[0]}",
            allowed="an nn.Module, or a scripted one that torch.jit.save takes",
            remedy="give the module that it was scripted from",
        ) from None
    parts = list(module.modules())
    for part, twin in zip(parts, copy.modules(), strict=True):
        for key, tensor in chain(part._parameters.items(), part._buffers.items()):
            if tensor is not None:
                setattr(twin, key, copied(tensor))
        if hasattr(twin, "_flat_weights_names"):  # recurrent layers keep a list of their weights
            twin._flat_weights = [getattr(twin, key) for key in twin._flat_weights_names]
    told = []
    if len(parts) > 1:
        told.append(
            f"{name} is scripted: operations are counted in the module of it whose parameters they "
            "read, those that read none in the whole of it"
        )
    if not hasattr(module, "training"):
        told.append(f"{name} is frozen: its weights are constants, and not among its params")
    return copy, parts, told


class Owners:
    """Which module has which tensors, in the scripted modules of a model.

    Torch calls no hook when a scripted module runs another that it holds: an operation in it is
    counted in the one whose tensors it reads.

    Args:
        parts: the modules of the model by path.
        keep: returns the number of a tensor's memory.

    Attributes:
        inner: the paths of the scripted modules that others hold.
    """

    def __init__(self, parts: Mapping[str, nn.Module], keep: Callable[[Tensor], int]) -> None:
        self.inner: set[str] = set()
        self._known: dict[str, dict[int, str]] = {}
        for path, part in parts.items():
            if isinstance(part, SCRIPTED) and path not in self.inner:
                known = self._known[path] = {}
                for name, held in part.named_modules(prefix=path):
                    self.inner.add(name)
                    for tensor in (*held._parameters.values(), *held._buffers.values()):
                        if tensor is not None:
                            known.setdefault(keep(tensor), name)
                self.inner.remove(path)

    def of(self, place: str, read: Iterable[int]) -> str:
        """Return the path of the module that an operation is of.

        Args:
            place: the module that is being run.
            read: the memories that the operation reads.
        """
        known = self._known.get(place)
        return place if known is None else next((known[it] for it in read if it in known), place)


def class_name(part: Any) -> str:
    """Return the name of a module's class; of a scripted or exported one, of what it was made from.

    >>> class_name(nn.ReLU())
    'ReLU'
    """
    if isinstance(part, SCRIPTED):
        return part.original_name
    name = type(part).__name__
    if name in _UNFLATTENED and hasattr(part, "type_name"):
        return str(part.type_name() or name).rpartition(".")[2]
    return name


def is_exported(module: nn.Module) -> bool:
    """Return whether a module is what `torch.export` made, which has but one mode."""
    name = getattr(module.train, "__name__", "")  # it puts another in its place
    return type(module).__name__ in _UNFLATTENED or name == "_train"


_UNFLATTENED = frozenset(("UnflattenedModule", "InterpreterModule"))
"""The classes of its modules."""
