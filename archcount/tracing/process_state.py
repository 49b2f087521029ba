"""What of the process a user's code may change while it is called, put back after it."""

from __future__ import annotations

import builtins
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn

from archcount.tracing.torch_internals import DEFAULT_DEVICE, GLOBAL_HOOKS

_ALONE = threading.RLock()
"""Held while settings of the process are other than they were."""

_cuda = torch.backends.cuda
_DEVICES = ("cpu", "cuda")
_SETTINGS: tuple[tuple[Callable[[], Any], Callable[[Any], Any]], ...] = (
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_num_threads, torch.set_num_threads),
    (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.is_autocast_cache_enabled, torch.set_autocast_cache_enabled),
    (torch.backends.mha.get_fastpath_enabled, torch.backends.mha.set_fastpath_enabled),
    (_cuda.flash_sdp_enabled, _cuda.enable_flash_sdp),
    (_cuda.mem_efficient_sdp_enabled, _cuda.enable_mem_efficient_sdp),
    (_cuda.math_sdp_enabled, _cuda.enable_math_sdp),
    (_cuda.cudnn_sdp_enabled, _cuda.enable_cudnn_sdp),
    (os.getcwd, os.chdir),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (random.getstate, random.setstate),
    (torch.get_rng_state, torch.set_rng_state),
)
"""What is read and set by functions, and is one for the process or for the thread."""
_FLAGS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (torch.backends.mkldnn, ("enabled",)),
    (torch.backends.cudnn, ("enabled", "benchmark", "deterministic", "allow_tf32")),
    (sys, ("stdin", "stdout", "stderr", "excepthook", "displayhook")),
)
"""What is read and set as an attribute."""
_COMPILER = tuple(str(Path(torch.__file__).parent / name) for name in ("_dynamo", "_compile"))
_OWNERS = (torch, torch.Tensor, nn.Module, nn.functional, nn.init, nn.modules.module, builtins)
"""Those whose functions some code replaces by its own."""


@contextmanager
def same_process() -> Iterator[None]:
    """Have the process after the block be as it was before it, whatever code is called in there.

    Put back are settings of torch, its functions and hooks, random states, warnings, signals, the
    folder, the environment, the path of modules and the standard streams. What is imported stays,
    and so do threads. Other threads wait that are to enter such a block too.

    >>> with same_process():
    ...     torch.set_default_dtype(torch.float64)
    ...     del torch.relu
    >>> torch.get_default_dtype(), callable(torch.relu)
    (torch.float32, True)
    """
    with _ALONE, warnings.catch_warnings(), ExitStack() as stack:
        for read, write in _SETTINGS:
            with suppress(RuntimeError, OSError):  # torch's new and old ways, mixed; no folder
                stack.callback(_restore, read, write, read())
        for kind in _DEVICES:
            state = torch.is_autocast_enabled(kind), torch.get_autocast_dtype(kind)
            stack.callback(_restore_autocast, kind, *state)
        for owner, names in _FLAGS:
            for name in names:
                with suppress(RuntimeError):
                    stack.callback(_restore_flag, owner, name, getattr(owner, name))
        for hooks in GLOBAL_HOOKS:
            stack.callback(_restore_hooks, hooks, dict(hooks))
        stack.callback(_restore_environment, dict(os.environ))
        stack.callback(_restore_path, [*sys.path])
        stack.callback(_restore_device, getattr(DEFAULT_DEVICE, "device_context", None))
        if "numpy" in sys.modules:
            numpy = sys.modules["numpy"].random
            stack.callback(numpy.set_state, numpy.get_state())
        if threading.current_thread() is threading.main_thread():
            known: dict[int, Any] = {
                number: signal.getsignal(number) for number in signal.valid_signals()
            }
            stack.callback(_restore_signals, known)
        for owner in _OWNERS:  # first of all, as the others are put back by such functions
            stack.callback(_restore_names, owner, dict(vars(owner)))
        yield


def _restore(read: Callable[[], Any], write: Callable[[Any], Any], before: Any) -> None:
    try:
        now = read()
    except (RuntimeError, OSError):
        now = None
    is_same = torch.equal(now, before) if isinstance(now, torch.Tensor) else now == before
    if not is_same:
        with suppress(RuntimeError, OSError):
            write(before)


def _restore_autocast(kind: str, is_enabled: bool, dtype: torch.dtype) -> None:
    torch.set_autocast_enabled(kind, is_enabled)
    torch.set_autocast_dtype(kind, dtype)


def _restore_flag(owner: Any, name: str, before: Any) -> None:
    with suppress(RuntimeError):
        if getattr(owner, name, None) is not before:
            setattr(owner, name, before)


def _restore_names(owner: Any, before: Mapping[str, Any]) -> None:
    """Put back names that were replaced or deleted; new ones stay, as imports make some.

    What a class has newly in the stead of an inherited one goes. The compiler of torch replaces
    some for good when it is imported.
    """
    now = vars(owner)
    for name in now.keys() - before.keys():
        if any(name in vars(base) for base in getattr(owner, "__mro__", ())[1:]):
            delattr(owner, name)
    for name in [name for name, value in before.items() if now.get(name) is not value]:
        code = getattr(now.get(name), "__code__", None)
        if code is not None and code.co_filename.startswith(_COMPILER):
            continue
        with suppress(AttributeError, TypeError):
            setattr(owner, name, before[name])


def _restore_hooks(hooks: dict[int, Any], before: Mapping[int, Any]) -> None:
    if hooks != before:
        hooks.clear()
        hooks.update(before)


def _restore_environment(before: Mapping[str, str]) -> None:
    if os.environ != before:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _restore_path(before: list[str]) -> None:
    if sys.path != before:
        sys.path[:] = before


def _restore_device(before: Any) -> None:
    if getattr(DEFAULT_DEVICE, "device_context", None) is not before:
        torch.set_default_device(None if before is None else before.device)


def _restore_signals(known: Mapping[int, Any]) -> None:
    for number, handler in known.items():
        if handler is not None and signal.getsignal(number) is not handler:
            with suppress(OSError, ValueError):
                signal.signal(number, handler)
