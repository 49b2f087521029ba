"""Shipped tables as they were loaded before, kept between runs as Python keeps bytecode.

Reading and checking a table takes far longer than using one of its networks. What was loaded is
kept in a file for each table, with the bytes of the table file and a stamp of the code that read
them and of the tables beside it; where any is another now, the table is loaded anew.
"""

from __future__ import annotations

import os
import pickle
import sys
from binascii import crc32
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcount.architecture import Architecture
    from archcount.spec.loaded import LoadedTable, Network

FOLDER = "ARCHCOUNT_CACHE"
"""The environment's name for the folder they are kept in; nothing is kept where it is empty."""
_PACKAGE = Path(__file__).resolve().parent.parent

Head = tuple[str, bytes, str]
"""What messages call a table, its file's bytes, and the stamp of the code."""


def keeping_folder() -> Path | None:
    """Give the folder that loaded tables are kept in; None where none are kept."""
    given = os.environ.get(FOLDER)
    if given is None:
        base = os.environ.get("XDG_CACHE_HOME", "")
        with suppress(RuntimeError):  # there is no home
            return Path(base or "~/.cache", "archcount").expanduser()
    return Path(given) if given else None


def load_shipped(path: Path, name: str) -> LoadedTable:
    """Load a shipped table, from what is kept of it where that still holds.

    Args:
        path: the file.
        name: what messages call it.

    Raises:
        InvalidTableError: as `load_table`.

    >>> from archcount.spec.catalogue import find_table
    >>> load_shipped(*find_table("googlenet")).name
    'googlenet'
    """
    folder = keeping_folder()
    head: Head = (name, path.read_bytes(), _stamp(path.parent) if folder else "")
    place = f"{path} {sys.implementation.cache_tag}".encode()
    file = folder / f"{path.stem}-{crc32(place):08x}.pickle" if folder else None
    kept = _read(file, head) if file else None
    if kept is not None:
        return kept
    from archcount.spec.load import load_table

    table = load_table(path, name)
    if file:
        _write(file, head, table)
    return table


@cache
def _stamp(tables: Path) -> str:
    """Tell this code, and the tables that claims name, from any other: by sizes and times."""
    files = (*sorted(_PACKAGE.rglob("*.py")), *sorted(tables.glob("*.yaml")))
    found = ((file, file.stat()) for file in files)
    return "\n".join(f"{file} {stat.st_size} {stat.st_mtime_ns}" for file, stat in found)


class _Kept(Mapping[str, "Network"]):
    """The networks of a kept table, each taken out when it is asked for.

    Args:
        blobs: each network with its architecture, pickled, by name.
        architectures: where the architecture of a network that was taken out goes.
    """

    def __init__(self, blobs: Mapping[str, bytes], architectures: dict[str, Architecture]) -> None:
        self._blobs, self._architectures = blobs, architectures
        self._found: dict[str, Network] = {}

    def __getitem__(self, name: str) -> Network:
        if name not in self._found:
            self._found[name], self._architectures[name] = pickle.loads(self._blobs[name])
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._blobs

    def __iter__(self) -> Iterator[str]:
        return iter(self._blobs)

    def __len__(self) -> int:
        return len(self._blobs)


def _read(file: Path, head: Head) -> LoadedTable | None:
    """Read a kept table; None where it is of another file or another code, or not whole."""
    try:
        # Whoever else can write it could have it run anything.
        stat = file.stat()
        if hasattr(os, "getuid") and (stat.st_uid != os.getuid() or stat.st_mode & 0o022):
            return None
        content = file.read_bytes()
    except OSError:
        return None
    if content[:8] != _sum(content[8:]):
        return None
    kept_head, table, blobs = pickle.loads(content[8:])
    if kept_head != head:
        return None
    architectures: dict[str, Architecture] = {}
    kept: LoadedTable = replace(
        table, _networks=_Kept(blobs, architectures), _architectures=architectures
    )
    return kept


def _write(file: Path, head: Head, table: LoadedTable) -> None:
    """Keep a table where that is possible; whoever reads meanwhile sees the old file or the new."""
    blobs = {
        name: pickle.dumps((table._networks[name], table.architecture(name)))
        for name in table.networks
    }
    bare = replace(table, _networks={}, _architectures={})
    content = pickle.dumps((head, bare, blobs))
    fresh = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(_sum(content) + content)
            fresh.chmod(0o600)
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)


def _sum(content: bytes) -> bytes:
    return f"{crc32(b'archcount' + content):08x}".encode()
