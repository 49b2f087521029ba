"""Where a report goes: the terminal, a pipe, or a file that is written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NoReturn

from archcount.cli.stop import stop_if_asked
from archcount.errors import UsageError, quote


@contextmanager
def destination(
    file: Path | None, *, even_if_stopped: bool = False, streaming: bool = False
) -> Iterator[Callable[[str | bytes], object]]:
    """Check that a report can be written before any work is done; yield what takes its text.

    The text goes out when the work is done. A file appears under its name when it is complete,
    and not at all if the work fails.

    With `even_if_stopped`, a report that is handed over after a signal goes out too. With
    `streaming`, each piece goes out at once, and what takes it returns whether anybody still reads.

    Raises:
        UsageError: it cannot be written.
    """
    pieces: list[str | bytes] = []
    with _stdout() if file is None else _replacing(file) as put:
        yield put if streaming else pieces.append
        if not even_if_stopped:
            stop_if_asked()
        for piece in pieces:
            put(piece)


def streamed(file: Path | None, lines: Iterable[str]) -> None:
    """Write lines as they come: to standard output, or to a file that appears when it is whole."""
    with destination(file, streaming=True) as write:
        all(map(write, lines))


@contextmanager
def _stdout() -> Iterator[Callable[[str | bytes], bool]]:
    """Yield what writes to standard output; a reader who has seen enough is no failure."""
    is_read = not is_closed(sys.stdout)

    def attempt(write: Callable[[], object]) -> bool:
        nonlocal is_read
        try:
            if is_read:
                write()
        except OSError as error:
            # What is left in the buffer must not fail again when Python closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                _refuse("stdout", error)
            is_read = False
        return is_read

    yield lambda piece: attempt(lambda: sys.stdout.write(str(piece)))
    attempt(lambda: sys.stdout.flush())


@contextmanager
def _replacing(file: Path) -> Iterator[Callable[[str | bytes], bool]]:
    """Yield what writes to a file that takes its place once it is whole."""
    with _writing(str(file)):
        temporary = _reserve(file)
    out = None
    try:
        with _writing(str(file)):
            out = (temporary or file).open("wb")

        def put(piece: str | bytes) -> bool:
            with _writing(str(file)):
                out.write(piece if isinstance(piece, bytes) else piece.encode())
            return True

        yield put
        with _writing(str(file)):
            out.close()
            if temporary is not None:
                temporary.chmod(_mode(file))
                temporary.replace(file.resolve())
    finally:
        if out is not None:
            with suppress(OSError):
                out.close()
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def _writing(place: str) -> Iterator[None]:
    """Raise what fails in here as an error of writing."""
    try:
        yield
    except OSError as error:
        _refuse(place, error)


def _refuse(place: str, error: OSError) -> NoReturn:
    raise UsageError.of(
        f"cannot write {quote(place)}: {(error.strerror or str(error)).lower()}",
        allowed="a file in a folder that exists and can be written to",
        remedy="nothing was written",
    ) from None


def _reserve(file: Path) -> Path | None:
    """Make an empty file beside the one to be written; None for a device or a named pipe."""
    if file.is_dir():
        raise IsADirectoryError(0, "it is a directory")
    if file.exists() and not file.is_file():
        return None
    try:
        target = file.resolve()
    except RuntimeError as error:  # Python 3.11 and 3.12 say so of links in a circle
        raise OSError(0, "its links lead in a circle") from error
    if file.exists():
        target.open("a").close()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    return Path(name)


def _mode(file: Path) -> int:
    """Return the permissions of a file, or those a new one would get."""
    if file.exists():
        return file.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_colour(file: Path | None) -> bool:
    """Whether rich output may hold colours: only on a terminal that takes them."""
    return file is None and is_terminal(sys.stdout) and "NO_COLOR" not in os.environ


def is_closed(stream: IO[str] | None) -> bool:
    """Whether a stream is closed, for which Python gives None."""
    return stream is None


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is open and a terminal."""
    return stream is not None and stream.isatty()
