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
from archcount.symbolic.model_sweep import ModelPoint, ModelSweep
from archcount.symbolic.sweep import Point, Sweep
from archcount.symbolic.sweep_axes import Axes

AnySweep = Sweep | ModelSweep
AnyPoint = Point | ModelPoint
_WIDTHS = {
    "input": 13,
    "batch": 6,
    "params": 15,
    "weights": 15,
    "MACs": 20,
    "activations (B)": 19,
    "peak (B)": 17,
    "problem": 0,
}
"""The columns that headings other than `let` names are given in plain text."""


def point_lines(sweep: AnySweep) -> Iterator[dict[str, Value]]:
    """Yield each point in base units; what is missing is None."""
    for point in sweep:
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
    return "" if number is None else f"{number:,}"


def _csv(sweep: AnySweep) -> Iterator[str]:
    for number, record in enumerate(point_lines(sweep)):
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(record), lineterminator="\n")
        if not number:
            writer.writeheader()
        writer.writerow(record)
        yield text.getvalue()


def _json(sweep: AnySweep) -> Iterator[str]:
    head = {**sweep.head, "lets": list(sweep.axes.lets)}
    yield json.dumps({"schema": sweep.schema, **head}, ensure_ascii=False)[:-1] + ', "points": [\n'
    for number, record in enumerate(point_lines(sweep)):
        yield ("" if not number else ",\n") + json.dumps(record, ensure_ascii=False)
    yield "\n]}\n"


def _markdown(sweep: AnySweep) -> Iterator[str]:
    def row(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"

    columns = _columns(sweep)
    yield row([column.heading for column in columns])
    yield "|" + "|".join("---:" if column.right else ":---" for column in columns) + "|\n"
    for point in sweep:
        yield row([str(column.text(point)) for column in columns])


def _plain(sweep: AnySweep) -> Iterator[str]:
    columns = _columns(sweep)
    known = _WIDTHS if isinstance(sweep, Sweep) else {**_WIDTHS, "input": 28}
    widths = [known.get(each.heading, max(8, len(each.heading))) for each in columns]

    def row(cells: Sequence[str]) -> str:
        aligned = (cell.rjust(width) for cell, width in zip(cells, widths, strict=True))
        return "  ".join(aligned).rstrip() + "\n"

    yield sweep.title + "\n\n"
    yield row([column.heading for column in columns])
    yield row(["-" * width for width in widths])
    for point in sweep:
        yield row([str(column.text(point)) for column in columns])


STREAMS: Mapping[str, Callable[[AnySweep], Iterator[str]]] = {
    "plain": _plain,
    "csv": _csv,
    "md": _markdown,
    "json": _json,
}
"""The formats that can be written line by line."""


_PANELS = {
    "params": "params",
    "macs": "MACs of the batch",
    "peak_bytes": "bytes at the peak of a forward pass",
}
"""What is drawn of a point, where it has that."""
_WIDE = 64
"""How many times the first value the last is where both axes are logarithmic."""
_MOST = 12
"""The most curves that can be distinguished."""

_Curves = Mapping[str, Sequence[tuple[float, AnyPoint]]]


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

    def place(self, lets: Mapping[str, str], point: AnyPoint) -> float:
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


def draw_sweep(name: str, axes: Axes, points: Sequence[AnyPoint], form: str) -> bytes:
    """Draw the counts over what is varied first, a curve for each combination of the rest.

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

    drawn = [(what, heading) for what, heading in _PANELS.items() if hasattr(points[0], what)]
    figure: Any = Figure(figsize=(5.5 * len(drawn), 4.5), layout="constrained")
    along = _along(axes)
    curves = _curves(along, axes, points)
    for place, (what, heading) in enumerate(drawn):
        panel = figure.add_subplot(1, len(drawn), place + 1)
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
    places = [x for curve in curves.values() for x, _ in curve]
    if 0 < _WIDE * min(places) <= max(places):
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
    else:
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


def _curves(along: _PlotAxis, axes: Axes, points: Sequence[AnyPoint]) -> _Curves:
    """Return the points of each curve by what they have beside their place along it."""
    found: dict[str, list[tuple[float, AnyPoint]]] = {}
    for point in points:
        lets = dict(zip(axes.lets, point.lets, strict=True))
        label = [f"{name} {value}" for name, value in lets.items() if name != along.let]
        if (along.height or along.let) and len(axes.batches) > 1:
            label.append(f"batch {point.batch}")
        found.setdefault(", ".join(label), []).append((along.place(lets, point), point))
    return found
