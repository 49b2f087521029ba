"""`archcount sweep`: many combinations of a table's numbers, counted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcount.cli import complete
from archcount.cli.bench_options import words_of
from archcount.cli.options import Output, TableName, loaded, pairs_of
from archcount.cli.output import choose_format, destination, streamed
from archcount.errors import InvalidValueError, Problem, UsageError, quote

if TYPE_CHECKING:
    from archcount.engines.sweep import Axes, Point

_RANGE = re.compile(r"([0-9]{1,6})\.\.([0-9]{1,6})(?::([0-9]{1,6}))?")
_WHOLE = re.compile(r"[0-9]{1,9}")
_SIZES = "128..512:32, 224,299 or CxHxW"
_MOST = 10_000_000
_PICTURES = (".svg", ".png")


def show_sweep(
    name: TableName = "googlenet",
    variant: Annotated[
        str,
        typer.Option(help="A variant of the table.", autocompletion=complete.variants),
    ] = "",
    inputs: Annotated[
        str,
        typer.Option("--input", metavar="SIZES", help="128..512:32, 224,299 or CxHxW."),
    ] = "",
    let: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="Values of a name under let: alpha=0.25,0.5 or width=16..64:16 (may be repeated).",
            autocompletion=complete.lets,
        ),
    ] = None,
    batch: Annotated[str, typer.Option(help="Batches, such as 1,8.")] = "1",
    jobs: Annotated[int | None, typer.Option(help="Processes; by default as many as pay.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="plain, csv, md or json.")
    ] = None,
    output: Output = None,
) -> None:
    """Count a table at many input sizes, values of its `let` names and batches.

    One line a combination, in closed form, written as they come; -o x.svg or x.png draws them.
    """
    from archcount.engines.sweep import sweep
    from archcount.reporting.sweeps import sweep_lines

    picture = form is None and output is not None and output.suffix.lower() in _PICTURES
    chosen = "csv" if picture else _format(form, output)
    table, variant = loaded(name, variant)
    axes = _axes(table.variant(variant).input.channels, inputs, let or [], batch)
    if jobs is not None and jobs < 1:
        raise UsageError(Problem(what=f"--jobs {jobs}", allowed="a whole number of 1 or more"))
    with closing(sweep(table, variant, axes, jobs)) as points:
        if picture and output is not None:
            _draw(output, f"{table.name} {variant}".strip(), axes, points)
        else:
            streamed(output, sweep_lines(table.name, variant, tuple(axes.lets), points, chosen))


def _format(form: str | None, output: Path | None) -> str:
    from archcount.reporting.sweeps import FORMATS

    chosen = choose_format(form, output)
    chosen = "plain" if chosen == "rich" else chosen
    if chosen not in FORMATS:
        raise UsageError(
            Problem(what=f"a sweep in the format {quote(chosen)}", allowed=", ".join(FORMATS))
        )
    return chosen


def _axes(channels: int, inputs: str, let: list[str], batch: str) -> Axes:
    from archcount.engines.sweep import Axes

    axes = Axes(
        inputs=_sizes(inputs, channels),
        lets={name: _values(name, text) for name, text in pairs_of("--let", let).items()},
        batches=_batches(batch),
    )
    if len(axes) > _MOST:
        raise UsageError(Problem(what=f"{len(axes):,} combinations", allowed=f"at most {_MOST:,}"))
    return axes


def _draw(file: Path, title: str, axes: Axes, points: Iterable[Point]) -> None:
    """Draw a sweep to a file, and say on stderr how much of it is not in the picture."""
    from archcount.reporting.curves import check_drawable, draw_sweep

    with destination(file) as write:
        check_drawable(axes)
        counted = list(points)
        write(draw_sweep(title, axes, counted, file.suffix.lower().lstrip(".")))
    missing = sum(bool(point.problem) for point in counted)
    if missing:
        typer.echo(
            f"{missing:,} of {len(counted):,} combinations are left out of the picture, since they "
            "cannot be counted; a CSV gives the reason of each",
            err=True,
        )


def _sizes(text: str, channels: int) -> Sequence[tuple[int, ...]]:
    """Read input sizes: ranges and numbers are the side of a square, others CxHxW."""
    found: list[tuple[int, ...]] = []
    for word in words_of(text):
        if "x" in word:
            found.append(_shape(word))
            continue
        sides = _numbers("--input", word)
        if not sides[0]:
            raise UsageError(Problem(what=f"--input {quote(word)}", allowed="sides of 1 or more"))
        found += [(channels, side, side) for side in sides]
    if text and not found:
        raise UsageError(Problem(what=f"--input {quote(text)} has no size", allowed=_SIZES))
    return found


def _batches(text: str) -> Sequence[int]:
    words = words_of(text)
    if not words or not all(_WHOLE.fullmatch(word) and int(word) for word in words):
        raise UsageError(
            Problem(
                what=f"--batch {quote(text)}", allowed="whole numbers of 1 or more, such as 1,8"
            )
        )
    return [int(word) for word in words]


def _shape(word: str) -> tuple[int, ...]:
    from archcount.layers import Shape

    try:
        return Shape.parse(word).dims
    except InvalidValueError as error:
        raise UsageError(Problem(what=f"--input: {error.what}", allowed=_SIZES)) from None


def _numbers(option: str, word: str) -> Sequence[int]:
    found = _RANGE.fullmatch(word)
    if found is not None:
        first, last, step = int(found[1]), int(found[2]), int(found[3] or 1)
        if not (step and first <= last):
            raise UsageError(
                Problem(what=f"{option} {quote(word)} is an empty range", allowed="128..512:32")
            )
        return range(first, last + 1, step)
    if not _WHOLE.fullmatch(word):
        raise UsageError(Problem(what=f"{option} {quote(word)}", allowed=_SIZES))
    return [int(word)]


def _values(name: str, text: str) -> Sequence[str]:
    """Read the values of a name: ranges of whole numbers, or what the table's file may say."""
    found: list[str] = []
    for word in words_of(text):
        is_range = _RANGE.fullmatch(word) is not None
        found += [str(number) for number in _numbers(name, word)] if is_range else [word]
    if not found:
        raise UsageError(Problem(what=f"--let {name}= has no value", allowed="alpha=0.25,0.5"))
    return found
