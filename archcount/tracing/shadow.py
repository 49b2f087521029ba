"""A shadow: a copy of a model without its numbers, so that the model itself is never touched."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from copy import deepcopy
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
                state[name] = self._copied(value)

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

    def _copied(self, value: Any) -> Any:
        if type(value) is tuple and all(type(item) in _SIMPLE for item in value):
            return value
        try:
            return deepcopy(value, self._memo)
        except Exception:  # what cannot be copied, such as a lock, is shared
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
