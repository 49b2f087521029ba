"""A sweep as text, a line a point as they come, so that any number of them takes little memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from archcount.reporting.encoding import Value
from archcount.reporting.sheet import Column, Sheet, make_sheet
from archcount.symbolic.sweep import Point, Sweep

SCHEMA = "archcount.sweep/1"
_WIDTHS = {"input": 13, "batch": 6, "params": 15, "weights": 15, "MACs": 20, "problem": 0}
"""The columns that headings other than `let` names are given in plain text."""


def point_lines(sweep: Sweep) -> Iterator[dict[str, Value]]:
    """Yield each point in base units; what is missing is None."""
    for point in sweep:
        yield {
            "input": _size(point),
            **dict(zip(sweep.axes.lets, point.lets, strict=True)),
            "batch": point.batch,
            "params": point.params,
            "weights": point.weights,
            "macs": point.macs,
            "output": None if point.output is None else "x".join(map(str, point.output)),
            "problem": point.problem or None,
        }


def sweep_sheet(sweep: Sweep) -> Sheet:
    """Return all points as a sheet."""
    return make_sheet(_title(sweep), _columns(sweep), sweep)


def _title(sweep: Sweep) -> str:
    return (
        f"{sweep.name}: counted in closed form, MACs of the whole batch, auxiliary heads left out"
    )


def _columns(sweep: Sweep) -> list[Column[Point]]:
    lets = [
        Column(name, partial(_let, place), right=True) for place, name in enumerate(sweep.axes.lets)
    ]
    counts = [
        Column(heading, partial(_count, field), right=True)
        for field, heading in (("params", "params"), ("weights", "weights"), ("macs", "MACs"))
    ]
    return [
        Column("input", _size, right=True),
        *lets,
        Column("batch", partial(_count, "batch"), right=True),
        *counts,
        Column("problem", lambda point: point.problem),
    ]


def _size(point: Point) -> str:
    return "x".join(map(str, point.input))


def _let(place: int, point: Point) -> str:
    return point.lets[place]


def _count(field: str, point: Point) -> str:
    number: int | None = getattr(point, field)
    return "" if number is None else f"{number:,}"


def _csv(sweep: Sweep) -> Iterator[str]:
    for number, record in enumerate(point_lines(sweep)):
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(record), lineterminator="\n")
        if not number:
            writer.writeheader()
        writer.writerow(record)
        yield text.getvalue()


def _json(sweep: Sweep) -> Iterator[str]:
    variant = sweep.network.name or None
    head = {"name": sweep.network.table, "variant": variant, "lets": list(sweep.axes.lets)}
    yield json.dumps({"schema": SCHEMA, **head}, ensure_ascii=False)[:-1] + ', "points": [\n'
    for number, record in enumerate(point_lines(sweep)):
        yield ("" if not number else ",\n") + json.dumps(record, ensure_ascii=False)
    yield "\n]}\n"


def _markdown(sweep: Sweep) -> Iterator[str]:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"

    columns = _columns(sweep)
    yield row([column.heading for column in columns])
    yield "|" + "|".join("---:" if column.right else ":---" for column in columns) + "|\n"
    for point in sweep:
        yield row([str(column.text(point)) for column in columns])


def _plain(sweep: Sweep) -> Iterator[str]:
    columns = _columns(sweep)
    widths = [_WIDTHS.get(each.heading, max(8, len(each.heading))) for each in columns]

    def row(cells: Sequence[str]) -> str:
        aligned = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join(aligned).rstrip() + "\n"

    yield _title(sweep) + "\n\n"
    yield row([column.heading for column in columns])
    yield row(["-" * width for width in widths])
    for point in sweep:
        yield row([str(column.text(point)) for column in columns])


STREAMS: Mapping[str, Callable[[Sweep], Iterator[str]]] = {
    "plain": _plain,
    "csv": _csv,
    "md": _markdown,
    "json": _json,
}
"""The formats that can be written line by line."""
