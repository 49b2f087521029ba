"""Standard output holds the report alone: what other code prints goes to standard error."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import IO

from archcount.errors import UsageError

ESCAPED = "archcount.escaped"
"""The name of the error handler that writes what an encoding lacks as JSON does: `\\u00e9`."""
NOT_WHOLE = "what is there of it is not whole"

_reports: list[IO[str] | None] = []
"""The streams that reports go to, where `sys.stdout` is lent to other code."""


class ProgramOutput(io.TextIOWrapper):
    """Standard output of the program, on a descriptor that no other code knows."""

    def write(self, text: str) -> int:
        """Write a text; what fails is an error of writing."""
        with _discarding(self):
            return super().write(text)

    def flush(self) -> None:
        """Pass on what is written; what fails is an error of writing."""
        if not self.closed:
            with _discarding(self):
                super().flush()


def claim() -> None:
    """Make the standard streams of the program fit to hold reports.

    A closed one would lend its number to the next file that is opened, an unbuffered one drops what
    a full disk does not take, and not every encoding has every character.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    own = sys.__stdout__
    if own is None or sys.stdout is not own:
        return  # closed, or that of a program that runs this one
    own.flush()
    own.reconfigure(line_buffering=True, errors="backslashreplace")
    buffer = open(os.dup(own.fileno()), "wb")  # noqa: PTH123, SIM115 - a descriptor
    sys.stdout = ProgramOutput(
        buffer, encoding=own.encoding, errors=ESCAPED, line_buffering=own.isatty()
    )


def release() -> None:
    """Write what is left; what is printed at the exit of the program goes to standard error."""
    report = sys.stdout
    if isinstance(report, ProgramOutput):
        sys.stdout = sys.__stdout__
        with suppress(BrokenPipeError):
            report.close()
        os.dup2(2, 1)


def report_stream() -> IO[str] | None:
    """Return where a report goes: standard output, also while it is lent; None where closed."""
    return _reports[-1] if _reports else sys.stdout


@contextmanager
def lent() -> Iterator[None]:
    """Have all that is printed in here go to standard error, by whatever way.

    The program gives descriptor 1 away for good: what C code and threads hold back is written when
    they like. Within another program, `sys.stdout` alone is lent.
    """
    report = report_stream()
    _reports.append(report)
    is_own = isinstance(report, ProgramOutput)
    if is_own:
        os.dup2(2, 1)
    try:
        with redirect_stdout(sys.__stdout__ if is_own else sys.stderr):
            yield
    finally:
        _reports.pop()


def say(text: str) -> None:
    """Write a line to standard error, where there is one that takes it."""
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            print(text, file=sys.stderr, flush=True)  # noqa: T201


def discard(stream: IO[str]) -> None:
    """Drop what a stream holds back: it must not fail again when Python closes it."""
    with suppress(OSError, ValueError):  # a stream in memory has no descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def _discarding(stream: IO[str]) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        discard(stream)
        raise
    except OSError as error:
        discard(stream)
        what = (error.strerror or str(error)).lower()
        raise UsageError.of(f"cannot write 'stdout': {what}", remedy=NOT_WHOLE) from None


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), error.end


codecs.register_error(ESCAPED, _escape)
