"""Writing a report from a command: format, destination, warnings and progress on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from archcount.cli.output import destination, is_terminal, write_colour
from archcount.cli.standard_output import report_stream, say
from archcount.control_characters import visible
from archcount.errors import UsageError, quote
from archcount.reporting.formats import FORMATS, OutputFormat
from archcount.reporting.report import Report

FILE_WIDTH = 160
"""The columns of a rich layout in a file, and of a picture."""


@contextmanager
def emitting(
    form: str | None,
    output: Path | None,
    formats: Mapping[str, OutputFormat] = FORMATS,
    *,
    even_if_stopped: bool = False,
    is_shown: bool = False,
) -> Iterator[Callable[[Report], None]]:
    """Choose the format and reserve the destination before any work; yield what takes a report.

    With `is_shown`, what goes to a file is shown on standard output too.
    """
    chosen = chosen_format(form, output, formats)
    unshown: list[UsageError] = []
    with destination(output, even_if_stopped=even_if_stopped) as write:

        def emit(report: Report) -> None:
            width = _columns() if output is None else FILE_WIDTH
            write(report._written(chosen, width, write_colour(output)))
            if output is not None and is_shown:
                try:
                    show(report, chosen_format(None, None, formats), even_if_stopped)
                except UsageError as error:  # the file has the report all the same
                    unshown.append(error)
            elif formats[chosen].is_tidy or output is not None:
                for remark in report._remarks():
                    for line in remark.visible.lines:
                        say(line)

        yield emit
    for error in unshown:
        raise error


def show(report: Report, form: str, even_if_stopped: bool = False) -> None:
    """Write a report to standard output."""
    with destination(None, even_if_stopped=even_if_stopped) as write:
        write(report.render(form, width=_columns(), colour=write_colour(None)))


def _columns() -> int | None:
    """Return how wide the terminal is that a report goes to; None where rich knows it better."""
    stream = report_stream()
    if stream is None or not is_terminal(stream) or os.environ.get("COLUMNS", "").isdigit():
        return None
    return os.get_terminal_size(stream.fileno()).columns or None


def chosen_format(asked: str | None, file: Path | None, formats: Mapping[str, OutputFormat]) -> str:
    """Return the format asked for, else the file's, else the one for where stdout goes.

    Raises:
        UsageError: there is no such format, or it goes to a file alone.
        UnavailableError: what it is written with is not installed.
    """
    chosen = asked if asked is not None else _format_of(file, formats)
    if chosen not in formats:
        raise UsageError.of(f"unknown format {quote(chosen)}", allowed=", ".join(formats))
    if formats[chosen].is_binary and file is None:
        remedy = f"name one with -o, such as -o table{formats[chosen].ending}"
        raise UsageError.of(f"{chosen} is written to a file", remedy=remedy)
    formats[chosen].require()
    return chosen


def _format_of(file: Path | None, formats: Mapping[str, OutputFormat]) -> str:
    """Return the format that a file's ending names, or the one for where stdout goes."""
    if file is None:
        return "rich" if is_terminal(report_stream()) and "rich" in formats else "plain"
    endings = {item.ending: name for name, item in formats.items() if item.ending}
    return named_by_ending(file, endings)


def named_by_ending(file: Path, endings: Mapping[str, str]) -> str:
    """Return the format of a file, by its ending.

    Raises:
        UsageError: the ending is that of no format.
    """
    if file.suffix.lower() not in endings:
        raise UsageError.of(
            f"the ending of {quote(str(file))} names no format",
            allowed=", ".join(endings),
            remedy="name the format with --format",
        )
    return endings[file.suffix.lower()]


@contextmanager
def progress(what: str) -> Iterator[Callable[[str], None]]:
    """Show what is being done until it is done; yield what shows something else."""
    if not is_terminal(sys.stderr):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(visible(what))) as status:
        yield lambda other: status.update(Text(visible(other)))
