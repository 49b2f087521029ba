"""What of the process a user's code may change while it is called, put back after it."""

from __future__ import annotations

import builtins
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FunctionType
from typing import Any
from weakref import ref

import torch
from torch import nn

from archcount.tracing.torch_internals import (
    DEFAULT_DEVICE,
    DISABLED_HOOKS,
    GIVEN_DEVICE,
    GLOBAL_HOOKS,
    MODE_FLAGS,
    MODES,
    SAVING,
)

_alone = threading.RLock()
"""Held while settings of the process are other than they were."""


def _forget_threads() -> None:
    """Make a lock for a copy of the process, in which the thread that holds the old one is not."""
    global _alone
    _alone = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)

_backends, _cuda = torch.backends, torch.backends.cuda
_DEVICES = ("cpu", "cuda")
_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled),
    (torch.is_warn_always_enabled, torch.set_warn_always),
    (
        lambda: (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        lambda before: torch.autograd.set_detect_anomaly(*before),
    ),
    (_backends.mha.get_fastpath_enabled, _backends.mha.set_fastpath_enabled),
    (_cuda.flash_sdp_enabled, _cuda.enable_flash_sdp),
    (_cuda.mem_efficient_sdp_enabled, _cuda.enable_mem_efficient_sdp),
    (_cuda.math_sdp_enabled, _cuda.enable_math_sdp),
    (_cuda.cudnn_sdp_enabled, _cuda.enable_cudnn_sdp),
    (os.getcwd, os.chdir),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (random.getstate, random.setstate),
    SAVING,
    DISABLED_HOOKS,
    *MODES,  # the last, as the others are put back by operations
)
"""What is read and set by functions, and is one for the process or for the thread."""
_FLAGS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    *[
        (owner, ("fp32_precision",))  # the first: what was read and set of it before changes these
        for place in (_backends, _cuda, _backends.cudnn, _backends.mkldnn)
        for owner in (place, *(getattr(place, part, None) for part in ("matmul", "conv", "rnn")))
        if hasattr(owner, "fp32_precision")
    ],
    (_cuda.matmul, tuple(f"allow_{kind}_reduced_precision_reduction" for kind in ("fp16", "bf16"))),
    (_backends.mkldnn, ("enabled",)),
    (_backends.cudnn, ("enabled", "benchmark", "deterministic", "allow_tf32")),
    (torch.utils.deterministic, ("fill_uninitialized_memory",)),
    (DEFAULT_DEVICE, ("device_context",)),
    GIVEN_DEVICE,
    MODE_FLAGS,
    (sys, ("stdin", "stdout", "stderr", "__stdin__", "__stdout__", "__stderr__")),
    (sys, ("excepthook", "displayhook", "unraisablehook", "breakpointhook")),
)
"""What is read and set as an attribute."""
_COMPILER = tuple(str(Path(torch.__file__).parent / name) for name in ("_dynamo", "_compile"))
_SIGNALS = tuple(map(int, signal.valid_signals()))
_OWNERS = (
    builtins,
    *(torch, torch.Tensor, torch.autograd, torch.linalg, torch.special, torch.fft),
    *(nn, nn.functional, nn.init, nn.modules.module),
    *dict.fromkeys(kind for kind in vars(nn).values() if isinstance(kind, type)),
)
"""Those whose functions some code replaces by its own."""


@contextmanager
def same_process() -> Iterator[None]:
    """Have the process after the block be as it was before it, whatever code is called in there.

    Put back are settings of torch, its functions, layers, modes and hooks, random states, warnings,
    signals, the folder, the environment, the path of modules and the standard streams. What is
    imported stays, with the functions and layers of torch that it replaces by its own, and so do
    threads. Other threads wait that are to enter such a block too.

    >>> with same_process():
    ...     torch.set_default_dtype(torch.float64)
    ...     del torch.relu
    >>> torch.get_default_dtype(), callable(torch.relu)
    (torch.float32, True)
    """
    with _alone, warnings.catch_warnings(), ExitStack() as stack:
        has_gradients = torch.is_grad_enabled()
        stack.enter_context(torch.inference_mode(torch.is_inference_mode_enabled()))
        torch.set_grad_enabled(has_gradients)  # which the line before may have changed
        stack.enter_context(_inference_mode_left())
        for owner, names in _FLAGS:
            for name in names:
                with suppress(RuntimeError):
                    stack.callback(_restore_flag, owner, name, getattr(owner, name, None))
        for read, write in _SETTINGS:
            with suppress(RuntimeError, OSError):  # torch's new and old ways, mixed; no folder
                stack.callback(_restore, read, write, read())
        for kind in _DEVICES:
            state = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
            stack.callback(_restore_autocast, kind, *state)
        for hooks in GLOBAL_HOOKS:
            stack.callback(_restore_hooks, hooks, dict(hooks))
        stack.callback(_restore_environment, os.environ, dict(os.environ))
        stack.callback(_restore_path, sys.path, [*sys.path])
        stack.callback(torch.set_rng_state, torch.get_rng_state())
        if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
            stack.callback(torch.cuda.set_rng_state_all, torch.cuda.get_rng_state_all())
        if "numpy" in sys.modules:
            numpy = sys.modules["numpy"].random
            stack.callback(numpy.set_state, numpy.get_state())
        if threading.current_thread() is threading.main_thread():
            known = {number: signal.getsignal(number) for number in _SIGNALS}
            stack.callback(_restore_signals, known)
        # first of all, as the others are put back by such functions
        of_torch = [(owner, dict(vars(owner))) for owner in _OWNERS]
        stack.callback(_restore_names, of_torch, set(sys.modules))
        yield


@contextmanager
def _inference_mode_left() -> Iterator[None]:
    """Leave at the end what enters inference mode in the block, and is still there.

    It would be left when it is freed, and set the thread to what it was in the block.
    """
    entered: list[Callable[[], Any]] = []
    thread, enter = threading.get_ident(), torch.inference_mode.__enter__

    def entering(context: torch.inference_mode) -> None:
        enter(context)
        if threading.get_ident() == thread:
            entered.append(ref(context))

    torch.inference_mode.__enter__ = entering  # type: ignore[method-assign]
    try:
        yield
    finally:
        torch.inference_mode.__enter__ = enter  # type: ignore[method-assign]
        for context in filter(None, [each() for each in reversed(entered)]):
            context.__exit__(None, None, None)


def _restore(read: Callable[[], Any], write: Callable[[Any], Any], before: Any) -> None:
    try:
        now = read()
    except (RuntimeError, OSError):
        now = None
    if now != before:
        with suppress(RuntimeError, OSError):
            write(before)


def _restore_autocast(kind: str, is_enabled: bool, dtype: torch.dtype) -> None:
    torch.set_autocast_enabled(kind, is_enabled)
    torch.set_autocast_dtype(kind, dtype)


def _restore_flag(owner: Any, name: str, before: Any) -> None:
    with suppress(RuntimeError):
        now = getattr(owner, name, None)
        if now != before if isinstance(before, str) else now is not before:
            setattr(owner, name, before)


def _restore_names(owners: Iterable[tuple[Any, Mapping[str, Any]]], modules: Set[str]) -> None:
    """Put back names that were replaced or deleted; new ones stay, as imports make some.

    What a class has newly in the stead of an inherited one goes. What comes from other modules than
    those before stays: some libraries, the compiler of torch among them, replace functions for good
    when they are imported.
    """
    for owner, before in owners:
        now = vars(owner)
        with suppress(Exception):  # what tells whether it is equal may be the user's
            if now == before:
                continue
        for name in now.keys() - before.keys():
            is_inherited = any(name in vars(base) for base in getattr(owner, "__mro__", ())[1:])
            if is_inherited and not _is_of_others(now[name], modules):
                delattr(owner, name)
        for name in [name for name, value in before.items() if now.get(name) is not value]:
            if _is_of_others(now.get(name), modules):
                continue
            with suppress(AttributeError, TypeError):
                setattr(owner, name, before[name])


def _is_of_others(value: Any, modules: Set[str]) -> bool:
    """Return whether a function or class comes from the compiler, or none of some modules."""
    if isinstance(value, FunctionType):
        made_by = value.__globals__.get("__name__")  # what wraps another has the module of that
        if value.__code__.co_filename.startswith(_COMPILER):
            return True
    else:
        made_by = type.__getattribute__(value, "__module__") if isinstance(value, type) else None
    return isinstance(made_by, str) and made_by in sys.modules.keys() - modules


def _restore_hooks(hooks: dict[int, Any], before: Mapping[int, Any]) -> None:
    if hooks != before:
        hooks.clear()
        hooks.update(before)


def _restore_environment(environment: Any, before: Mapping[str, str]) -> None:
    os.environ = environment  # noqa: B003 - it is the one that was there
    if environment != before:
        for name in environment.keys() - before.keys():
            del environment[name]
        environment.update(before)


def _restore_path(path: list[str], before: list[str]) -> None:
    sys.path = path
    if path != before:
        path[:] = before


def _restore_signals(known: Mapping[int, Any]) -> None:
    for number, handler in known.items():
        if handler is not None and signal.getsignal(number) is not handler:
            with suppress(OSError, ValueError):
                signal.signal(number, handler)
