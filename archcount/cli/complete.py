"""Shell completion: names of tables, variants and rows, models, words of an option, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import typer

from archcount.cli.more_tables import more_tables
from archcount.errors import ArchcountError


def tables(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a table's name, or behind an @ a variant of it."""
    with _catalogue(context):
        from archcount.api.tables import load
        from archcount.spec.catalogue import catalogue

        table, at, _ = incomplete.rpartition("@")
        names = [f"{table}@{each}" for each in load(table).variants] if at else catalogue().files
        return [name for name in names if name.startswith(incomplete)]
    return []


def tasks(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a task that tables are for."""
    return _said(context, "task", incomplete)


def kinds(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a kind that tables are of."""
    return _said(context, "kind", incomplete)


def _said(context: typer.Context, what: str, incomplete: str) -> list[str]:
    with _catalogue(context):
        from archcount.spec.summary import read_summaries

        said = {getattr(summary, what) for summary in read_summaries()[0]}
        return sorted(word for word in said if word.startswith(incomplete))


@contextmanager
def _catalogue(context: typer.Context) -> Iterator[None]:
    """Complete with the tables of the command; a mistake in where they are is said by it."""
    with suppress(ArchcountError), more_tables(context.find_root().params.get("tables") or ()):
        yield


def models(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a table's name, or a model's name of a library that is named before it."""
    from archcount.loading.model_libraries import LIBRARIES

    prefix, colon, begun = incomplete.partition(":")
    if not colon:
        prefixes = [f"{name}:" for name in LIBRARIES if name.startswith(incomplete)]
        return (tables(context, incomplete) or []) + prefixes
    if prefix not in LIBRARIES:
        return []
    try:
        names = LIBRARIES[prefix]().matching(f"{begun}*")
    except ArchcountError:
        return []  # the library is not installed; the command will say so
    return [f"{prefix}:{name}" for name in names]


def words(*known: str) -> Callable[[str], list[str]]:
    """Return what completes one of some words, also behind a comma.

    >>> words("forward", "train")("forward,t")
    ['forward,train']
    """

    def matching(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        return [f"{before}{comma}{word}" for word in known if word.startswith(begun)]

    return matching


def files(*endings: str) -> Callable[[str], list[str]]:
    """Return what completes the path of a file with one of some endings, or of a folder."""

    def matching(incomplete: str) -> list[str]:
        folder, slash, begun = incomplete.rpartition("/")
        with suppress(OSError):
            there = sorted(Path(folder + slash or ".").expanduser().iterdir())
            return [
                f"{folder}{slash}{path.name}{'/' if path.is_dir() else ''}"
                for path in there
                if path.name.startswith(begun) and (path.is_dir() or path.suffix in endings)
            ]
        return []

    return matching


def variants(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a variant's name of the table written before."""
    return [name for name in _names(context, "variants") if name.startswith(incomplete)]


def lets(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a `let` name of the table written before."""
    return [f"{name}=" for name in _names(context, "lets") if name.startswith(incomplete)]


def rows(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a row's name of the table written before."""
    return [name for name in _names(context, "rows") if name.startswith(incomplete)]


def _names(context: typer.Context, what: str) -> Iterator[str]:
    from archcount.api.tables import load

    # An option without its value yet keeps the words before it unparsed, in `args`.
    written = [word for word in context.args if not word.startswith("-")]
    name = written[0] if written else context.params.get("name") or "googlenet"
    try:
        table = load(name)
    except ArchcountError:
        return  # a completion has no place to say what is wrong; the command will
    match what:
        case "variants":
            yield from table.variants
        case "lets":
            yield from table.variant().let
        case _:
            yield from (row.id for row in table.printed.rows)
