"""What an operation that is met for the first time gives, where torch need not be asked.

Torch works sizes out anew each time, much of it in Python: for a batch normalisation it runs the
arithmetic of one, tensor by tensor. What keeps the shape of its input is answered at once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

_aten = torch.ops.aten
_LIKE_FIRST = frozenset(
    {
        _aten.relu.default,
        _aten.sigmoid.default,
        _aten.tanh.default,
        _aten.silu.default,
        _aten.gelu.default,
        _aten.hardtanh.default,
        _aten.leaky_relu.default,
    }
)
"""Operations that give a tensor as the one that they take."""
_IN_PLACE = frozenset(
    {
        _aten.relu_.default,
        _aten.sigmoid_.default,
        _aten.tanh_.default,
        _aten.silu_.default,
        _aten.hardtanh_.default,
        _aten.leaky_relu_.default,
    }
)
"""Those of them that give the tensor itself."""


def answer(func: Any, is_remembered: bool, *args: Any, **kwargs: Any) -> Any:
    """Give what an operation gives on dense tensors without numbers.

    Args:
        func: the operation, as dispatched.
        is_remembered: whether torch need not be asked for what is known.
        args: its arguments in order.
        kwargs: its arguments by name.
    """
    if func is _aten.native_batch_norm.default and not args[5] and _is_even(args[0]):
        # Statistics are kept in training alone: torch has room for them on the meta device only.
        return _like(args[0]), args[0].new_empty(0), args[0].new_empty(0)
    if is_remembered and func in _IN_PLACE and args[0].is_floating_point():
        return args[0]
    if is_remembered and func in _LIKE_FIRST and _is_even(args[0]):
        return _like(args[0])
    return func(*args, **kwargs)


def _is_even(tensor: Tensor) -> bool:
    """Tell whether what is made of a tensor, number by number, has its sizes and steps."""
    return tensor.is_floating_point() and (
        tensor.is_contiguous() or tensor.is_contiguous(memory_format=torch.channels_last)
        if tensor.ndim == 4
        else tensor.is_contiguous()
    )


def _like(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
