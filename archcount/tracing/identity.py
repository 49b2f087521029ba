"""All that a pass through a model depends on, where its code is known, as a key of its count."""

from __future__ import annotations

import marshal
from collections.abc import Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from archcount.operators.registry import check_rules
from archcount.tracing.known_code import changes, is_known, is_torch_itself
from archcount.tracing.reading import is_plain, marks
from archcount.tracing.state import STATE, own_containers


def identity(module: nn.Module) -> Hashable | None:
    """Give all that a model does on the meta device depends on, but for what it is given.

    Returns:
        The classes, settings, tensors and names of all its modules. None where it runs code that is
        not known, holds anything beside modules, tensors, numbers and texts, or has hooks; and
        where torch itself is not as it was, or something else looks at operations.

    >>> identity(nn.Linear(4, 3)) == identity(nn.Linear(4, 3))
    True
    >>> identity(nn.Linear(4, 3)) == identity(nn.Linear(3, 4))
    False
    """
    check_rules()
    if not is_known(type(module)) or _is_watched() or not is_torch_itself():
        return None
    parts: list[Any] = [torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled()]
    try:
        _add(module, parts, {}, set())
    except (_OtherError, ValueError):
        return None
    return (*parts, changes())


class _OtherError(Exception):
    """Something that is not known."""


def _add(module: nn.Module, parts: list[Any], met: dict[int, int], kinds: set[type]) -> None:
    """Add what a module is, and what it holds; what was met before is the same."""
    if id(module) in met:
        parts.append(met[id(module)])
        return
    met[id(module)] = len(met)
    kind, state = type(module), vars(module)
    if kind not in kinds:
        if not is_known(kind):
            raise _OtherError
        kinds.add(kind)
    if own_containers(state) is None:
        raise _OtherError
    # Only numbers, texts and containers of them can be written so; 1, 1.0 and True are others.
    own = marshal.dumps(list(islice(state.items(), len(STATE), None)), 2)
    children: Mapping[str, nn.Module | None] = state["_modules"]
    parts += (kind, own, tuple(children))
    for tensors in (state["_parameters"], state["_buffers"]):
        parts.append(len(tensors))
        for name, tensor in tensors.items():
            parts += (name, None if tensor is None else _tensor(tensor, met))
    for child in children.values():
        if child is None:
            parts.append(None)
        else:
            _add(child, parts, met, kinds)


def _tensor(tensor: Tensor, met: dict[int, int]) -> Any:
    if id(tensor) in met:
        return met[id(tensor)]
    met[id(tensor)] = len(met)
    if type(tensor) is not nn.Parameter and type(tensor) is not Tensor:
        raise _OtherError
    if tensor.layout is not torch.strided or tensor.is_quantized:
        raise _OtherError
    # Where it lies does not matter: a pass is given one like it without numbers.
    is_parameter = type(tensor) is nn.Parameter
    return tensor.size(), tensor.stride(), tensor.dtype, tensor.requires_grad, is_parameter


def identity_of_inputs(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Hashable | None:
    """Give all that matters of what a model is given; None where it is more than dense tensors."""
    if kwargs or not all(type(item) is Tensor and is_plain(item) for item in args):
        return None
    storages = [item.untyped_storage() for item in args]
    if len({storage._cdata for storage in storages}) < len(args):
        return None
    return tuple(
        (
            *(item.size(), item.stride(), item.storage_offset(), item.dtype),
            *(item.requires_grad, marks(item), storage.nbytes()),
        )
        for item, storage in zip(args, storages, strict=True)
    )


def _is_watched() -> bool:
    """Tell whether anything but a pass would see operations, or make others of them."""
    return bool(
        torch._C._len_torch_function_stack()
        or torch._C._len_torch_dispatch_stack()
        or torch._C._is_any_autocast_enabled()
        or torch._C._get_tracing_state()
        or torch._C._autograd._top_saved_tensors_default_hooks(True)
        or torch_module._global_forward_pre_hooks
        or torch_module._global_forward_hooks
        or torch_module._global_backward_pre_hooks
        or torch_module._global_backward_hooks
    )
