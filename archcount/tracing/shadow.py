"""A shadow: a copy of a model without its numbers, so that the model itself is never touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence, Set
from itertools import chain, islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.errors import Problem, UsageError
from archcount.tracing.copying import SIMPLE, Copier
from archcount.tracing.state import (
    CONTAINERS,
    PARTS,
    STATE,
    is_trained_as_torch_does,
    new_containers,
    own_containers,
)
from archcount.tracing.twins import twin

_FORWARD_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_OTHER_HOOKS = (
    "_backward_hooks",
    "_backward_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)
_WRAPPERS = {
    "OptimizedModule": ("_orig_mod", "compiled"),
    "DistributedDataParallel": ("module", "wrapped in DistributedDataParallel"),
    "DataParallel": ("module", "wrapped in DataParallel"),
}
"""Where wrappers of torch keep the module, and what they make of it."""
_HOLDERS = frozenset((dict, list, set, OrderedDict))


class Shadow:
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

    Raises:
        UsageError: it holds a module that was scripted, or has no numbers where it needs them.

    >>> layer = nn.Linear(4, 3)
    >>> Shadow(layer).module.weight.device.type, layer.weight.device.type
    ('meta', 'cpu')
    """

    def __init__(self, module: nn.Module, device: str = "meta") -> None:
        held = chain(module.parameters(), module.buffers())
        if device != "meta" and any(tensor.is_meta for tensor in held):
            raise UsageError(
                Problem(
                    what="the model lies on the meta device, and has no numbers to run with",
                    remedy="build it on the CPU, or leave the device at meta",
                )
            )
        self._device = device
        self._copier = Copier(self._tensor, self._module)
        self._memo = self._copier.memo
        self._ordinary: set[type] = set()  # kinds of modules that hold no other in their stead
        self._empty: list[tuple[Sequence[Any], dict[str, Any]]] | None = []
        self._originals: dict[int, nn.Module] = {}
        self.remarks = self._copier.remarks
        self.module = self._module(module, "")
        self.parts = dict(self.module.named_modules())
        self.is_lazy = any(
            tensor is not None and is_lazy(tensor)
            for part in self.parts.values()
            for tensor in part._parameters.values()
        )
        self.originals: Set[int] = self._originals.keys()
        del (
            self._copier,
            self._empty,
        )  # which leads back here: all is let go at once when no longer needed

    def set_training(self, train: bool) -> None:
        """Put the copy in training mode, or in that of evaluation."""
        kinds = set(map(type, self.parts.values()))
        if not all(is_trained_as_torch_does(kind) for kind in kinds):
            self.module.train(train)
            return
        for part in self.parts.values():
            part.__dict__["training"] = train

    def _module(self, module: nn.Module, path: str) -> nn.Module:
        """Copy a module and all that it holds: the model, or one that is reached in other ways."""
        wrapped: list[tuple[nn.Module, nn.Module]] = []
        parts: list[tuple[str, nn.Module]] = []
        self._add_parts(self._unwrapped(module, path, wrapped), path, wrapped, parts)
        for _, part in parts:
            for tensor in (*part._parameters.values(), *part._buffers.values()):
                if tensor is not None and id(tensor) not in self._memo:
                    self._memo[id(tensor)] = twin(tensor, self._device)
            # Not by the class's own __new__: that of a graph of torch.fx makes another class.
            self._memo[id(part)] = object.__new__(part.__class__)
        for wrapper, inner in wrapped:
            self._memo[id(wrapper)] = self._memo[id(inner)]
            self._originals[id(wrapper)] = wrapper
        plain = [self._begin(self._memo[id(part)], part) for _, part in parts]
        for (name, part), is_plain in zip(parts, plain, strict=True):
            self._fill(self._memo[id(part)], part, name, STATE if is_plain else ())
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
        if isinstance(module, torch.jit.ScriptModule):
            raise UsageError(
                Problem(
                    what=f"{name} is scripted, and has no Python code to run",
                    allowed="an nn.Module",
                    remedy="give the module that it was scripted from",
                )
            )
        return module

    def _add_parts(
        self,
        module: nn.Module,
        path: str,
        wrapped: list[tuple[nn.Module, nn.Module]],
        parts: list[tuple[str, nn.Module]],
    ) -> None:
        if id(module) in self._originals:
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

    def _begin(self, copy: nn.Module, module: nn.Module) -> bool:
        """Make what torch keeps in every module; tell whether nothing is in it."""
        state, held = copy.__dict__, vars(module)
        state.update(held)  # most of it are numbers and texts, which are as they are
        own = own_containers(held)
        if own is None:
            return False
        if self._empty is not None:  # as nearly always, nothing but the module holds them
            state.update(new_containers())
            self._empty.append((own, state))
            return True
        made = [self._memo.setdefault(id(value), value.__class__()) for value in own]
        state.update(zip(CONTAINERS, made, strict=True))
        return True

    def _fill(self, copy: nn.Module, module: nn.Module, path: str, done: Sequence[str]) -> None:
        state, held = copy.__dict__, vars(module)
        for name, value in islice(held.items(), len(done), None):
            kind = type(value)
            if kind in SIMPLE or (kind is tuple and SIMPLE.issuperset(map(type, value))):
                continue
            if name not in PARTS:
                state[name] = self._filled(name, value, path)
        memo = self._memo
        for name in PARTS:
            state[name] = {
                key: item if item is None else memo[id(item)] for key, item in held[name].items()
            }

    def _filled(self, name: str, value: Any, path: str) -> Any:
        """Copy what a module holds beside its parts, tensors, numbers and texts."""
        for own, state in self._empty or ():  # what is copied may hold them
            for key, container in zip(CONTAINERS, own, strict=True):
                self._memo.setdefault(id(container), state[key])
        self._empty = None
        if type(value) in _HOLDERS and not value:
            return self._memo.setdefault(id(value), type(value)())
        if name in _FORWARD_HOOKS:
            return self._hooks(value, path or "the model")
        if name in _OTHER_HOOKS:
            return OrderedDict()
        if name == "_compiled_call_impl":
            self.remarks.append(f"{path or 'the model'} is compiled: counted as it is not")
            return None
        return self._copier.copied(value, f"{path}.{name}".removeprefix("."))

    def _hooks(self, hooks: dict[int, Any], name: str) -> OrderedDict[int, Any]:
        kept: OrderedDict[int, Any] = OrderedDict()
        self._memo[id(hooks)] = kept
        for key, hook in hooks.items():
            if (getattr(hook, "__module__", None) or type(hook).__module__).startswith("torch."):
                kept[key] = self._copier.copied(hook, f"a hook of {name}")
            else:
                self.remarks.append(f"{name} has a hook, which is not run")
        return kept

    def _tensor(self, tensor: Tensor) -> Tensor:
        """Copy a tensor: with its numbers where a function alone holds it, as a constant of its."""
        if self._copier.in_function and not is_lazy(tensor):
            return twin(tensor, tensor.device.type)
        return twin(tensor, self._device)


def _wrapper(module: nn.Module) -> str:
    """Give the name of a wrapper of torch, empty for any other module."""
    kind = type(module)
    return kind.__name__ if kind.__name__ in _WRAPPERS and kind.__module__[:6] == "torch." else ""
