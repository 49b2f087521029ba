"""Stopping on a signal: tidy up, write nothing more, exit 130 (or 128 + the signal)."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

from archcount.errors import Stopped

_received: list[int] = []


def stop_on_signals() -> None:
    """Let SIGINT and SIGTERM end the program by way of its `finally` clauses."""
    signal.signal(signal.SIGINT, _stop)
    signal.signal(signal.SIGTERM, _stop)


def stop_if_asked() -> None:
    """Stop now if a signal came whose exit somebody's import has swallowed."""
    if _received:
        sys.exit(128 + _received[0])


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    _received.append(number)
    raise Stopped
