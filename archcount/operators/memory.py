"""What is remembered of one pass in the next: a bounded number of answers, none of a model."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any

_ROOM = 10_000


class Memory:
    """Answers by all that they depend on; the whole is forgotten when it is full.

    Reading and writing a dict is one step in Python, so that threads may share it: at worst an
    answer is worked out twice.

    Args:
        room: how many answers are kept.

    Attributes:
        is_on: whether anything is remembered.

    >>> memory = Memory(room=2)
    >>> for key in "abc":
    ...     memory.keep(key, key.upper())
    >>> memory.get("a"), memory.get("c"), len(memory)
    (None, 'C', 1)
    """

    def __init__(self, room: int = _ROOM) -> None:
        self._room, self._known = room, dict[Any, Any]()
        self.is_on = True
        self.get = self._known.get
        MEMORIES.append(self)

    def keep(self, key: Hashable, answer: Any) -> None:
        """Remember an answer."""
        if not self.is_on:
            return
        if len(self._known) >= self._room:
            self._known.clear()
        self._known[key] = answer

    def forget(self) -> None:
        """Forget everything."""
        self._known.clear()

    def __len__(self) -> int:
        return len(self._known)


MEMORIES: list[Memory] = []
"""All there are."""


def forget() -> None:
    """Forget everything that is remembered."""
    for memory in MEMORIES:
        memory.forget()


@contextmanager
def without_memory() -> Iterator[None]:
    """Ask torch for everything, as if nothing had been met before.

    >>> memory = Memory()
    >>> with without_memory():
    ...     memory.keep("a", 1)
    >>> memory.get("a") is None
    True
    """
    before = [memory.is_on for memory in MEMORIES]
    forget()
    for memory in MEMORIES:
        memory.is_on = False
    try:
        yield
    finally:
        for memory, was_on in zip(MEMORIES, before, strict=False):
            memory.is_on = was_on
