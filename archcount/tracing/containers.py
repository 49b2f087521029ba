"""The tensors in what a model takes and gives, however it is wrapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Find every tensor in a value, in order: in containers, data classes, other objects.

    >>> import torch
    >>> [tuple(tensor.shape) for tensor in tensors_in({"a": torch.zeros(2), "b": [torch.zeros(3)]})]
    [(2,), (3,)]
    """
    if isinstance(value, Tensor):  # nearly always it is one
        yield value
    else:
        yield from _within(value, set())


def _within(value: Any, met: set[int]) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
        return
    if isinstance(value, _ATOMS) or id(value) in met:
        return
    met.add(id(value))
    if isinstance(value, Mapping):
        parts = list(value.values())
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    else:
        names = [name for kind in type(value).__mro__ for name in _slots(kind)]
        parts = [getattr(value, name) for name in names if hasattr(value, name)]
        parts += vars(value).values() if hasattr(value, "__dict__") else ()
    for part in parts:
        yield from _within(part, met)


_ATOMS = (type(None), bool, int, float, complex, str, bytes, type, nn.Module)


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
