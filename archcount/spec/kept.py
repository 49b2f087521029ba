"""What was had of shipped tables before, kept between runs as Python keeps bytecode.

Reading and checking a table takes far longer than using one of its networks. What was loaded, and
what was found about its rows, is kept in files for each table, with the bytes of the table file and
a stamp of the code that read them and of the tables beside it; where any is another now, all of it
is had anew.
"""

from __future__ import annotations

import os
import pickle
import stat
import sys
from binascii import crc32
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from archcount.architecture import Architecture
    from archcount.spec.loaded import LoadedTable, Network

Found = TypeVar("Found")
FOLDER = "ARCHCOUNT_CACHE"
"""The environment's name for the folder they are kept in; nothing is kept where it is empty."""
_ELSEWHERE = frozenset(
    ("__pycache__", "_tables", "benchmark", "cli", "difference", "loading", "reporting", "tracing")
)
"""Rooms whose code neither reads tables nor finds anything about their rows."""
_PACKAGE = Path(__file__).resolve().parent.parent


class Findings:
    """What was found about the rows of a shipped table, each with what it was found from.

    Args:
        file: where it is kept.
        head: what it holds for: what messages call the table, its file's bytes, and the stamp.
    """

    def __init__(self, file: Path, head: bytes) -> None:
        self._file, self._head = file, head
        self._found: dict[str, tuple[object, object]] = _read(file, head) or {}
        self._changed = False

    def get(self, row: str, source: object) -> Any:
        """Give what was found about a row from the same source; None where nothing was."""
        kept = self._found.get(row)
        return kept[1] if kept is not None and kept[0] == source else None

    def put(self, row: str, source: object, found: object) -> None:
        """Take what was found about a row."""
        self._found[row] = (source, found)
        self._changed = True

    def save(self) -> None:
        """Keep what was found, where that is possible."""
        if self._changed:
            _write(self._file, self._head, self._found)


def findings(path: Path, name: str, variant: str) -> Findings | None:
    """Give what is kept of the rows of a variant of a shipped table; None where nothing is kept."""
    folder, head = keeping_folder(), _head(f"{name} {variant}", (path,))
    if folder is None or head is None:
        return None
    return Findings(_file(folder, path, f"-{variant}"), head)


def had_of_all(what: str, paths: Sequence[Path], make: Callable[[], Found]) -> Found:
    """Give what was made of all shipped tables, from what is kept of it where that still holds.

    Args:
        what: what it is called.
        paths: their files, at least one.
        make: makes it anew.
    """
    folder, head = keeping_folder(), _head(what, paths)
    if folder is None or head is None:
        return make()
    file = _file(folder, paths[0].parent / what)
    kept: Found | None = _read(file, head)
    if kept is None:
        kept = make()
        _write(file, head, kept)
    return kept


def _head(name: str, paths: Sequence[Path]) -> bytes | None:
    """Say what something holds for; None where that cannot be told, so that nothing is kept."""
    if keeping_folder() is None:
        return None
    try:
        contents = b"".join(path.read_bytes() for path in paths)
        return b"\n".join((name.encode(), contents, _stamp(paths[0].parent)))
    except OSError:
        return None


def _file(folder: Path, path: Path, what: str = "") -> Path:
    place = f"{path} {sys.implementation.cache_tag}".encode()
    return folder / f"{path.stem}{what}-{crc32(place):08x}.pickle"


def keeping_folder() -> Path | None:
    """Give the folder that loaded tables are kept in; None where none are kept."""
    given = os.environ.get(FOLDER)
    if given is None:
        base = os.environ.get("XDG_CACHE_HOME", "")
        with suppress(RuntimeError):  # there is no home
            return Path(base or "~/.cache", "archcount").expanduser()
    with suppress(RuntimeError):
        return Path(given).expanduser() if given else None
    return None


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
    folder, head = keeping_folder(), _head(name, (path,))
    if folder is None or head is None:
        return _loaded(path, name)
    file = _file(folder, path)
    kept = _read(file, head)
    if kept is not None:
        bare, blobs = kept
        architectures: dict[str, Architecture] = {}
        networks = _Kept(blobs, architectures)
        opened: LoadedTable = replace(bare, _networks=networks, _architectures=architectures)
        return opened
    table = _loaded(path, name)
    blobs = {
        network: pickle.dumps((table._networks[network], table.architecture(network)))
        for network in table.networks
    }
    _write(file, head, (replace(table, _networks={}, _architectures={}), blobs))
    return table


def _loaded(path: Path, name: str) -> LoadedTable:
    from archcount.spec.load import load_table

    return load_table(path, name)


@cache
def _stamp(tables: Path) -> bytes:
    """Tell this code, and the tables that claims name, from any other: by sizes and times."""
    found = (*_files(_PACKAGE, ".py"), *_files(tables, ".yaml"))
    facts = sorted((entry.path, entry.stat()) for entry in found)
    lines = (f"{path} {each.st_size} {each.st_mtime_ns}" for path, each in facts)
    return "\n".join(lines).encode()


def _files(folder: Path | os.DirEntry[str], ending: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.name.endswith(ending):
                yield entry
            elif entry.is_dir(follow_symlinks=False) and entry.name not in _ELSEWHERE:
                yield from _files(entry, ending)


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


def _read(file: Path, head: bytes) -> Any:
    """Read what is kept; None where it is of another file or another code, or not whole."""
    try:
        # Whoever else can write it could have it run anything.
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            return None
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
            return None
        content = file.read_bytes()
    except OSError:
        return None
    # What other code kept is not even looked into: its classes may be others.
    if not content.startswith(head):
        return None
    total, pickled = content[len(head) : len(head) + 8], content[len(head) + 8 :]
    return pickle.loads(pickled) if total == _sum(pickled) else None


def _write(file: Path, head: bytes, what: object) -> None:
    """Keep something where possible; whoever reads meanwhile sees the old file or the new."""
    pickled = pickle.dumps(what)
    fresh = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(head + _sum(pickled) + pickled)
            fresh.chmod(0o600)
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)


def _sum(content: bytes) -> bytes:
    return f"{crc32(b'archcount' + content):08x}".encode()
