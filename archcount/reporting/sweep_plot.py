"""A sweep plotted: parameters and MACs as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from archcount.errors import Problem, UsageError, quote
from archcount.reporting.pictures import require_matplotlib, saved
from archcount.symbolic.sweep import Point
from archcount.symbolic.sweep_axes import Axes

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
        raise UsageError(
            Problem(
                what=f"{number} curves in one picture",
                allowed=f"at most {_MOST}",
                remedy="vary less beside what is drawn along, or write a CSV",
            )
        )


def draw_sweep(name: str, axes: Axes, points: Sequence[Point], form: str) -> bytes:
    """Draw params and MACs over what is varied first, a curve for each combination of the rest.

    Points with a problem are left out.

    Raises:
        UsageError: no combination could be counted.
        UnavailableError: matplotlib is not installed.
    """
    if all(point.problem for point in points):
        raise UsageError(
            Problem(
                what=f"nothing to draw: no combination can be counted, {points[0].problem}",
                remedy="a CSV gives the reason of each",
            )
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
            raise UsageError(
                Problem(
                    what="a picture of inputs that differ in more than the side of a square",
                    allowed="squares of the same channels, such as --input 128..512:32",
                    remedy="draw those alone, or write a CSV",
                )
            )
        return _PlotAxis(height=True)
    let = next((name for name, values in axes.lets.items() if len(values) > 1), "")
    for value in axes.lets.get(let, ()):
        try:
            float(value)
        except ValueError:
            raise UsageError(
                Problem(what=f"{let} has a value that is no number to draw along: {quote(value)}")
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
