"""A mode in which code that names any device makes its tensors on the meta device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from archcount.tracing.known_values import DataDependentError


class MetaDeviceMode(TorchFunctionMode):
    """Redirects any device but the CPU to the meta device, before torch looks for the device.

    It intercepts every call of torch's functions, so it is entered only for code that failed
    without it.

    >>> with MetaDeviceMode():
    ...     torch.empty(2, device="meta").cuda().device.type
    'meta'
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what is called, on the meta device."""
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        if name in _MOVES and args and isinstance(args[0], Tensor):
            return args[0].to("meta")
        if func in _MAKERS:  # with a device without numbers, torch would not read the numbers
            kwargs.pop("device", None)
            if func is Tensor.new_tensor:
                kwargs["device"] = "cpu"
            given = [
                _listed(item, name) if isinstance(item, list | tuple) else item for item in args
            ]
            made = func(*given, **kwargs)
            return made if made.is_meta else made.to("meta")
        if func in _READERS and args[0].is_meta:
            return func(_with_numbers(args[0], name), *args[1:], **kwargs)
        if func is Tensor.to:
            args = (args[0], *map(_on_meta, args[1:]))
        if kwargs.get("device") is not None:
            kwargs["device"] = _on_meta(torch.device(kwargs["device"]))
        return func(*args, **kwargs)


_MOVES = frozenset(("cuda", "xpu", "ipu", "hpu", "npu", "mtia"))
_MAKERS: frozenset[Callable[..., Any]] = frozenset(
    (torch.tensor, torch.as_tensor, torch.asarray, torch.from_numpy, Tensor.new_tensor)
)
_READERS: frozenset[Callable[..., Any]] = frozenset((Tensor.numpy, Tensor.__array__, Tensor.tolist))


def _on_meta(value: Any) -> Any:
    """Return the meta device for any other device but the CPU."""
    if isinstance(value, str | torch.device) and torch.device(value).type not in ("cpu", "meta"):
        return torch.device("meta")
    return value


def _listed(value: Any, name: str) -> Any:
    """Return a list of numbers that holds tensors: torch reads them past its dispatcher."""
    if isinstance(value, list | tuple):
        return [_listed(item, name) for item in value]
    if isinstance(value, Tensor) and value.is_meta:
        return _with_numbers(value, name)
    return value


def _with_numbers(tensor: Tensor, name: str) -> Tensor:
    found = tensor.detach().cpu()
    if found.is_meta:
        raise DataDependentError(f"{name}()")
    return found
