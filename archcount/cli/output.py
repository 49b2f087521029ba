"""Where a report goes: the terminal, a pipe, or a file that is written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from archcount.cli.standard_output import ESCAPED, NOT_WHOLE, discard, lent, report_stream
from archcount.cli.stop import stop_if_asked
from archcount.errors import UsageError, quote

_NOTHING = "nothing was written"


@contextmanager
def destination(
    file: Path | None, *, even_if_stopped: bool = False, streaming: bool = False
) -> Iterator[Callable[[str | bytes], object]]:
    """Check that a report can be written before any work is done; yield what takes its text.

    The text goes out when the work is done. A file appears under its name when it is complete,
    and not at all if the work fails. What is printed meanwhile goes to standard error.

    With `even_if_stopped`, a report that is handed over after a signal goes out too. With
    `streaming`, each piece goes out at once, and what takes it returns whether anybody still reads.

    Raises:
        UsageError: it cannot be written.
    """
    pieces: list[str | bytes] = []
    with _stdout() if file is None else _replacing(file) as put, lent():
        with _of_this_process():
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
def appending(file: Path) -> Iterator[Callable[[str], None]]:
    """Open a file before any work is done; yield what adds lines to it at once.

    Lines are added whole or not at all, and never to half a line that a crash has left. A file that
    was not there is not left empty.

    Raises:
        UsageError: it cannot be written.
    """
    place, descriptor, is_new = f"cannot add to {quote(str(file))}", -1, False

    def add(lines: str) -> None:
        with _writing(place, "nothing was added"):
            _add(descriptor, _encoded(lines))

    try:
        with _writing(place, _NOTHING):
            is_new = not file.exists()
            is_stream = not is_new and not file.is_file()  # a device, or a pipe
            flags = os.O_APPEND | os.O_CREAT | (os.O_WRONLY if is_stream else os.O_RDWR)
            descriptor = os.open(file, flags, 0o666)
            with suppress(OSError):  # some file systems have no locks
                fcntl.flock(descriptor, fcntl.LOCK_SH)
        with _of_this_process():
            yield add
    finally:
        if descriptor >= 0:
            os.close(descriptor)
        if is_new:
            _remove_if_empty(file)


def _remove_if_empty(file: Path) -> None:
    """Remove a file that nothing was added to, unless another process is about to."""
    with suppress(OSError), file.open("rb") as empty:
        fcntl.flock(empty, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(empty.fileno()).st_size == 0:
            file.unlink()


def _add(descriptor: int, data: bytes) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        _write_all(descriptor, data)
        return
    end = os.lseek(descriptor, 0, os.SEEK_END)
    is_half = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"
    try:
        _write_all(descriptor, b"\n" * is_half + data)
    except BaseException:
        with suppress(OSError):
            os.ftruncate(descriptor, end)
        raise


@contextmanager
def _of_this_process() -> Iterator[None]:
    """Let a copy of this process, which user code may have made, end before it writes anything."""
    process = os.getpid()
    try:
        yield
    finally:
        if os.getpid() != process:
            os._exit(0)


@contextmanager
def _stdout() -> Iterator[Callable[[str | bytes], bool]]:
    """Yield what writes to standard output; a reader who has seen enough is no failure."""
    stream = report_stream()
    is_read = not is_closed(stream)

    def put(piece: str | bytes) -> bool:
        nonlocal is_read
        try:
            if stream is not None and is_read:
                stream.write(str(piece))
                stream.flush()
        except OSError as error:
            if stream is not None:
                discard(stream)
            if not isinstance(error, BrokenPipeError):
                raise _failure("cannot write 'stdout'", error, NOT_WHOLE) from None
            is_read = False
        return is_read

    yield put


@contextmanager
def _replacing(file: Path) -> Iterator[Callable[[str | bytes], bool]]:
    """Yield what writes to a file that takes its place once it is whole."""
    place = f"cannot write {quote(str(file))}"
    with _writing(place, _NOTHING):
        temporary = _beside(file)
    flags = os.O_WRONLY | os.O_CREAT | (os.O_EXCL if temporary else os.O_TRUNC)
    descriptor = -1
    try:
        with _writing(place, _NOTHING):
            descriptor = os.open(temporary or file, flags, 0o600 if temporary else 0o666)

        def put(piece: str | bytes) -> bool:
            with _writing(place, _NOTHING if temporary else NOT_WHOLE):
                _write_all(descriptor, piece if isinstance(piece, bytes) else _encoded(piece))
            return True

        yield put
        with _writing(place, _NOTHING if temporary else NOT_WHOLE):
            if temporary is not None:
                os.fsync(descriptor)
                temporary.chmod(_mode(file))
                temporary.replace(file.resolve())
    finally:
        try:
            _tidy(descriptor, temporary)
        finally:  # again, where a signal broke into the first
            _tidy(-1, temporary)


def _tidy(descriptor: int, temporary: Path | None) -> None:
    with suppress(OSError):
        if descriptor >= 0:
            os.close(descriptor)
    if temporary is not None:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _encoded(text: str) -> bytes:
    """Encode a text, with names of files that the locale could not read as they are on the disk."""
    with suppress(UnicodeError):
        data = text.encode("utf-8", "surrogateescape")
        data.decode()
        return data
    return text.encode("utf-8", ESCAPED)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it: a system may take a part, and say how much."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


@contextmanager
def _writing(place: str, remedy: str) -> Iterator[None]:
    """Raise what fails in here as an error of writing."""
    try:
        yield
    except OSError as error:
        raise _failure(place, error, remedy) from None


def _failure(place: str, error: OSError, remedy: str) -> UsageError:
    return UsageError.of(
        f"{place}: {(error.strerror or str(error)).lower()}",
        allowed="a file in a folder that exists and can be written to",
        remedy=remedy,
    )


def _beside(file: Path) -> Path | None:
    """Return a name beside the file to be written; None for a device or a named pipe."""
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
    # The name is known before there is a file, so that no signal can come between them.
    return target.with_name(f".{target.name[:50]}.{os.urandom(6).hex()}")


def _mode(file: Path) -> int:
    """Return the permissions of a file, or those a new one would get."""
    if file.exists():
        return file.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_colour(file: Path | None) -> bool:
    """Whether rich output may hold colours: only on a terminal that takes them."""
    return file is None and is_terminal(report_stream()) and "NO_COLOR" not in os.environ


def is_closed(stream: IO[str] | None) -> bool:
    """Whether a stream is closed, for which Python gives None."""
    return stream is None


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a stream is open and a terminal."""
    return stream is not None and stream.isatty()
