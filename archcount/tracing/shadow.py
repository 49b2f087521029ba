"""A shadow: a copy of a model without its numbers, so that the model itself is never touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from types import CellType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

from archcount.errors import Problem, UsageError

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


_SIMPLE = frozenset((bool, int, float, str, type(None)))
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
        remarks: what was taken away.
        originals: the modules that were copied, by `id`: what a pass must not run.

    Raises:
        UsageError: it holds a module that was scripted.

    >>> layer = nn.Linear(4, 3)
    >>> Shadow(layer).module.weight.device.type, layer.weight.device.type
    ('meta', 'cpu')
    """

    def __init__(self, module: nn.Module, device: str = "meta") -> None:
        self.remarks: list[str] = []
        self._device = device
        self._memo: dict[int, Any] = {}
        self._kept: list[Any] = []
        module = self._unwrapped(module, "the model")
        parts = list(self._parts(module, "", set()))
        for _, part in parts:
            for tensor in (*part._parameters.values(), *part._buffers.values()):
                if tensor is not None:
                    self._twin(tensor)
            self._memo[id(part)] = part.__class__.__new__(part.__class__)
        with _Deepcopies(self._twin):
            for path, part in parts:
                self._fill(self._memo[id(part)], part, path)
        self.module: nn.Module = self._memo[id(module)]
        self.originals = frozenset(id(part) for _, part in parts)
        self._kept += [part for _, part in parts]

    def _unwrapped(self, module: nn.Module, name: str) -> nn.Module:
        while (kind := type(module).__name__) in _WRAPPERS:
            attribute, told = _WRAPPERS[kind]
            self.remarks.append(f"{name} is {told}: counted is what it holds")
            module = getattr(module, attribute)
        if isinstance(module, torch.jit.ScriptModule):
            raise UsageError(
                Problem(
                    what=f"{name} is scripted, and has no Python code to run",
                    allowed="an nn.Module",
                    remedy="give the module that it was scripted from",
                )
            )
        return module

    def _parts(
        self, module: nn.Module, path: str, met: set[int]
    ) -> Iterator[tuple[str, nn.Module]]:
        if id(module) in met:
            return
        met.add(id(module))
        yield path, module
        for name, child in module._modules.items():
            if child is not None:
                below = f"{path}.{name}".removeprefix(".")
                inner = self._unwrapped(child, below)
                if inner is not child:
                    self._memo[id(child)] = inner
                yield from self._parts(inner, below, met)

    def _fill(self, copy: nn.Module, module: nn.Module, path: str) -> None:
        state = copy.__dict__
        for name, value in vars(module).items():
            kind = type(value)
            if kind in _SIMPLE:
                state[name] = value
            elif kind in _HOLDERS and not value:
                state[name] = self._memo.setdefault(id(value), kind())
            elif name in ("_parameters", "_buffers"):
                state[name] = {
                    key: tensor if tensor is None else self._memo[id(tensor)]
                    for key, tensor in value.items()
                }
            elif name == "_modules":
                state[name] = {key: self._child(child) for key, child in value.items()}
            elif name in _FORWARD_HOOKS:
                state[name] = self._hooks(value, path or "the model")
            elif name in _OTHER_HOOKS:
                state[name] = OrderedDict()
            elif name == "_compiled_call_impl":
                self.remarks.append(f"{path or 'the model'} is compiled: counted as it is not")
                state[name] = None
            else:
                state[name] = self._copied(value, f"{path}.{name}".removeprefix("."))

    def _child(self, child: nn.Module | None) -> nn.Module | None:
        if child is None:
            return None
        found = self._memo[id(child)]
        copy: nn.Module = self._memo.get(id(found), found)
        return copy

    def _hooks(self, hooks: dict[int, Any], name: str) -> OrderedDict[int, Any]:
        kept: OrderedDict[int, Any] = OrderedDict()
        self._memo[id(hooks)] = kept
        for key, hook in hooks.items():
            if (getattr(hook, "__module__", None) or type(hook).__module__).startswith("torch."):
                kept[key] = self._copied(hook)
            else:
                self.remarks.append(f"{name} has a hook, which is not run")
        return kept

    def _copied(self, value: Any, name: str = "") -> Any:
        if type(value) is tuple and all(type(item) in _SIMPLE for item in value):
            return value
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, torch.Generator):
            copy = torch.Generator(device=value.device)
            copy.set_state(value.get_state())
            return self._memo.setdefault(id(value), copy)
        try:
            return deepcopy(value, self._memo)
        except Exception:  # of any kind: a lock, a file, what forbids copies
            return self._parted(value, name)

    def _parted(self, value: Any, name: str) -> Any:
        """Copy a container part by part, where one of the parts cannot be copied."""
        if type(value) is dict:
            return {key: self._copied(item, name) for key, item in value.items()}
        if type(value) in (list, tuple, set):
            return type(value)(self._copied(item, name) for item in value)
        self.remarks.append(f"{name} cannot be copied, and is shared with the model")
        return value

    def _function(self, function: FunctionType) -> FunctionType:
        """Give a function that leads to the copy where it led to the model."""
        if not function.__closure__:
            return function
        if id(function) in self._memo:
            return self._memo[id(function)]  # type: ignore[no-any-return]
        cells = tuple(CellType() for _ in function.__closure__)
        copy = FunctionType(
            function.__code__,
            function.__globals__,
            function.__name__,
            function.__defaults__,
            cells,
        )
        copy.__kwdefaults__ = function.__kwdefaults__
        self._memo[id(function)] = copy
        self._kept.append(function)
        for cell, old in zip(cells, function.__closure__, strict=True):
            with suppress(ValueError):  # a cell may be empty
                cell.cell_contents = self._reached(old.cell_contents)
        return copy

    def _reached(self, value: Any) -> Any:
        """Give the copy of what a function closes over, where it is a part of the model."""
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, MethodType):
            return MethodType(value.__func__, self._reached(value.__self__))
        if isinstance(value, nn.Module | Tensor):
            return self._memo.get(id(value), value)
        return value

    def _twin(self, tensor: Tensor) -> Tensor:
        """Give the copy of a tensor, one and the same for one tensor."""
        if id(tensor) not in self._memo:
            self._kept.append(tensor)
            self._memo[id(tensor)] = _twin(tensor, self._device)
        found: Tensor = self._memo[id(tensor)]
        return found


class _Deepcopies(TorchFunctionMode):
    """Copies tensors by a function of ours wherever something is deep-copied."""

    def __init__(self, twin: Any) -> None:
        super().__init__()
        self._of = twin

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.__deepcopy__:
            return self._of(args[0])
        return func(*args, **(kwargs or {}))


def _twin(tensor: Tensor, device: str) -> Tensor:
    kind: Any = type(tensor)
    if is_lazy(tensor):
        return kind(device=device, dtype=tensor.dtype)  # type: ignore[no-any-return]
    if device != "meta":
        if tensor.is_meta:
            raise UsageError(
                Problem(
                    what="the model lies on the meta device, and has no numbers to run with",
                    remedy="build it on the CPU, or leave the device at meta",
                )
            )
        data = tensor.detach().to(device, copy=True)
    elif tensor.layout is torch.strided and not tensor.is_quantized:
        data = torch.empty_strided(
            tensor.size(), tensor.stride(), dtype=tensor.dtype, device="meta"
        )
    else:
        data = torch.empty_like(tensor.detach(), device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(data, requires_grad=tensor.requires_grad)
    return data.requires_grad_(tensor.requires_grad)
