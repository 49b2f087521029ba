"""Faults of the system, each injected once: the n-th write, open, rename ... of a command fails."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

_EVENTS = {
    "open": "open",
    "rename": "os.rename",
    "mkdir": "os.mkdir",
    "chmod": "os.chmod",
    "remove": "os.remove",
    "start": "subprocess.Popen",
}
"""What Python audits before it asks the system, wherever it is done from."""
KINDS = ("write", "fsync", *_EVENTS)


class _Counter:
    """How often a kind of call was made, and which of them fails.

    Attributes:
        kind: one of `KINDS`; empty while nothing is injected.
    """

    kind = ""
    calls = at = 0

    def count(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_COUNTER = _Counter()


def _audit(event: str, _: tuple[object, ...]) -> None:
    if _COUNTER.kind and _EVENTS.get(_COUNTER.kind) == event:
        _COUNTER.count()


sys.addaudithook(_audit)  # for good, as Python has it


@contextmanager
def failing(kind: str, at: int) -> Iterator[_Counter]:
    """Let the call number `at` of a kind fail in here, as on a full disk; 0 counts them."""

    def counted(call):
        def made(*arguments):
            _COUNTER.count()
            return call(*arguments)

        return made

    def short(descriptor, data):
        """Write a part before the fault, as a full disk does."""
        if _COUNTER.calls + 1 == _COUNTER.at and len(data) > 1:
            write(descriptor, data[: len(data) // 2])
        _COUNTER.count()
        return write(descriptor, data)

    write = os.write
    _COUNTER.calls, _COUNTER.at = 0, at
    with (
        patch.object(os, "write", short if kind == "write" else write),
        patch.object(os, "fsync", counted(os.fsync) if kind == "fsync" else os.fsync),
    ):
        _COUNTER.kind = kind
        try:
            yield _COUNTER
        finally:
            _COUNTER.kind = ""
