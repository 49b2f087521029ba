"""Tensors like others, with or without their numbers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy


def twin(tensor: Tensor, device: str) -> Tensor:
    """Give a tensor of the same sizes, strides and type; with its numbers where it can have some.

    Args:
        tensor: a parameter, a buffer or any other.
        device: where it is made.

    >>> twin(torch.ones(2, 3), "meta").is_meta
    True
    """
    kind: Any = type(tensor)
    if is_lazy(tensor):
        return kind(device=device, dtype=tensor.dtype)  # type: ignore[no-any-return]
    if device != "meta" and not tensor.is_meta:
        data = tensor.detach().to(device, copy=True)
    elif tensor.layout is torch.strided and not tensor.is_quantized:
        data = torch.empty_strided(tensor.size(), tensor.stride(), dtype=tensor.dtype, device=_META)
    else:
        data = torch.empty_like(tensor.detach(), device="meta")
    if isinstance(tensor, nn.Parameter):
        return Tensor._make_subclass(nn.Parameter, data, tensor.requires_grad)
    return data.requires_grad_() if tensor.requires_grad else data


_META = torch.device("meta")
