"""Tables, loaded by name or from a file."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from archcount.errors import InvalidTableError, UsageError, quote
from archcount.loading.file_kinds import OTHERS, kind_of
from archcount.loading.programs import is_model_name, is_program
from archcount.loading.reference import check_class
from archcount.spec.catalogue import catalogue, find_network
from archcount.spec.load import load_table
from archcount.spec.table import Table

__all__ = ["Table", "load"]


def load(name: str | Path, variant: str = "") -> Table:
    """Load a table by its name, or from a file.

    Names are those of the shipped tables, of the packages that entry points `archcount.tables`
    name, and of the folders in the environment variable `ARCHCOUNT_TABLES`.

    A variant other than the default one is read when it is first asked for.

    Args:
        name: the name or the file; a text may have `@variant` behind it.
        variant: the variant that is then meant wherever none is named.

    Raises:
        UsageError: there is no such table or variant, two tables of one name, or two variants.
        InvalidTableError: with every problem of the file and its default variant.

    >>> load("googlenet").input
    (3, 224, 224)
    >>> load("resnet@18").architecture().params  # as torchvision's
    11689512
    """
    if not isinstance(name, str | Path):
        raise UsageError.of(f"a {type(name).__name__} as a table", allowed="its name, or its file")
    refuse_program(name)
    if isinstance(name, Path):
        return load_table(name, str(name), variant=variant)
    path, label, variant = find_network(name, variant)
    return load_table(path, label, variant=variant)


def as_table(thing: Table | str | Path, variant: str = "") -> Table:
    """Return a table as it is; load what is named, errors as `load`."""
    return thing if isinstance(thing, Table) else load(thing, variant)


def is_model(thing: object) -> bool:
    """Whether a thing is a model, or a text that names one, rather than a table.

    >>> is_model("torchvision:resnet50"), is_model("resnet@50"), is_model(Path("mine.yaml"))
    (True, False, False)
    """
    check_class(thing)
    return is_model_name(thing) if isinstance(thing, str) else not isinstance(thing, Table | Path)


def refuse_program(name: str | Path) -> None:
    """Raise a UsageError where a name is that of a model's file, and of no table."""
    if is_program(str(name)):
        kind = kind_of(Path(name))
        is_read = kind not in OTHERS
        raise UsageError.of(
            f"{quote(str(name))} is {kind or 'a model'}, and no table",
            allowed="a table's name, or the path of a .yaml file",
            remedy=f"count it with `archcount count {name}`" if is_read else "",
        )


def meant(table: Table) -> tuple[str, ...]:
    """Return the networks that a table stands for: the one that it was loaded for, or every one."""
    return (table.chosen,) if table.chosen else table.networks


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
