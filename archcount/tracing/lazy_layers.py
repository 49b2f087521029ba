"""Layers that know their sizes only when they have run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.module_parts import parts_of, tensors_of
from archcount.tracing.object_copy import Copier


def fit(
    module: nn.Module, args: Sequence[Any], kwargs: Mapping[str, Any], method: str = "forward"
) -> None:
    """Materialize the lazy layers of a module, by a run of a copy of it.

    The module itself is not run, and what it keeps from one run to the next is as it was.

    >>> import torch
    >>> layer = nn.LazyLinear(3, device="meta")
    >>> fit(layer, [torch.empty(2, 4, device="meta")], {})
    >>> layer.weight.shape
    torch.Size([3, 4])
    """
    parts = parts_of(module)
    lazy = [is_unfit(part) for part in parts.values()]
    is_meta = any(tensor.is_meta for tensor in tensors_of(parts))
    copied = ModelCopy(module, "meta" if is_meta else "cpu")
    copy, pairs = copied.module, list(zip(parts.values(), copied.parts.values(), strict=True))
    copier = Copier(_copied, lambda part, name: part)
    args, kwargs = copier.copied(list(args)), copier.copied(dict(kwargs))
    (copy if method == "forward" else getattr(copy, method))(*args, **kwargs)
    for (part, fitted), was_lazy in zip(pairs, lazy, strict=True):
        if was_lazy:
            part.__class__ = fitted.__class__
            vars(part).clear()
            vars(part).update(vars(fitted))


def is_unfit(part: nn.Module) -> bool:
    """Return whether a module has tensors of its own whose sizes are not known yet."""
    own = (*part._parameters.values(), *part._buffers.values())
    return any(tensor is not None and is_lazy(tensor) for tensor in own)


def _copied(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().requires_grad_(tensor.requires_grad)
