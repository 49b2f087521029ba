"""The folder of a site: written beside its place, and put there when it is whole."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from archcount.errors import UsageError, quote

MARK = "archcount-site.txt"
"""The file that every site has, without which a folder is not replaced."""
_SAID = "archcount site wrote this folder, and replaces it whole when it is run again.\n"


@contextmanager
def new_site(folder: Path) -> Iterator[Callable[[str, bytes], None]]:
    """Yield what writes the files of a site by their paths; they appear together at the end.

    Raises:
        UsageError: the folder holds something else, or cannot be written.
    """
    with _refusing(folder):
        _check(folder)
        target = folder.resolve()
    made = _beside(target)
    try:
        with _refusing(folder):
            made.mkdir()
        yield lambda path, content: _write(folder, made / path, content)
        _write(folder, made / MARK, _SAID.encode())
        with _refusing(folder):
            _replace(made, target)
    finally:
        _remove(made)


def _beside(target: Path) -> Path:
    """Return a name beside a folder that nothing has: known before it is made, to be removed."""
    return target.with_name(f".{target.name}.{secrets.token_hex(8)}")


def _remove(folder: Path) -> None:
    try:
        shutil.rmtree(folder, ignore_errors=True)
    finally:  # again, where a signal broke into the first
        shutil.rmtree(folder, ignore_errors=True)


def _check(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError.of(f"{quote(str(folder))} is a file", allowed="a folder", remedy=_REMEDY)
    if any(folder.iterdir()) and not (folder / MARK).is_file():
        raise UsageError.of(
            f"the folder {quote(str(folder))} holds something else than a site",
            allowed="a new or an empty folder, or a site made before",
            remedy=_REMEDY,
        )


_REMEDY = "name another; nothing was written"


def _write(folder: Path, file: Path, content: bytes) -> None:
    with _refusing(folder):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _replace(made: Path, target: Path) -> None:
    """Put a folder in its place; what was there is moved aside first, and back where that fails."""
    if not target.exists():
        made.rename(target)
        return
    aside = _beside(target)
    try:
        target.rename(aside)
        made.rename(target)
    except BaseException:  # a signal too
        if not target.exists():
            aside.rename(target)
        raise
    finally:
        if target.exists():  # what could not be moved back is not lost
            _remove(aside)


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Say what the system refuses as an error of the user's.

    Raises:
        UsageError: it refused something.
    """
    try:
        yield
    except OSError as error:
        raise UsageError.of(
            f"cannot write {quote(str(folder))}: {(error.strerror or str(error)).lower()}",
            allowed="a folder in one that exists and can be written to",
            remedy="nothing was written",
        ) from None
