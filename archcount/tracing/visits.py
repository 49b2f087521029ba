"""Which module is being run, told by hooks that torch calls for every module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from contextlib import ExitStack
from threading import get_ident
from typing import Any

from torch import Tensor, nn
from torch.nn.modules import module as torch_module
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

from archcount.errors import Problem, UsageError
from archcount.tracing.containers import tensors_in
from archcount.tracing.recorder import Recorder
from archcount.tracing.records import ModuleTrace


class Visits:
    """Keeps the recorder in its place while a model runs; a context manager.

    A module of the model is called by way of a `_Visit`, where torch would call what it compiled
    of it. Global hooks, which make every call longer, tell of all others, and of those with hooks.

    Args:
        found: the record of every module of the model.
        recorder: is told the module that is being run.
        forbidden: modules that must not be run, by `id`.

    Attributes:
        spans: between which calls each module was run, by path; the model's are all.
        elsewhere: how often modules were run in other threads, where no operation is seen.
    """

    def __init__(
        self, found: Mapping[nn.Module, ModuleTrace], recorder: Recorder, forbidden: Set[int]
    ) -> None:
        self.spans: dict[str, list[tuple[int, int]]] = {}
        self._found, self._recorder, self._forbidden = found, recorder, forbidden
        self.elsewhere: Counter[tuple[str, str]] = Counter()
        self._thread = get_ident()
        self._before: list[tuple[str, int]] = []
        self._within: dict[str, int] = {}
        self._hooks = ExitStack()
        self._visited: list[dict[str, Any]] = []

    def __enter__(self) -> Visits:
        for part, record in self._found.items():
            if _is_plain(part):
                vars(part)["_compiled_call_impl"] = _Visit(self, part, record)
                self._visited.append(vars(part))
        self._hooks.callback(register_module_forward_pre_hook(self._enter).remove)
        # A module that fails is left too: the one that holds it may go on without it.
        leave = register_module_forward_hook(self._leave, always_call=True)
        self._hooks.callback(leave.remove)
        return self

    def __exit__(self, *failure: object) -> None:
        self._hooks.close()
        for state in self._visited:
            state.pop("_compiled_call_impl", None)
        # A generator goes on after the model was left.
        self.spans[""] = [(0, len(self._recorder.calls))]

    def is_here(self) -> bool:
        """Tell whether this is the thread of the pass, where torch's hooks are ours alone."""
        return get_ident() == self._thread and list(map(len, _GLOBAL_HOOKS)) == _OURS

    def enter(self, record: ModuleTrace, args: tuple[Any, ...]) -> None:
        """Note that a module is run from here on."""
        recorder, path = self._recorder, record.path
        self._before.append((recorder.place, len(recorder.calls)))
        recorder.place = path
        self._within[path] = self._within.get(path, 0) + 1
        record.calls += 1
        if record.calls == 1:
            record.input = _shape(args)

    def leave(self, record: ModuleTrace, output: Any) -> None:
        """Note that a module was run up to here."""
        recorder, path = self._recorder, record.path
        recorder.place, start = self._before.pop()
        self._within[path] -= 1
        if not self._within[path]:  # what calls itself is counted from the outside
            self.spans.setdefault(path, []).append((start, len(recorder.calls)))
        if record.output is None:
            record.output = _shape(output)

    def _enter(self, part: nn.Module, args: tuple[Any, ...]) -> None:
        record = self._found.get(part)
        if get_ident() != self._thread:  # hooks are called in all threads, of the program's too
            if record is not None:
                self.elsewhere[record.path, "work in another thread"] += 1
                record.calls += 1
        elif record is None:
            self._refuse(part)
        else:
            self.enter(record, args)

    def _leave(self, part: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        record = self._found.get(part)
        if record is not None and get_ident() == self._thread:
            self.leave(record, output)

    def _refuse(self, part: nn.Module) -> None:
        if id(part) in self._forbidden:
            raise UsageError(
                Problem(
                    what=f"the model's code leads back to the model itself: a function that "
                    f"it holds runs a {type(part).__name__} that is not the copy's, so it "
                    "cannot be counted and left alone",
                    remedy="make the function a method of the model",
                )
            )


class _Visit:
    """Calls a module of the model in the place of torch.

    Args:
        visits: is told.
        part: the module.
        record: its record.
    """

    __slots__ = ("_part", "_record", "_visits")

    def __init__(self, visits: Visits, part: nn.Module, record: ModuleTrace) -> None:
        self._visits, self._part, self._record = visits, part, record

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the module, and say when."""
        visits, part, record = self._visits, self._part, self._record
        if _hooks_of(part.__dict__) or not visits.is_here():
            return part._call_impl(*args, **kwargs)  # type: ignore[no-untyped-call]
        output = None
        visits.enter(record, args)
        try:
            output = part.forward(*args, **kwargs)
        finally:
            visits.leave(record, output)
        return output

    def __deepcopy__(self, memo: Any) -> None:
        """Stay with the module, as what torch compiled of one does."""


_GLOBAL_HOOKS: tuple[Any, ...] = (
    torch_module._global_forward_pre_hooks,
    torch_module._global_forward_hooks,
    torch_module._global_backward_pre_hooks,
    torch_module._global_backward_hooks,
)
_OURS = [1, 1, 0, 0]


def _is_plain(part: nn.Module) -> bool:
    """Tell whether a module is called as torch calls all, and not compiled."""
    kind, state = type(part), part.__dict__
    return (
        kind._call_impl is nn.Module._call_impl
        and kind._wrapped_call_impl is nn.Module._wrapped_call_impl
        and state.get("_compiled_call_impl") is None
        and "_call_impl" not in state
    )


def _hooks_of(state: Mapping[str, Any]) -> bool:
    return bool(
        state["_forward_pre_hooks"]
        or state["_forward_hooks"]
        or state["_backward_pre_hooks"]
        or state["_backward_hooks"]
    )


def _shape(value: Any) -> tuple[int, ...] | None:
    """Give the shape of a tensor, or of the first in what holds several."""
    if isinstance(value, tuple) and value:
        value = value[0] if isinstance(value[0], Tensor) else value
    if isinstance(value, Tensor):
        return tuple(value.shape)
    first = next(tensors_in(value), None)
    return None if first is None else tuple(first.shape)
