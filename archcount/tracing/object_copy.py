"""Deep copies of any object, so that running a copied model changes nothing of the caller's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from copyreg import dispatch_table
from types import BuiltinMethodType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any
from weakref import ProxyTypes, proxy, ref

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

SIMPLE = frozenset((bool, int, float, complex, str, bytes, type(None)))
"""Types of what never changes and holds nothing."""
_ALONE = (type, ModuleType, CodeType, range, slice, property, torch.dtype, torch.device)


class Copier:
    """Copies values of any kind, one and the same for one and the same.

    It goes as `copy.deepcopy` does, and further: through functions to what they close over, along
    weak references, and in containers around what cannot be copied, which is shared.

    Attributes:
        memo: the copies by the `id` of what was copied.
        remarks: what is shared.
        in_function: whether what is being copied was reached by a function alone.

    >>> copier = Copier(torch.clone, lambda module, name: module)
    >>> seen = [1]
    >>> copy = copier.copied(lambda new, seen=seen: [*seen, seen.append(new)])
    >>> copy(2), copy(3), seen
    ([1, None], [1, 2, None], [1])
    """

    def __init__(
        self,
        of_tensor: Callable[[Tensor], Tensor],
        of_module: Callable[[nn.Module, str], nn.Module],
    ) -> None:
        self.memo: dict[int, Any] = {}
        self.remarks: list[str] = []
        self.in_function = self._in_object = False
        self._of_tensor, self._of_module = of_tensor, of_module
        self._kept: list[Any] = []

    def copied(self, value: Any, name: str = "") -> Any:
        """Copy a value."""
        kind = type(value)
        if kind in SIMPLE or isinstance(value, _ALONE):
            return value
        if id(value) in self.memo:
            return self.memo[id(value)]
        self._kept.append(value)  # so that nothing else has its number
        if kind in _MAKERS:
            return self.keep(value, _MAKERS[kind](self, value, name))
        if isinstance(value, Tensor):
            return self.keep(value, self._of_tensor(value))
        if isinstance(value, nn.Module):
            with self._set(in_function=False, _in_object=False):
                return self._of_module(value, name)
        try:
            with self._set(_in_object=True):
                return self._rebuilt(value, name)
        except Exception:  # of any kind: a lock, a file, what forbids copies
            self.memo[id(value)] = value
            if self._in_object:  # half of a queue is no queue: all of an object is shared, or none
                raise
            self.remarks.append(f"{name} cannot be copied, and is shared with the model")
            return value

    @contextmanager
    def _set(self, **names: bool) -> Iterator[None]:
        """Set attributes for a while."""
        before = {name: getattr(self, name) for name in names}
        vars(self).update(names)
        try:
            yield
        finally:
            vars(self).update(before)

    def keep(self, value: Any, copy: Any) -> Any:
        """Remember a copy, unless there is one."""
        return self.memo.setdefault(id(value), copy)

    def _rebuilt(self, value: Any, name: str) -> Any:
        """Copy an object by what it says it is made of, as `copy.deepcopy` does."""
        kind = type(value)
        if hasattr(kind, "__deepcopy__"):
            with _Deepcopies(self._of_tensor):
                return self.keep(value, value.__deepcopy__(self.memo))
        reduce = dispatch_table.get(kind)
        parts = reduce(value) if reduce else value.__reduce_ex__(4)
        if isinstance(parts, str):  # it is a global
            return self.keep(value, value)
        make, args, state, items, pairs = (*parts, None, None, None)[:5]
        copy = self.keep(value, make(*(self.copied(item, name) for item in args)))
        if state is not None:
            _set_state(copy, self.copied(state, name))
        for item in items or ():
            copy.append(self.copied(item, name))
        for key, item in pairs or ():
            copy[self.copied(key, name)] = self.copied(item, name)
        return copy

    def _dict(self, value: dict[Any, Any], name: str) -> dict[Any, Any]:
        copy = self.keep(value, {})
        for key, item in value.items():
            copy[self.copied(key, name)] = self.copied(item, name)
        return copy  # type: ignore[no-any-return]

    def _list(self, value: list[Any], name: str) -> list[Any]:
        copy = self.keep(value, [])
        copy += [self.copied(item, name) for item in value]
        return copy  # type: ignore[no-any-return]

    def _tuple(self, value: Iterable[Any], name: str) -> Any:
        return type(value)(self.copied(item, name) for item in value)  # type: ignore[call-arg]

    def _generator(self, value: torch.Generator, name: str) -> torch.Generator:
        copy = torch.Generator(device=value.device)
        copy.set_state(value.get_state())
        return copy

    def _method(self, value: MethodType, name: str) -> MethodType:
        function, owner = self.copied(value.__func__, name), self.copied(value.__self__, name)
        is_same = function is value.__func__ and owner is value.__self__
        return value if is_same else MethodType(function, owner)

    def _builtin(self, value: BuiltinMethodType, name: str) -> Any:
        """Copy what a method of Python's own belongs to, as in `seen.append`."""
        owner = self.copied(value.__self__, name)
        return value if owner is value.__self__ else getattr(owner, value.__name__, value)

    def _reference(self, value: ref[Any], name: str) -> Any:
        held = value()
        return value if held is None else ref(self.copied(held, name))

    def _proxy(self, value: Any, name: str) -> Any:
        return proxy(self.copied(value.__repr__.__self__, name))

    def _function(self, value: FunctionType, name: str) -> FunctionType:
        """Return a function that leads to the copy where it led to the model.

        What has its name in a module belongs to the program, not to the model.
        """
        held = (value.__closure__, value.__defaults__, value.__kwdefaults__, value.__dict__)
        known = getattr(sys.modules.get(value.__module__), value.__qualname__, None)
        if known is value or not any(held):
            return value
        cells = tuple(self._cell(cell) for cell in value.__closure__ or ())
        code, names, title = value.__code__, value.__globals__, value.__name__
        copy = FunctionType(code, names, title, None, cells)
        self.keep(value, copy)
        with self._set(in_function=True, _in_object=False):
            for new, old in zip(cells, value.__closure__ or (), strict=True):
                with suppress(ValueError):  # a cell may be empty
                    new.cell_contents = self.copied(old.cell_contents, name)
            copy.__defaults__ = self.copied(value.__defaults__, name)
            copy.__kwdefaults__ = self.copied(value.__kwdefaults__, name)
            copy.__dict__.update(self.copied(value.__dict__, name))
        copy.__qualname__, copy.__module__ = value.__qualname__, value.__module__
        copy.__doc__, copy.__annotations__ = value.__doc__, value.__annotations__
        return copy

    def _cell(self, cell: CellType) -> CellType:
        """Return the copy of a cell, one for all functions that share it."""
        self._kept.append(cell)
        return self.keep(cell, CellType())  # type: ignore[no-any-return]


_MAKERS: dict[type, Callable[[Copier, Any, str], Any]] = {
    dict: Copier._dict,
    list: Copier._list,
    **dict.fromkeys((tuple, set, frozenset), Copier._tuple),
    torch.Generator: Copier._generator,
    MethodType: Copier._method,
    BuiltinMethodType: Copier._builtin,
    FunctionType: Copier._function,
    ref: Copier._reference,
    **dict.fromkeys(ProxyTypes, Copier._proxy),
}


def _set_state(copy: Any, state: Any) -> None:
    if hasattr(copy, "__setstate__"):
        copy.__setstate__(state)
        return
    state, slots = state if isinstance(state, tuple) and len(state) == 2 else (state, None)
    if state is not None:
        copy.__dict__.update(state)
    for name, value in (slots or {}).items():
        setattr(copy, name, value)


class _Deepcopies(TorchFunctionMode):
    """Copies tensors by a function of ours wherever something is deep-copied."""

    def __init__(self, twin: Any) -> None:
        super().__init__()
        self._of = twin

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.__deepcopy__:
            return self._of(args[0])
        return func(*args, **(kwargs or {}))
