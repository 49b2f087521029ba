"""The curves of a sweep as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from archcount.counting.sweep import Axes, Point
from archcount.errors import Problem, UnavailableError, UsageError

_MOST = 12
"""Curves that can be told apart."""


def draw_sweep(name: str, axes: Axes, points: Sequence[Point], form: str) -> bytes:
    """Draw params and MACs over what is varied first, a curve for each combination of the rest.

    Args:
        name: the table's name.
        axes: what is varied.
        points: every combination.
        form: svg or png.

    Raises:
        UsageError: there is nothing to draw, or there are too many curves.
        UnavailableError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UnavailableError(
            Problem(
                what="drawing a sweep needs matplotlib, which is not installed",
                remedy='pip install "archcount[plot]"',
            )
        ) from None
    along, curves = _curves(axes, points)
    if len(curves) > _MOST:
        raise UsageError(
            Problem(
                what=f"{len(curves)} curves in one picture",
                allowed=f"at most {_MOST}",
                remedy="vary less beside what is drawn along, or write a CSV",
            )
        )
    figure: Any = Figure(figsize=(11, 4.5), layout="constrained")
    for place, what in enumerate(("params", "macs"), 1):
        panel = figure.add_subplot(1, 2, place)
        for label, curve in curves.items():
            known = [(x, getattr(point, what)) for x, point in curve]
            known = [(x, y) for x, y in known if y is not None]
            if known:
                panel.plot(*zip(*known, strict=True), marker="o", markersize=3, label=label)
        panel.set_xlabel(along)
        panel.set_ylabel("params" if what == "params" else "MACs of the batch")
        panel.set_ylim(bottom=0)
        panel.grid(visible=True, linewidth=0.3)
        if len(curves) > 1:
            panel.legend(fontsize=7)
    figure.suptitle(name, fontsize=11)
    picture = io.BytesIO()
    figure.savefig(picture, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})
    return picture.getvalue()


def _curves(
    axes: Axes, points: Sequence[Point]
) -> tuple[str, dict[str, list[tuple[float, Point]]]]:
    """Give what is drawn along, and the points of each curve by what else they have."""
    names = list(axes.lets)
    sides = len(axes.inputs) > 1
    number = next((name for name in names if len(axes.lets[name]) > 1), "")
    along = "input height" if sides else number or "batch"
    found: dict[str, list[tuple[float, Point]]] = {}
    for point in points:
        lets = dict(zip(names, point.lets, strict=True))
        try:
            x = float(point.input[1] if sides else lets[number] if number else point.batch)
        except ValueError:
            raise UsageError(
                Problem(what=f"{along} has a value that is no number to draw along")
            ) from None
        told = [f"{name} {value}" for name, value in lets.items() if sides or name != number]
        if along != "batch" and len(axes.batches) > 1:
            told.append(f"batch {point.batch}")
        found.setdefault(", ".join(told), []).append((x, point))
    return along, found
