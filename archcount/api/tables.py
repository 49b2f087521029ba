"""Tables, loaded by name or from a file."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from archcount.errors import InvalidTableError
from archcount.spec.catalogue import catalogue, find_table
from archcount.spec.load import load_table
from archcount.spec.table import Table

__all__ = ["Table", "load"]


def load(name: str | Path) -> Table:
    """Load a table by its name, or from a file.

    Names are those of the shipped tables, of the packages that entry points `archcount.tables`
    name, and of the folders in the environment variable `ARCHCOUNT_TABLES`.


    A variant other than the default one is read when it is first asked for.

    Raises:
        UsageError: there is no such table, or two of one name.
        InvalidTableError: with every problem of the file and its default variant.

    >>> load("googlenet").input
    (3, 224, 224)
    """
    path, label = (name, str(name)) if isinstance(name, Path) else find_table(name)
    return load_table(path, label)


def load_every(names: Container[str] | None = None) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """Load the tables that have a name, or some of them; say which files are left out, and why."""
    found = catalogue()
    tables, problems = [], [*found.problems]
    for name, path in found.files.items():
        if names is None or name in names:
            try:
                tables.append(load_table(path, path.name, every_variant=True))
            except InvalidTableError as error:
                problems.append(f"{path} is left out: {error.problems[0]}")
    return tuple(tables), tuple(problems)
