"""Many models in `archcount count`: one line each, written as soon as it is known."""

from __future__ import annotations

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from archcount.api.models_report import ModelsReport, check_pool
from archcount.cli.emit import chosen_format, emitting
from archcount.cli.output import appending, destination, is_terminal, streamed
from archcount.cli.standard_output import lent
from archcount.control_characters import visible
from archcount.engines.count_request import CountRequest
from archcount.engines.model_summary import ModelSummary
from archcount.engines.summaries import summarize_all
from archcount.errors import Stopped, UsageError, quote
from archcount.loading.model_libraries import expanded, is_pattern
from archcount.reporting.encoding import Value, csv_cell, csv_line
from archcount.reporting.formats import FORMATS
from archcount.reporting.models_sheets import tidy_summary

Jobs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Processes for several models; the number of cores by default."),
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Give up each of several models after this time."),
]
Append = Annotated[
    bool,
    typer.Option("--append", help="Append to a CSV of several models, and skip those that it has."),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolOptions:
    """Options of several models.

    Attributes:
        jobs: processes at a time; as many as there are cores where it is None.
        timeout: seconds after which a model is given up.
        append: whether lines are added to a file that has some.
    """

    jobs: int | None = None
    timeout: float | None = None
    append: bool = False


def is_many(targets: list[str], pool: PoolOptions, of_one: Mapping[str, object]) -> bool:
    """Return whether several models are requested, by several names or by a pattern.

    Args:
        targets: the names.
        pool: options that go with several alone.
        of_one: options that go with one alone, empty where they are not given.

    Raises:
        UsageError: an option does not go with this number of models.
    """
    several = len(targets) > 1 or is_pattern(targets[0])
    wrong = [option for option, value in of_one.items() if value]
    if not several:
        given = {"--jobs": pool.jobs, "--timeout": pool.timeout, "--append": pool.append or None}
        wrong = [option for option, value in given.items() if value is not None]
    if wrong:
        raise UsageError.of(
            f"{wrong[0]} goes with {'one model' if several else 'several models'}",
            remedy="leave it out",
        )
    return several


_STREAMED = {"csv": ",", "tsv": "\t"}


def show_many(
    targets: list[str],
    request: CountRequest,
    pool: PoolOptions,
    *,
    form: str | None,
    output: Path | None,
) -> list[ModelSummary]:
    """Count many models, write a line each, and return the lines.

    A separated file gets each line when it is known; other formats are written at the end. What is
    known is written where a signal stops it.
    """
    check_pool(pool.jobs, pool.timeout)
    chosen = chosen_format(form, output, FORMATS)
    if pool.append and (output is None or chosen not in _STREAMED):
        raise UsageError.of("--append needs a file", remedy="add -o FILE.csv")
    names = expanded(targets)
    found: list[ModelSummary] = []
    lines = partial(summarize_all, request=request, jobs=pool.jobs, timeout=pool.timeout)
    if chosen not in _STREAMED:
        with emitting(form, output, even_if_stopped=True) as emit:
            with suppress(Stopped):  # what is known is written; the exit code is the signal's
                for line in _shown(lines(names), names):
                    found.append(line)
            order = {name: place for place, name in enumerate(names)}
            emit(ModelsReport(tuple(sorted(found, key=lambda line: order[line.model]))))
        return found
    with _lines_to(output, _STREAMED[chosen], append=pool.append) as (known, write):
        names = [name for name in names if csv_cell(name) not in known]
        for line in _shown(lines(names), names):
            found.append(line)
            write(line)
    return found


@contextmanager
def _lines_to(
    file: Path | None, delimiter: str, *, append: bool
) -> Iterator[tuple[set[str], Callable[[ModelSummary], object]]]:
    """Yield the models that a file has, and what adds a line to it at once."""
    heading = list(tidy_summary(ModelSummary(model="")))

    def text(cells: Iterable[Value]) -> str:
        return csv_line(cells, delimiter)

    def line_of(summary: ModelSummary) -> str:
        return text(tidy_summary(summary).values())

    if file is None:
        with destination(None, streaming=True) as put:
            put(text(heading))
            yield set(), lambda line: put(line_of(line))
        return
    known = _known(file, heading, delimiter) if append and file.exists() else None
    is_stream = file.exists() and not file.is_file()  # a device, or a pipe
    if known is None and not is_stream:
        streamed(file, [text(heading)])
    with appending(file) as add, lent():
        if known is None and is_stream:
            add(text(heading))
        yield known or set(), lambda line: add(line_of(line))


def _known(file: Path, heading: list[str], delimiter: str) -> set[str]:
    """Return the models of a file as it names them, and cut a line off that was not written whole.

    Raises:
        UsageError: it cannot be read, or has other columns.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UsageError.of(f"cannot read {quote(str(file))}: {error}") from None
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.reader(io.StringIO(whole), delimiter=delimiter))
    if not rows or rows[0] != heading:
        raise UsageError.of(
            f"{quote(str(file))} does not have the columns of several models",
            remedy="leave --append out, or name another file",
        )
    if whole != text:
        os.truncate(file, len(whole.encode()))
    return {row[0] for row in rows[1:] if row}


def _shown(lines: Iterable[ModelSummary], names: list[str]) -> Iterator[ModelSummary]:
    """Pass lines on, and show on stderr how many there are of how many."""
    if not is_terminal(sys.stderr):
        yield from lines
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("counting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    failed = 0
    with Progress(
        *columns, TextColumn("{task.description}", markup=False), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task("", total=len(names))
        for line in lines:
            failed += bool(line.error)
            told = visible(f"{line.model}, {failed} failed" if failed else line.model)
            bar.update(task, advance=1, description=told)
            yield line
