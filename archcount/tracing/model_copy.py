"""A copy of a model without its numbers, so that the model itself is never touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Set
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.errors import UsageError
from archcount.tracing.known_tensor import KnownTensor, has_numbers
from archcount.tracing.module_parts import parts_of, tensors_of
from archcount.tracing.object_copy import SIMPLE, Copier
from archcount.tracing.script_copy import SCRIPTED, is_exported, script_copy
from archcount.tracing.torch_internals import (
    COMPILED,
    FORWARD_HOOKS,
    OTHER_HOOKS,
    PARTS,
    SHARDING,
)

_WRAPPERS = {
    "OptimizedModule": ("_orig_mod", "compiled"),
    "DistributedDataParallel": ("module", "wrapped in DistributedDataParallel"),
    "DataParallel": ("module", "wrapped in DataParallel"),
}
"""Where wrappers of torch keep the module, and what they make of it."""
_HOLDERS = frozenset((dict, list, set, OrderedDict))


class ModelCopy:
    """The copy of a model.

    Tensors become tensors of the same shapes, types and ties; what else a module holds is
    copied too. Hooks of torch (weight norm, lazy modules) are taken along, others are not.

    Args:
        module: the model.
        device: `meta` for tensors without numbers, `cpu` for copies of the numbers.

    Attributes:
        module: the copy.
        parts: it and all modules that it holds, by path.
        is_lazy: whether some of its layers know their sizes only when they have run.
        remarks: what was taken away.
        originals: the modules that were copied, by `id`: what a pass must not run.
        known: tensors on the meta device with their numbers: masks and indices of the model.

    Raises:
        UsageError: it holds a scripted module that cannot be saved, or has no numbers where it
            needs them.

    >>> layer = nn.Linear(4, 3)
    >>> ModelCopy(layer).module.weight.device.type, layer.weight.device.type
    ('meta', 'cpu')
    """

    def __init__(self, module: nn.Module, device: str = "meta") -> None:
        if device != "meta" and any(tensor.is_meta for tensor in tensors_of(parts_of(module))):
            raise UsageError.of(
                "the model lies on the meta device, and has no numbers to run with",
                remedy="build it on the CPU, or leave the device at meta",
            )
        self._device = device
        self._copier = Copier(self._tensor, self._module)
        self._memo = self._copier.memo
        self._ordinary: set[type] = set()  # kinds of modules that hold no other in their stead
        self._originals: dict[int, nn.Module] = {}
        self.remarks = self._copier.remarks
        self.known: list[KnownTensor] = []
        self.module = self._module(module, "")
        self.parts = parts_of(self.module)
        self.is_lazy = any(
            tensor is not None and is_lazy(tensor)
            for part in self.parts.values()
            for tensor in part._parameters.values()
        )
        self.originals: Set[int] = self._originals.keys()
        del self._copier  # which leads back here: all is let go at once when no longer needed

    def set_mode(self, train: bool) -> None:
        """Put the copy in training or evaluation mode, where it has one."""
        parts = self.parts.values()
        if any(getattr(part, "training", train) is not train for part in parts):
            try:
                self.module.train(train)
            except NotImplementedError:  # as an exported program does, before those after it
                if not any(map(is_exported, parts)):
                    raise
                for part in parts:
                    part.training = train
        if train and any(map(is_exported, parts)):
            self.remarks.append("what was exported runs as it ran then, in either mode")

    def _module(self, module: nn.Module, path: str) -> nn.Module:
        """Copy a module and all that it holds: the model, or one that is reached in other ways."""
        wrapped: list[tuple[nn.Module, nn.Module]] = []
        parts: list[tuple[str, nn.Module]] = []
        self._add_parts(self._unwrapped(module, path, wrapped), path, wrapped, parts)
        for _, part in parts:
            for tensor in (*part._parameters.values(), *part._buffers.values()):
                if tensor is not None:
                    self._kept(tensor)
            # Not by the class's own __new__: that of a graph of torch.fx makes another class.
            self._memo[id(part)] = object.__new__(part.__class__)
        for wrapper, inner in wrapped:
            self._memo[id(wrapper)] = self._memo[id(inner)]
            self._originals[id(wrapper)] = wrapper
        for name, part in parts:
            self._fill(self._memo[id(part)], part, name)
        for wrapper, inner in wrapped:
            attribute, _ = _WRAPPERS[_wrapper(wrapper)]
            if not hasattr(inner, attribute):  # code that asks the wrapper for it is given it
                self._memo[id(inner)].__dict__[attribute] = self._memo[id(inner)]
        copy: nn.Module = self._memo[id(module)]
        return copy

    def _unwrapped(
        self, module: nn.Module, path: str, wrapped: list[tuple[nn.Module, nn.Module]]
    ) -> nn.Module:
        name, wrappers = path or "the model", []
        while kind := _wrapper(module):
            attribute, told = _WRAPPERS[kind]
            self.remarks.append(f"{name} is {told}: counted is what it holds")
            wrappers.append(module)
            module = getattr(module, attribute)
        wrapped += [(wrapper, module) for wrapper in wrappers]
        return module

    def _kept(self, tensor: Tensor) -> Tensor:
        """Return the copy of a parameter or buffer, one for all modules that share it."""
        if id(tensor) not in self._memo:
            self._memo[id(tensor)] = self._without_numbers(tensor)
        copy: Tensor = self._memo[id(tensor)]
        return copy

    def _add_scripted(self, module: nn.Module, path: str) -> None:
        name = path or "the model"
        self._memo[id(module)], scripted, told = script_copy(module, name, self._kept)
        self._originals.update((id(part), part) for part in scripted)
        self.remarks += told

    def _add_parts(
        self,
        module: nn.Module,
        path: str,
        wrapped: list[tuple[nn.Module, nn.Module]],
        parts: list[tuple[str, nn.Module]],
    ) -> None:
        if id(module) in self._originals:
            return
        if isinstance(module, SCRIPTED):
            self._add_scripted(module, path)
            return
        self._originals[id(module)] = module
        parts.append((path, module))
        for name, child in module._modules.items():
            if child is not None:
                below = f"{path}.{name}" if path else name
                kind = type(child)
                if kind not in self._ordinary:
                    inner = self._unwrapped(child, below, wrapped)
                    if inner is child:
                        self._ordinary.add(kind)
                    child = inner
                self._add_parts(child, below, wrapped, parts)

    def _fill(self, copy: nn.Module, module: nn.Module, path: str) -> None:
        state, held, memo = copy.__dict__, vars(module), self._memo
        state.update(held)  # most of it are numbers and texts, which are as they are
        for name, value in held.items():
            kind = type(value)
            if kind in SIMPLE:
                continue
            if kind in _HOLDERS and not value:  # as nearly all that torch keeps in a module
                state[name] = memo.setdefault(id(value), kind())
            elif name in PARTS:
                state[name] = {
                    key: item if item is None else memo[id(item)] for key, item in value.items()
                }
            elif kind is not tuple or not SIMPLE.issuperset(map(type, value)):
                state[name] = self._filled(name, value, path)

    def _filled(self, name: str, value: Any, path: str) -> Any:
        """Copy what a module holds beside its parts, tensors, numbers and texts."""
        if name in FORWARD_HOOKS:
            return self._hooks(value, path or "the model")
        if name in OTHER_HOOKS:
            return OrderedDict()
        if name == COMPILED:
            self.remarks.append(
                f"{path or 'the model'} is compiled: the uncompiled module is counted"
            )
            return None
        if name.startswith(SHARDING):  # of no use without its hooks
            return value
        return self._copier.copied(value, f"{path}.{name}".removeprefix("."))

    def _hooks(self, hooks: dict[int, Any], name: str) -> OrderedDict[int, Any]:
        kept: OrderedDict[int, Any] = OrderedDict()
        self._memo[id(hooks)] = kept
        for key, hook in hooks.items():
            home = getattr(hook, "__module__", None) or type(hook).__module__
            if home.startswith("torch.distributed."):  # they gather, or exchange, what is sharded
                self._tell_sharded()
            elif home.startswith(_HOOKING):
                kept[key] = self._copier.copied(hook, f"a hook of {name}")
            else:
                self.remarks.append(f"{name} has a hook, which is not run")
        return kept

    def _tell_sharded(self) -> None:
        if _SHARDED not in self.remarks:
            self.remarks.append(_SHARDED)

    def _tensor(self, tensor: Tensor) -> Tensor:
        """Copy a tensor: with its numbers where a function alone holds it, as a constant of its.

        What stands for a tensor in the graph of an exported program stays: its sizes are checked.
        """
        if type(tensor).__name__ == "FakeTensor":
            return tensor
        if self._copier.in_function and not is_lazy(tensor):
            return tensor_copy(tensor, tensor.device.type)
        return self._without_numbers(tensor)

    def _without_numbers(self, tensor: Tensor) -> Tensor:
        """Copy a tensor; its numbers are known where it is a mask, an index, or a constant."""
        copy = tensor_copy(tensor, self._device)
        if type(tensor).__name__ == "DTensor":
            self._tell_sharded()
        if (
            copy.is_meta
            and has_numbers(tensor)
            and (not _is_trained(tensor) or tensor.numel() <= _MOST_FLOATS)
        ):
            self.known.append(KnownTensor(copy, tensor.detach()))
        return copy


_HOOKING = ("torch.", "transformers.")
"""Whose hooks are part of what a model computes; transformers gathers hidden states by them."""
_SHARDED = (
    "the model is spread over several processes: counted is the whole of it, without what they "
    "send to one another"
)
_MOST_FLOATS = 16
"""Of what is trained, such as a scale: kernels have more, and code does not read them."""


def _is_trained(tensor: Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) and tensor.dtype.is_floating_point


def _wrapper(module: nn.Module) -> str:
    """Return the name of a wrapper of torch, empty for any other module."""
    kind = type(module)
    return kind.__name__ if kind.__name__ in _WRAPPERS and kind.__module__[:6] == "torch." else ""


def tensor_copy(tensor: Tensor, device: str) -> Tensor:
    """Return a tensor of the same sizes, strides and type; with its numbers where it can have some.

    >>> tensor_copy(torch.ones(2, 3), "meta").is_meta
    True
    """
    kind: Any = type(tensor)
    if is_lazy(tensor):
        return kind(device=device, dtype=tensor.dtype)  # type: ignore[no-any-return]
    if device != "meta" and kind.__name__ == "DTensor":
        raise UsageError.of(
            "the model's parameters are spread over several processes, and have no numbers here",
            remedy="leave the device at meta, or count the model before it is sharded",
        )
    if tensor.layout in _SPARSE and not tensor.is_meta:  # how many there are is in its numbers
        data = tensor.detach().to("cpu", copy=True)
    elif device != "meta" and not tensor.is_meta:
        data = tensor.detach().to(device, copy=True)
    elif tensor.layout is torch.strided and not tensor.is_quantized:
        data = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=_META)
    else:
        data = torch.empty_like(tensor.detach(), device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(data, tensor.requires_grad)
    return data.requires_grad_() if tensor.requires_grad else data


_META = torch.device("meta")
_SPARSE = frozenset(
    (torch.sparse_coo, torch.sparse_csr, torch.sparse_csc, torch.sparse_bsr, torch.sparse_bsc)
)
