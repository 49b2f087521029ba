"""The stack of the modules that are being run, kept by hooks that torch calls for every module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from torch.utils.hooks import RemovableHandle

from archcount.errors import UsageError
from archcount.tracing.forward_pass import ModuleTrace, holders
from archcount.tracing.nested_tensors import tensors_in
from archcount.tracing.recorder import Recorder


class ModuleStack:
    """A context manager that tells the recorder which module is being run.

    Attributes:
        elsewhere: how often modules were run in other threads, where no operation is seen.
    """

    def __init__(
        self, found: Mapping[nn.Module, ModuleTrace], recorder: Recorder, forbidden: Set[int]
    ) -> None:
        self._found, self._recorder, self._forbidden = found, recorder, forbidden
        self.elsewhere: Counter[tuple[str, str]] = Counter()
        self._thread = get_ident()
        self._before: list[tuple[str, frozenset[str]]] = []
        self._hooks: tuple[RemovableHandle, ...] = ()

    def __enter__(self) -> ModuleStack:
        # A module that fails is left too: the one that holds it may go on without it.
        self._hooks = (
            register_module_forward_pre_hook(self._enter),
            register_module_forward_hook(self._leave, always_call=True),
        )
        return self

    def __exit__(self, kind: object, *failure: object) -> None:
        is_whole = all(hook.id in (hook.hooks_dict_ref() or ()) for hook in self._hooks)
        for hook in self._hooks:
            hook.remove()
        if kind is None and not is_whole:
            raise UsageError.of(
                "the model's code takes away the hooks that torch calls for every module, by which "
                "it is seen what each does",
                remedy="leave out what clears them",
            )

    def _enter(self, part: nn.Module, args: tuple[Any, ...]) -> None:
        """Note that a module is run from here on."""
        record = self._found.get(part)
        if get_ident() != self._thread:  # hooks are called in all threads, of the program's too
            if record is not None:
                self.elsewhere[record.path, "work in another thread"] += 1
                record.calls += 1
            return
        if record is None:
            self._refuse(part)
            return
        recorder, path = self._recorder, record.path
        self._before.append((recorder.place, recorder.within))
        recorder.place, recorder.within = path, recorder.within | holders(path)
        record.calls += 1
        if record.calls == 1:
            record.input = _shape(args)

    def _leave(self, part: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        """Note that a module was run up to here."""
        record = self._found.get(part)
        if record is None or get_ident() != self._thread or not self._before:
            return
        self._recorder.place, self._recorder.within = self._before.pop()
        if record.output is None:
            record.output = _shape(output)

    def _refuse(self, part: nn.Module) -> None:
        if id(part) in self._forbidden:
            raise UsageError.of(
                f"the model's code leads back to the model itself: a function that "
                f"it holds runs a {type(part).__name__} that is not the copy's, so it "
                "cannot be counted and left alone",
                remedy="make the function a method of the model",
            )


def _shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of a tensor, or of the first in what holds several."""
    if isinstance(value, tuple) and value:
        value = value[0] if isinstance(value[0], Tensor) else value
    if isinstance(value, Tensor):
        return tuple(value.shape)
    first = next(tensors_in(value), None)
    return None if first is None else tuple(first.shape)
