"""A sweep as text, a line a point as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from textwrap import fill

from archcount.control_characters import visible
from archcount.reporting.encoding import Value, csv_line, json_line
from archcount.reporting.figures import size
from archcount.reporting.markdown import markdown_row, markdown_rule
from archcount.reporting.sheet import Column, Sheet, make_sheet
from archcount.symbolic.model_sweep import ModelPoint, ModelSweep, filled
from archcount.symbolic.sweep import Point, Sweep

AnySweep = Sweep | ModelSweep
AnyPoint = Point | ModelPoint
Points = Iterable[AnyPoint] | None
"""Those that are written; None for all of the sweep."""
COLUMNS = 80
"""The columns of a line of text."""


def point_lines(
    sweep: AnySweep, points: Iterable[AnyPoint] | None = None
) -> Iterator[dict[str, Value]]:
    """Yield each point in base units, of these or all; what is missing is None."""
    for point in sweep if points is None else points:
        yield {
            "input": point.shown,
            **dict(zip(sweep.axes.lets, point.lets, strict=True)),
            "batch": point.batch,
            **{field: getattr(point, field) for field, _ in sweep.figures},
            **point.rest,
            "problem": point.problem or None,
        }


def sweep_sheet(sweep: AnySweep) -> Sheet:
    """Return all points as a sheet."""
    return make_sheet(sweep.title, _columns(sweep), sweep)


def _columns(sweep: AnySweep) -> list[Column[AnyPoint]]:
    lets = [
        Column(name, partial(_let, place), right=True) for place, name in enumerate(sweep.axes.lets)
    ]
    counts = [
        Column(heading, partial(_count, field), right=True) for field, heading in sweep.figures
    ]
    return [
        Column("input", lambda point: point.shown, right=True),
        *lets,
        Column("batch", partial(_count, "batch"), right=True),
        *counts,
        Column("problem", _problem),
    ]


def _problem(point: AnyPoint) -> str:
    """Say what is wrong with a point; what is uncounted is no layer of a table's."""
    missed = point.rest.get("uncounted")
    return point.problem or (f"without {missed}" if missed else "")


def _let(place: int, point: AnyPoint) -> str:
    return point.lets[place]


def _count(field: str, point: AnyPoint) -> str:
    number: int | None = getattr(point, field)
    if number is None:
        return ""
    return size(number) if field.endswith("_bytes") else f"{number:,}"


def _csv(sweep: AnySweep, points: Points = None) -> Iterator[str]:
    for number, record in enumerate(point_lines(sweep, points)):
        if not number:
            yield csv_line(record)
        yield csv_line(record.values())


def _json(sweep: AnySweep, points: Points = None) -> Iterator[str]:
    head = {**sweep.head, "lets": list(sweep.axes.lets)}
    yield json_line({"schema": sweep.schema, **head})[:-1] + ', "points": [\n'
    for number, record in enumerate(point_lines(sweep, points)):
        yield ("" if not number else ",\n") + json_line(record)
    yield "\n]}\n"


def _markdown(sweep: AnySweep, points: Points = None) -> Iterator[str]:
    columns = _columns(sweep)
    yield markdown_row(visible(column.heading) for column in columns) + "\n"
    yield markdown_rule(column.right for column in columns) + "\n"
    for point in sweep if points is None else points:
        yield markdown_row(visible(str(column.text(point))) for column in columns) + "\n"


def _plain(sweep: AnySweep, points: Points = None) -> Iterator[str]:
    """Yield lines of at most 80 columns; a reason stands in the place of the numbers."""
    *columns, _ = _columns(sweep)
    if len(sweep.axes.batches) == 1 and not isinstance(sweep, Sweep):
        columns = [column for column in columns if column.heading != "batch"]
    counts = len(sweep.figures)
    widths = [_width(column.heading, sweep) for column in columns]
    left = sum(widths[:-counts]) + 2 * len(widths[:-counts])

    def row(cells: Sequence[str], widths: Sequence[int]) -> str:
        shown = map(visible, cells)
        aligned = (cell.rjust(width) for cell, width in zip(shown, widths, strict=True))
        return "  ".join(aligned).rstrip() + "\n"

    yield _wrapped(sweep.title, 0) + "\n\n"
    yield row([column.heading for column in columns], widths)
    yield row(["-" * width for width in widths], widths)
    before = ""
    for point in sweep if points is None else points:
        cells = [str(column.text(point)) for column in columns]
        reason = _problem(point)
        if point.problem:
            head = row(cells[:-counts], widths[:-counts]).rstrip("\n")
            told = "as above" if reason == before else reason
            yield f"{head}  {_wrapped(told, left).lstrip()}\n"
        else:
            yield row(cells, widths)
            if reason and reason != before:
                yield f"{_wrapped(reason, left)}\n"
        before = reason


def _wrapped(text: str, left: int) -> str:
    """Break a text between words, into lines that begin at a column and end at the last."""
    indent = " " * left
    return fill(
        visible(text),
        max(COLUMNS, left + 30),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width(heading: str, sweep: AnySweep) -> int:
    """Return the width of a column, which must be known before all points are."""
    axes = sweep.axes
    known = {
        "params": 13,
        "weights": 13,
        "MACs": 15 if isinstance(sweep, ModelSweep) else 18,
        "activations": 11,
        "peak": 10,
    }
    if heading in known and heading not in axes.lets:
        return known[heading]
    if heading == "batch":
        return max(5, *(len(f"{batch}") for batch in axes.batches))
    if heading in axes.lets:
        return max(len(text) for text in (heading, *axes.lets[heading]))
    if isinstance(sweep, ModelSweep):
        longest = {name: max(values, key=len) for name, values in axes.lets.items()}
        texts = [filled(text, longest) for text in sweep.templates]
        is_short = [text.startswith("[") for text in texts]  # float32, which is written in full
        return len(", ".join(texts)) + 7 * sum(is_short) or 20
    return max(11, *(len("x".join(map(str, size))) for size in axes.inputs), 0)


STREAMS: Mapping[str, Callable[..., Iterator[str]]] = {
    "plain": _plain,
    "csv": _csv,
    "md": _markdown,
    "json": _json,
}
"""The formats that can be written line by line: of a sweep, and of its points as they come."""
