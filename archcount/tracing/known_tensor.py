"""Tensors on the meta device whose values are known."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from archcount.tracing.tensor_specs import is_strided

_MOST_ELEMENTS = 2**24
"""Of whole numbers and truth values: a mask of 4,096 tokens against 4,096."""
_MOST_FLOATS = 2**20


class KnownTensor(NamedTuple):
    """A tensor on the meta device whose values are known.

    Attributes:
        tensor: the tensor on the meta device.
        numbers: an equal one on the CPU, which is not written to.
        assumed: the assumption behind the values, such as `mask all ones`, or empty.
    """

    tensor: Tensor
    numbers: Tensor
    assumed: str = ""


def is_small(tensor: Tensor) -> bool:
    """Return whether the numbers of a tensor are few enough to be kept."""
    is_broken = tensor.is_floating_point() or tensor.is_complex()
    return tensor.numel() <= (_MOST_FLOATS if is_broken else _MOST_ELEMENTS)


def has_numbers(tensor: Tensor) -> bool:
    """Return whether a tensor has numbers that are worth keeping: dense, on the CPU, and few.

    >>> import torch
    >>> has_numbers(torch.zeros(3)), has_numbers(torch.empty(3, device="meta"))
    (True, False)
    """
    return (
        type(tensor) is Tensor
        and tensor.device.type == "cpu"
        and is_strided(tensor)
        and not tensor.is_quantized
        and is_small(tensor)
    )
