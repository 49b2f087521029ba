"""The tables that have a name: the shipped ones, those of other packages, and those of folders."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from os.path import realpath  # of any link; Path.resolve raises of those in a circle
from pathlib import Path

from archcount.errors import UsageError, quote, suggestion

FOLDERS = "ARCHCOUNT_TABLES"
"""The environment variable that names folders of tables, as PATH names folders of programs."""
PACKAGES = "archcount.tables"
"""The entry points that name packages whose folders have tables."""
_ENDINGS = (".yaml", ".yml")
_PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every table that has a name.

    Attributes:
        files: the files by the tables' names, which are those of the files.
        problems: what keeps tables of other packages from being found.
    """

    files: Mapping[str, Path]
    problems: tuple[str, ...] = ()


def catalogue() -> Catalogue:
    """Find the shipped tables, and those of other packages and of folders.

    Raises:
        UsageError: two files are of one name, or a folder is not there.
    """
    files = shipped_tables()
    packages, problems = _packages()
    for folder in (*packages, *_folders()):
        for path in sorted(folder.glob("*.yaml")):
            if path.is_fifo():
                continue  # which is read when somebody writes to it
            other = files.setdefault(path.stem, path)
            if realpath(other) != realpath(path):
                raise UsageError.of(
                    f"two tables are named {path.stem}: {other} and {path}",
                    remedy="rename one of the files",
                )
    return Catalogue(files, problems)


def shipped_tables() -> dict[str, Path]:
    """Return the shipped table files by name.

    >>> "googlenet" in shipped_tables()
    True
    """
    return {path.stem: path for path in sorted(_shipped().glob("*.yaml"))}


def _shipped() -> Path:
    """Return the folder of shipped tables: inside an installed package, or beside a checkout."""
    installed = _PACKAGE / "_tables"
    return installed if installed.is_dir() else _PACKAGE.parent / "tables"


def _packages() -> tuple[list[Path], tuple[str, ...]]:
    """Return the folders that entry points name, importing nothing, and which name none."""
    folders, problems = [], []
    for point in metadata.entry_points(group=PACKAGES):
        top, *inner = point.value.split(".")
        found = None
        with suppress(ValueError):  # a module that runs as a program has no place
            found = find_spec(top) if top.isidentifier() else None
        places = [
            Path(place, *inner) for place in (found and found.submodule_search_locations) or ()
        ]
        folders += [place for place in places if place.is_dir()]
        if not any(place.is_dir() for place in places):
            owner = f" of {point.dist.name}" if point.dist else ""
            problems.append(
                f"entry point {point.name}{owner} names no package: {quote(point.value)}"
            )
    return folders, tuple(problems)


def _folders() -> Iterator[Path]:
    for name in filter(None, os.environ.get(FOLDERS, "").split(os.pathsep)):
        if not _is(Path(name).is_dir):
            raise UsageError.of(f"{FOLDERS}: no folder {quote(name)}")
        yield Path(name)


def find_network(text: str, variant: str = "") -> tuple[Path, str, str]:
    """Find a table by its name or by a path, with `@variant` behind it or not.

    Args:
        text: the name or path; an @ that is part of a path stays there.
        variant: the variant, where it is named apart.

    Returns:
        The file, what messages call it, and the variant; empty where none is named.

    Raises:
        UsageError: there is no such table, or two variants are named.

    >>> find_network("resnet@50")[1:], find_network("resnet", "50")[1:]
    (('resnet.yaml', '50'), ('resnet.yaml', '50'))
    """
    files = catalogue().files
    name, at, named = _parted(text, files)
    if not name:
        raise UsageError.of(
            f"{quote(text)} names no table", remedy="`archcount list` lists the names"
        )
    path, label = _found(name, files)
    if at and not named:
        raise UsageError.of(
            f"{quote(text)} names no variant", remedy=f"write it behind @, or {name} alone"
        )
    if named and variant not in ("", named):
        raise UsageError.of(f"two variants: {text} and {variant}", remedy="name one")
    return path, label, named or variant


def _parted(text: str, files: Container[str]) -> tuple[str, str, str]:
    """Part a table's name or path from the variant behind it."""
    ends = [len(text), *(at.start() for at in re.finditer("@", text))]
    for end in ends:
        if text[:end] in files or _is(Path(text[:end]).is_file):
            return text[:end], text[end : end + 1], text[end + 1 :]
    if "@" in text and Path(text).suffix not in _ENDINGS:
        name, _, variant = text.rpartition("@")
        return name, "@", variant
    return text, "", ""


def find_table(name: str) -> tuple[Path, str]:
    """Find a table by its name, or by a path.

    Returns:
        The file, and what messages call it.

    Raises:
        UsageError: it is neither.

    >>> find_table("googlenet")[1]
    'googlenet.yaml'
    """
    return _found(name, catalogue().files)


def _found(name: str, files: Mapping[str, Path]) -> tuple[Path, str]:
    if name in files:
        return files[name], files[name].name
    path = Path(name)
    if path.suffix in _ENDINGS or "/" in name or "\\" in name or _is(path.exists):
        return path, name
    raise UsageError.of(
        f"unknown table {quote(name)}",
        allowed="a name that `archcount list` shows, or the path of a .yaml file",
        remedy=_variant(name) or suggestion(name, files),
    )


def _is(test: Callable[[], bool]) -> bool:
    """Ask something of a path, which no name that files cannot have fulfils."""
    try:
        return test()
    except (OSError, ValueError):
        return False


def _variant(name: str) -> str:
    """Advise where a table's name with a variant's behind it is written, as in resnet50."""
    from archcount.spec.summary import read_summaries

    for summary in read_summaries()[0]:
        if name.startswith(summary.name):
            variant = name.removeprefix(summary.name).strip("-_ ")
            if variant in summary.variants:
                return f"write {summary.name}@{variant}"
    return ""
