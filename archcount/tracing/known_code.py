"""Which modules run code that is known: torch's layers and archcount's, as they were defined.

What such a module does depends on what it holds and is given alone. Code that a program put in the
place of torch's own is not known, nor is a class of the program's.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from operator import itemgetter
from pathlib import Path
from types import CellType, FunctionType
from typing import Any

import torch
import torch.nn.functional as F
import typing_extensions
from torch import Tensor, nn

import archcount.layers.modules

_LAYERS = (
    "activation batchnorm channelshuffle container conv distance dropout flatten fold instancenorm "
    "linear normalization padding pixelshuffle pooling upsampling"
).split()
_ROOMS = {f"torch.nn.modules.{name}" for name in _LAYERS} | {archcount.layers.modules.__name__}
_OTHERS = frozenset((nn.SyncBatchNorm,))
"""Those among them that look at more than what they hold."""


def is_known(kind: type) -> bool:
    """Tell whether modules of a class run known code.

    >>> class Own(nn.Linear): ...
    >>> is_known(nn.Linear), is_known(Own)
    (True, False)
    """
    bases = _BASES.get(kind)
    if bases is None:
        if kind.__module__ not in _ROOMS or kind in _OTHERS:
            return False
        if getattr(sys.modules[kind.__module__], kind.__name__, None) is not kind:
            return False
        bases = _BASES[kind] = [base for base in kind.__mro__ if base not in (object, nn.Module)]
    return all(base.__module__ not in _ROOMS or _calls_torch(base) for base in bases) and all(
        map(_is_its_own, bases)
    )


def _calls_torch(kind: type) -> bool:
    """Tell whether what a layer's module calls `F` and `torch` is that."""
    names = vars(sys.modules[kind.__module__])
    return names.get("F", F) is F and names.get("torch", torch) is torch


_BASES: dict[type, list[type]] = {}


def is_torch_itself() -> bool:
    """Tell whether what layers call is what torch has there."""
    return all(map(_is_its_own, (torch, F, Tensor, nn.Module)))


def changes() -> int:
    """Say how often other code was found in a place than before.

    Torch itself puts some there, such as when its compiler is imported.
    """
    return _changes


_changes = 0


class _Held:
    """The functions of a module or a class, as they were found."""

    def __init__(self, place: Any) -> None:
        self.place: Mapping[str, Any] = vars(place)
        called = {name: item for name, item in self.place.items() if _is_called(item)}
        self.known = tuple(called.values())
        # Of one name alone a getter gives no tuple, and of none there is no getter.
        self._get: Callable[[Any], Any] = (
            itemgetter(*called) if len(called) > 1 else partial(_each, tuple(called))
        )
        # A class may be given what it inherited before; a module is asked for what it had.
        self.size = len(self.place) if isinstance(place, type) else 0
        self.is_own = _is_own(self.known, set())

    def is_same(self) -> bool:
        """Tell whether they are there still."""
        try:
            is_same = self._get(self.place) == self.known
        except KeyError:
            return False
        return bool(is_same) and self.size in (0, len(self.place))


def _each(names: Sequence[str], place: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple([place[name] for name in names])


_HELD: dict[Any, _Held] = {}


def _is_its_own(place: Any) -> bool:
    """Tell whether the functions of a module or a class are torch's or archcount's."""
    global _changes
    held = _HELD.get(place)
    if held is None or not held.is_same():
        held = _HELD[place] = _Held(place)
        _changes += 1
    return held.is_own


def _is_called(item: Any) -> bool:
    is_method = isinstance(item, property | classmethod | staticmethod)
    return is_method or (callable(item) and not isinstance(item, type))


_FOLDERS = tuple(
    str(Path(module.__file__ or "").parent) for module in (torch, archcount.layers.modules)
)
_STANDARD = sysconfig.get_path("stdlib")
_TYPES = ("builtins", "typing", "typing_extensions", "functools", "torch")


def _is_torchs(file: str) -> bool:
    """Tell whether a file is torch's, archcount's or Python's own."""
    if file.startswith(_FOLDERS) or file == typing_extensions.__file__:
        return True
    return file.startswith(_STANDARD) and "-packages" not in file


def _is_own(items: Iterable[Any], met: set[int]) -> bool:
    """Tell whether functions, and those that they hold, were written where torch was.

    Args:
        items: functions, methods, and anything else.
        met: the functions that were looked at before, by `id`.
    """
    for item in items:
        if isinstance(item, property):
            functions = [item.fget, item.fset, item.fdel]
        else:
            functions = [getattr(item, "__func__", item)]
        if not all(_is_function_own(function, met) for function in functions):
            return False
    return True


def _is_function_own(function: Any, met: set[int]) -> bool:
    if not _is_called(function) or id(function) in met:
        return True
    met.add(id(function))
    if isinstance(function, FunctionType):
        cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
        held = [*cells, getattr(function, "__wrapped__", None)]
        return _is_torchs(function.__code__.co_filename) and _is_own(held, met)
    kind = type(function).__module__.partition(".")[0]
    return kind in _TYPES and not isinstance(function, partial)


def _is_filled(cell: CellType) -> bool:
    try:
        return bool([cell.cell_contents])
    except ValueError:
        return False
