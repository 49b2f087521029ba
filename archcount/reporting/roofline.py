"""A picture of the roofline of the rows of a network."""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from archcount.benchmark.results import Benchmark, Measurement
from archcount.errors import Problem, UnavailableError, UsageError
from archcount.reporting.bench_row_sheets import RowFigures, row_figures
from archcount.reporting.figures import rate, significant

_NAMED = 8
"""The number of labelled rows: those that take longest."""


def draw_roofline(benchmark: Benchmark, form: str) -> bytes:
    """Draw every row by its arithmetic intensity and FLOP/s, below the roof of the device.

    Args:
        benchmark: a run with rows.
        form: svg or png.

    Raises:
        UsageError: no rows were timed, or no peak was measured.
        UnavailableError: matplotlib is not installed.
    """
    require_matplotlib("a roofline")
    from matplotlib.figure import Figure

    found = [item for item in benchmark.measurements if item.rows]
    if not found:
        raise UsageError(Problem(what="no rows were timed"))
    figure: Any = Figure(figsize=(7.5 * len(found), 5.5), layout="constrained")
    for place, item in enumerate(found, 1):
        axes = figure.add_subplot(1, len(found), place)
        _draw(axes, item, benchmark)
    picture = io.BytesIO()
    figure.savefig(picture, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})
    return picture.getvalue()


def require_matplotlib(what: str) -> None:
    """Check that matplotlib is installed, before any work is done.

    Args:
        what: what will be drawn.

    Raises:
        UnavailableError: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise UnavailableError(
            Problem(
                what=f"drawing {what} needs matplotlib, which is not installed",
                remedy='pip install "archcount[plot]"',
            )
        )


def _draw(axes: Any, item: Measurement, benchmark: Benchmark) -> None:
    peak = benchmark.peak_for(item.configuration)
    if peak is None or peak.bytes_per_second is None or peak.ridge is None:
        raise UsageError(Problem(what="no peak was measured for the roofline"))
    points = [part for part in row_figures(item, peak) if part.row.flops and part.intensity]
    least = min([peak.ridge / 20, *(part.intensity or peak.ridge for part in points)]) / 2
    most = max([peak.ridge * 20, *(part.intensity or peak.ridge for part in points)]) * 2
    roof = [(x, min(peak.flops, x * peak.bytes_per_second)) for x in (least, peak.ridge, most)]
    axes.loglog(*zip(*roof, strict=True), color="black", linewidth=1.2)
    axes.scatter(
        [part.intensity for part in points],
        [part.flops_per_second for part in points],
        s=[20 + 1500 * part.time_share for part in points],
        c=["tab:red" if part.bound == "memory" else "tab:blue" for part in points],
        alpha=0.6,
        linewidths=0,
    )
    _name(axes, points)
    axes.set_title(item.configuration.label, fontsize=10)
    axes.set_xlabel("FLOP / byte moved (each operation by itself)")
    axes.set_ylabel("FLOP/s (2 per multiply-accumulate)")
    axes.text(
        0.02,
        0.98,
        f"peak {rate(peak.flops, 'FLOP/s')}, {rate(peak.bytes_per_second, 'B/s')} ({peak.source})\n"
        f"ridge {significant(peak.ridge, 3)} FLOP/B\n"
        "area: share of time; blue: compute-bound, red: memory-bound\n"
        "rows without multiply-accumulates are left out",
        transform=axes.transAxes,
        va="top",
        fontsize=8,
    )
    axes.grid(visible=True, which="both", linewidth=0.3, alpha=0.5)
    axes.set_xlim(least, most)
    lowest = min([peak.flops / 300, *(part.flops_per_second for part in points)])
    axes.set_ylim(lowest / 2, peak.flops * 6)


def _name(axes: Any, points: Sequence[RowFigures]) -> None:
    """Label the rows that take longest, with lines to their points."""
    named = sorted(points, key=lambda part: part.time_share, reverse=True)[:_NAMED]
    for place, part in enumerate(sorted(named, key=lambda part: part.intensity or 0)):
        along = 0.3 + 0.65 * place / max(1, len(named) - 1)
        axes.annotate(
            part.row.id,
            (part.intensity, part.flops_per_second),
            xytext=(along, 0.34 - 0.05 * (place % 3)),
            textcoords="axes fraction",
            fontsize=7,
            ha="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "gray"},
        )
