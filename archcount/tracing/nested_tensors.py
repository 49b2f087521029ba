"""The tensors nested in what a model takes and returns: containers, data classes, iterators."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, MappingView
from itertools import chain, islice
from typing import Any

from torch import Tensor, nn


def tensors_in(value: Any, *, use_up: bool = False) -> Iterator[Tensor]:
    """Return every tensor in a value, in order: in containers, data classes, other objects.

    With `use_up`, in generators and iterators too, which give what they give but once.

    >>> import torch
    >>> [tuple(tensor.shape) for tensor in tensors_in({"a": torch.zeros(2), "b": [torch.zeros(3)]})]
    [(2,), (3,)]
    """
    if isinstance(value, Tensor):  # nearly always it is one
        yield value
    else:
        yield from _within(value, use_up, {})


def _within(value: Any, use_up: bool, met: dict[int, Any]) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
        return
    if isinstance(value, _ATOMS) or id(value) in met:
        return
    met[id(value)] = value  # kept, so that no other thing has its number
    for part in _parts(value, use_up):
        yield from _within(part, use_up, met)


def _parts(value: Any, use_up: bool) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    if isinstance(value, _LISTED):
        return list(value)
    if isinstance(value, _PASSING):
        return value if use_up else ()
    names = [name for kind in type(value).__mro__ for name in _slots(kind)]
    parts = [getattr(value, name) for name in names if hasattr(value, name)]
    return [*parts, *vars(value).values()] if hasattr(value, "__dict__") else parts


_ATOMS = (type(None), bool, int, float, complex, str, bytes, type, nn.Module)
_LISTED: tuple[Any, ...] = (list, tuple, set, frozenset, deque, MappingView)
_EMPTY: tuple[Any, ...] = ([], (), set(), {}, {}.values(), {}.items(), deque())
_PASSING: tuple[Any, ...] = (
    *(Generator, map, filter, zip, enumerate, reversed, chain, islice),
    *(type(iter(of)) for of in _EMPTY),
    type(reversed([])),
)
"""Iterators over what is given; others may have no end, or do more than to give."""


def _slots(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)
