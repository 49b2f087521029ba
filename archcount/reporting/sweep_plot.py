"""A sweep as a picture: params, MACs and memory as curves over what is varied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from archcount.errors import UsageError, quote
from archcount.reporting.pictures import require_matplotlib, saved, shown_label
from archcount.reporting.sweep_output import AnyPoint
from archcount.symbolic.sweep_axes import Axes

_PANELS = {
    "params": ("params", ""),
    "macs": ("MACs of the batch", ""),
    "peak_bytes": ("at the peak of a forward pass", "B"),
}
"""What is drawn of a point, where it has that: its heading and unit."""
_WIDE = 64
"""How many times the first value the last is where both axes are logarithmic."""
_MOST = 12
"""The most curves that can be distinguished."""
_TICKS = 10
"""The most ticks that have room."""

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
    """Draw the counts over what is varied first, as `sweep_figure`, and return the picture."""
    return saved(sweep_figure(name, axes, points), form)


def sweep_figure(name: str, axes: Axes, points: Sequence[AnyPoint]) -> Any:
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
    for place, (what, (heading, unit)) in enumerate(drawn):
        panel = figure.add_subplot(1, len(drawn), place + 1)
        panel.set_xlabel(shown_label(str(along)))
        panel.set_ylabel(heading)
        _draw_panel(panel, what, curves)
        _mark(panel, unit, sorted({x for curve in curves.values() for x, _ in curve}))
    figure.suptitle(shown_label(name), fontsize=11)
    return figure


_MARKERS = "osD^v<>PXhp*"
"""One for each curve."""


def _draw_panel(panel: Any, what: str, curves: _Curves) -> None:
    """Draw the curves; those that coincide take turns in dashes, in markers within one another."""
    drawn = {
        label: tuple((x, getattr(point, what)) for x, point in curve if not point.problem)
        for label, curve in curves.items()
    }
    alike = Counter(drawn.values())
    seen: Counter[tuple[tuple[float, float], ...]] = Counter()
    for marker, (label, curve) in zip(_MARKERS, drawn.items(), strict=False):
        if not curve:
            continue
        turn, turns = seen[curve], alike[curve]
        seen[curve] += 1
        panel.plot(
            *zip(*curve, strict=True),
            marker=marker,
            markersize=4 + 3 * (turns - 1 - turn),
            markerfacecolor="none" if turns > 1 else None,
            linestyle="-" if turns == 1 else (6 * turn, (6, 6 * (turns - 1))),
            label=shown_label(label),
        )
    places = [x for curve in curves.values() for x, _ in curve]
    if 0 < _WIDE * min(places) <= max(places):
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
    else:
        panel.set_ylim(bottom=0)
    panel.grid(visible=True, linewidth=0.3)
    if len(curves) > 1:
        panel.legend(fontsize=7)


def _mark(panel: Any, unit: str, places: Sequence[float]) -> None:
    """Put ticks at the values that were varied, all or every so many, and units on the numbers."""
    from matplotlib.ticker import EngFormatter, NullLocator

    step = -(-len(places) // _TICKS)
    panel.set_xticks(places[::step], [f"{place:g}" for place in places[::step]])
    panel.xaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(EngFormatter(unit=unit))


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
