"""Making modules without weights: on the meta device, where initial values are not drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@contextmanager
def without_weights(*, counts: bool = False) -> Iterator[None]:
    """Make what is made in the block on the meta device, and draw no initial values for it.

    Args:
        counts: whether counted numbers (`arange`, `linspace`) are made on the CPU, and what is
            worked out of them alone, such as the angles of positions: they are known then.

    torch draws them there by a decomposition that imports its compiler, which takes longer than
    many a model.

    >>> with without_weights():
    ...     layer = torch.nn.Linear(4, 3)
    >>> layer.weight.is_meta
    True
    """
    with torch.device("meta"), _Undrawn(counts):
        yield


class _Undrawn(TorchFunctionMode):
    """Gives tensors without numbers back as they are where random values would be written."""

    def __init__(self, counts: bool) -> None:
        super().__init__()
        self._counted = _COUNTS if counts else frozenset()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what is called, unless it fills a tensor that has no numbers."""
        kwargs = kwargs or {}
        if func in _DRAWS or getattr(func, "__module__", "") == torch.nn.init.__name__:
            tensor = args[0] if args else kwargs.get("tensor")
            if isinstance(tensor, Tensor) and tensor.is_meta:
                return tensor
        if func in self._counted and kwargs.get("device") is None:
            kwargs = {**kwargs, "device": "cpu"}
        return func(*args, **kwargs)


_DRAWS = frozenset((Tensor.normal_, Tensor.uniform_))
_COUNTS = frozenset((torch.arange, torch.linspace))
