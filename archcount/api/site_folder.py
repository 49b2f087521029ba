"""The folder of a site: written beside its place, and put there when it is whole."""

from __future__ import annotations

import shutil
import tempfile
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
    try:
        _check(folder)
        target = folder.resolve()
        made = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    except OSError as error:
        raise _refused(folder, error) from None
    try:
        yield lambda path, content: _write(folder, made / path, content)
        _write(folder, made / MARK, _SAID.encode())
        try:
            made.chmod(0o755)
            _replace(made, target)
        except OSError as error:
            raise _refused(folder, error) from None
    finally:
        shutil.rmtree(made, ignore_errors=True)


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
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    except OSError as error:
        raise _refused(folder, error) from None


def _replace(made: Path, target: Path) -> None:
    """Put a folder in its place; what was there is moved aside first, and back where that fails."""
    if not target.exists():
        made.rename(target)
        return
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        target.rename(aside / "site")
        made.rename(target)
    except BaseException:  # a signal too
        if not target.exists():
            (aside / "site").rename(target)
        raise
    finally:
        if target.exists():  # what could not be moved back is not lost
            shutil.rmtree(aside, ignore_errors=True)


def _refused(folder: Path, error: OSError) -> UsageError:
    return UsageError.of(
        f"cannot write {quote(str(folder))}: {(error.strerror or str(error)).lower()}",
        allowed="a folder in one that exists and can be written to",
        remedy="nothing was written",
    )
