"""Tables, loaded by name or from a file."""

from __future__ import annotations

from pathlib import Path

from archcount.spec.catalogue import find_table
from archcount.spec.load import load_table
from archcount.spec.table import Table

__all__ = ["Table", "load"]


def load(name: str | Path) -> Table:
    """Load a table by its shipped name, or from a file.

    A variant other than the default one is read when it is first asked for.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: with every problem of the file and its default variant.

    >>> load("googlenet").input
    (3, 224, 224)
    """
    path, label = (name, str(name)) if isinstance(name, Path) else find_table(name)
    return load_table(path, label)
