"""`--tables DIR`: folders of tables that one command knows beside the others."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archcount.errors import UsageError

OPTION = "--tables"


@contextmanager
def more_tables(folders: Sequence[Path]) -> Iterator[None]:
    """Add folders to those of the environment, where the processes of a command find them too.

    Raises:
        UsageError: one is not there.
    """
    from archcount.spec.catalogue import FOLDERS

    for folder in folders:
        if not folder.is_dir():
            raise UsageError.of(f"{OPTION}: no folder {folder}")
    before = os.environ.get(FOLDERS)
    os.environ[FOLDERS] = os.pathsep.join([*map(str, folders), *filter(None, [before])])
    try:
        yield
    finally:
        del os.environ[FOLDERS]
        if before is not None:
            os.environ[FOLDERS] = before


def to_the_front(words: Sequence[str]) -> list[str]:
    """Put the option before the command, since it may stand anywhere.

    >>> to_the_front(["list", "--tables", "mine", "--totals"])
    ['--tables', 'mine', 'list', '--totals']
    """
    front: list[str] = []
    rest: list[str] = []
    left = iter(words)
    for word in left:
        if word == "--":
            return [*front, *rest, word, *left]
        if word == OPTION:
            value = next(left, None)
            if value is None:
                return [OPTION]  # which is said to have no value
            front += [word, value]
        elif word.startswith(f"{OPTION}="):
            front.append(word)
        else:
            rest.append(word)
    return front + rest
