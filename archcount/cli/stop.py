"""Stopping on a signal: tidy up, write nothing more, exit 130 (or 128 + the signal)."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from archcount.errors import Stopped

_received: list[int] = []
_is_kept: list[bool] = []
AGAIN = 10.0
"""Seconds after which a program that goes on after a signal is stopped again."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP end the program by way of its `finally` clauses.

    Afterwards, while Python takes itself down, they end it at once.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup has it
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, _stop)
    sys.unraisablehook = _say_or_stop
    try:
        yield
    finally:
        sys.unraisablehook = sys.__unraisablehook__
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def stop_if_asked() -> None:
    """Stop now if a signal came whose exit somebody's import has swallowed."""
    if _received:
        sys.exit(128 + _received[0])


def keep_a_signal() -> None:
    """From here on, have a first signal change the exit code alone: results are being written."""
    _is_kept.append(True)


def _stop(number: int, frame: FrameType | None) -> None:
    _received.append(number)
    if not _is_kept or len(_received) > 1:
        signal.signal(signal.SIGALRM, _stop_again)
        signal.setitimer(signal.ITIMER_REAL, AGAIN, AGAIN)
        raise Stopped


def _say_or_stop(lost: sys.UnraisableHookArgs) -> None:
    """Stop again at once where a `__del__` or a callback had to swallow it; say all else."""
    if issubclass(lost.exc_type, Stopped):
        signal.setitimer(signal.ITIMER_REAL, 0.01, AGAIN)
    else:
        sys.__unraisablehook__(lost)


def _stop_again(number: int, frame: FrameType | None) -> None:
    """Stop what has swallowed the first time, such as a `__del__` or an `except:` of a model."""
    if not _is_kept:
        raise Stopped
