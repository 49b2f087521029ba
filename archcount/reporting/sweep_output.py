"""A sweep as text, a line a point as they come; and as a picture, params and MACs as curves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

from archcount.errors import UsageError, quote
from archcount.reporting.encoding import Value
from archcount.reporting.pictures import require_matplotlib, saved
from archcount.reporting.sheet import Column, Sheet, make_sheet
from archcount.symbolic.sweep import Point, Sweep
from archcount.symbolic.sweep_axes import Axes

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


_MOST = 12
"""The most curves that can be distinguished."""

_Curves = Mapping[str, Sequence[tuple[float, Point]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _PlotAxis:
    """What is drawn along: the height of the input, else a `let` name, else the batch."""

    height: bool
    let: str = ""

    def __str__(self) -> str:
        return "input height" if self.height else self.let or "batch"

    def curves(self, axes: Axes) -> int:
        """Return the number of curves."""
        rest = [set(values) for name, values in axes.lets.items() if name != self.let]
        batches = set(axes.batches) if self.height or self.let else {1}
        return prod(map(len, rest)) * len(batches)

    def place(self, lets: Mapping[str, str], point: Point) -> float:
        """Return the position of a point along the axis."""
        if self.height:
            return point.input[1]
        return float(lets[self.let]) if self.let else point.batch


def check_drawable(axes: Axes) -> None:
    """Check that a sweep can be plotted, before anything is counted.

    Raises:
        UsageError: no axis can be drawn along, or there are too many curves.
        UnavailableError: matplotlib is not installed.
    """
    require_matplotlib("a sweep")
    number = _along(axes).curves(axes)
    if number > _MOST:
        raise UsageError.of(
            f"{number} curves in one picture",
            allowed=f"at most {_MOST}",
            remedy="vary less beside what is drawn along, or write a CSV",
        )


def draw_sweep(name: str, axes: Axes, points: Sequence[Point], form: str) -> bytes:
    """Draw params and MACs over what is varied first, a curve for each combination of the rest.

    Points with a problem are left out.

    Raises:
        UsageError: no combination could be counted.
        UnavailableError: matplotlib is not installed.
    """
    if all(point.problem for point in points):
        raise UsageError.of(
            f"nothing to draw: no combination can be counted, {points[0].problem}",
            remedy="a CSV gives the reason of each",
        )
    require_matplotlib("a sweep")
    from matplotlib.figure import Figure

    figure: Any = Figure(figsize=(11, 4.5), layout="constrained")
    along = _along(axes)
    curves = _curves(along, axes, points)
    for place, (what, heading) in enumerate([("params", "params"), ("macs", "MACs of the batch")]):
        panel = figure.add_subplot(1, 2, place + 1)
        panel.set_xlabel(str(along))
        panel.set_ylabel(heading)
        _draw_panel(panel, what, curves)
    figure.suptitle(name, fontsize=11)
    return saved(figure, form)


def _draw_panel(panel: Any, what: str, curves: _Curves) -> None:
    for label, curve in curves.items():
        drawn = [(x, getattr(point, what)) for x, point in curve if not point.problem]
        if drawn:
            panel.plot(*zip(*drawn, strict=True), marker="o", markersize=3, label=label)
    panel.set_ylim(bottom=0)
    panel.grid(visible=True, linewidth=0.3)
    if len(curves) > 1:
        panel.legend(fontsize=7)


def _along(axes: Axes) -> _PlotAxis:
    """Choose what is drawn along: the first that has more than one value, all on one line."""
    if len(axes.inputs) > 1:
        channels = axes.inputs[0][0]
        if any(size != (channels, size[1], size[1]) for size in axes.inputs):
            raise UsageError.of(
                "a picture of inputs that differ in more than the side of a square",
                allowed="squares of the same channels, such as --input 128..512:32",
                remedy="draw those alone, or write a CSV",
            )
        return _PlotAxis(height=True)
    let = next((name for name, values in axes.lets.items() if len(values) > 1), "")
    for value in axes.lets.get(let, ()):
        try:
            float(value)
        except ValueError:
            raise UsageError.of(
                f"{let} cannot be drawn along an axis, as a value is not a number: {quote(value)}"
            ) from None
    return _PlotAxis(height=False, let=let)


def _curves(along: _PlotAxis, axes: Axes, points: Sequence[Point]) -> _Curves:
    """Return the points of each curve by what they have beside their place along it."""
    found: dict[str, list[tuple[float, Point]]] = {}
    for point in points:
        lets = dict(zip(axes.lets, point.lets, strict=True))
        label = [f"{name} {value}" for name, value in lets.items() if name != along.let]
        if (along.height or along.let) and len(axes.batches) > 1:
            label.append(f"batch {point.batch}")
        found.setdefault(", ".join(label), []).append((along.place(lets, point), point))
    return found
