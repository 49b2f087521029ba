"""A spinner on stderr for what takes a while, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from archcount.cli.output import is_terminal


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show what is being done until it is done."""
    if not is_terminal(sys.stderr):
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield
