"""The rows of a network in a benchmark: their times, and a roofline as a table and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from archcount.benchmark.results import Benchmark, Measurement, Peak, RowTime
from archcount.errors import UsageError
from archcount.reporting.figures import milliseconds, percent, rate, significant, size
from archcount.reporting.pictures import require_matplotlib, saved, shown_label
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


@dataclass(frozen=True, slots=True)
class RowFigures:
    """The figures of a row relative to all rows, and to the peak of the device.

    Attributes:
        time_share: its share of the time of all rows, forward and backward.
        macs_share: its share of all multiply-accumulates, likewise.
    """

    row: RowTime
    time_share: float
    macs_share: float
    peak: Peak | None

    @property
    def intensity(self) -> float | None:
        """Arithmetic intensity: operations per byte moved."""
        return self.row.flops / self.row.bytes if self.row.bytes else None

    @property
    def flops_per_second(self) -> float:
        """Operations per second."""
        return self.row.flops * 1e9 / self.row.nanoseconds

    @property
    def bound(self) -> str:
        """The limit at this intensity: `compute`, `memory`, or empty if unknown."""
        if self.peak is None or self.peak.ridge is None or self.intensity is None:
            return ""
        return "compute" if self.intensity >= self.peak.ridge else "memory"

    @property
    def of_limit(self) -> float | None:
        """The performance relative to that limit."""
        if self.peak is None or self.peak.bytes_per_second is None or not self.bound:
            return None
        if self.bound == "compute":
            return self.flops_per_second / self.peak.flops
        return self.row.bytes * 1e9 / self.row.nanoseconds / self.peak.bytes_per_second


def row_figures(item: Measurement, peak: Peak | None) -> list[RowFigures]:
    """Return the figures of every row of a measurement."""
    time = sum(row.nanoseconds for row in item.rows)
    flops = sum(row.flops for row in item.rows)
    return [
        RowFigures(row, row.nanoseconds / time, row.flops / flops if flops else 0.0, peak)
        for row in item.rows
    ]


def row_sheets(item: Measurement, peak: Peak | None) -> Sequence[Sheet]:
    """Return the table of the rows of a measurement, in full and for 80 columns."""
    title, figures = f"{item.configuration.label}: by row", row_figures(item, peak)
    return [
        make_sheet(title, columns, figures, notes=_notes(item, peak)) for columns in _columns(item)
    ]


def _columns(item: Measurement) -> Iterator[Sequence[Column[RowFigures]]]:
    """Yield the columns in full, those for 80 columns, and for fewer."""
    name: Column[RowFigures] = Column("Row", lambda part: part.row.id, whole=True)
    times: Sequence[Column[RowFigures]] = (
        Column("Forward ms", lambda part: milliseconds(part.row.forward_ns), right=True),
        Column("Backward ms", lambda part: milliseconds(part.row.backward_ns), right=True),
    )
    both: Column[RowFigures] = Column(
        "ms", lambda part: milliseconds(part.row.nanoseconds), right=True
    )
    shares: Sequence[Column[RowFigures]] = (
        Column("Time", lambda part: percent(part.time_share), right=True),
        Column("MACs", lambda part: percent(part.macs_share), right=True),
        Column("FLOP/s", lambda part: rate(part.flops_per_second or None), right=True),
    )
    moved: Column[RowFigures] = Column("Moved", lambda part: size(part.row.bytes), right=True)
    limits: Sequence[Column[RowFigures]] = (
        Column("FLOP/B", lambda part: significant(part.intensity, 3), right=True),
        Column("Bound", lambda part: part.bound),
        Column("of limit", lambda part: percent(part.of_limit), right=True),
    )
    is_train = item.configuration.mode == "train"
    yield (name, *times[: 1 + is_train], *shares, moved, *limits)
    yield (name, both, *shares, *limits)
    yield (name, both, *shares[:2], limits[1])


def _notes(item: Measurement, peak: Peak | None) -> Iterator[Span]:
    whole = item.statistics
    yield Span(
        f"each row run by itself on the outputs that it reads, median of 10 passes: "
        f"{milliseconds(sum(row.nanoseconds for row in item.rows))} ms together"
        + (f"; a whole iteration takes {milliseconds(whole.median_ns)} ms" if whole else "")
    )
    yield Span(
        "moved: bytes that all operations read and write, as if nothing stayed in a cache, so a "
        "row may be faster than its memory limit; FLOP/B: operations per byte moved"
    )
    if peak is not None and peak.ridge is not None:
        yield Span(
            f"bound by memory below {significant(peak.ridge, 3)} FLOP/B, the {peak.source} peak "
            "divided by the measured bandwidth, else by compute; of limit: share of that limit"
        )
    if item.configuration.device != "cpu":
        yield Span(
            "each row starts on an idle device, so the time of a small row is that of its launch"
        )


_NAMED = 8
"""The number of labelled rows: those that take longest."""


def draw_roofline(benchmark: Benchmark, form: str) -> bytes:
    """Draw every row by its arithmetic intensity and FLOP/s, below the roof of the device.

    Raises:
        UsageError: no rows were timed, or no peak was measured.
        UnavailableError: matplotlib is not installed.
    """
    require_matplotlib("a roofline")
    from matplotlib.figure import Figure

    found = [item for item in benchmark.measurements if item.rows]
    if not found:
        raise UsageError.of("no rows were timed")
    figure: Any = Figure(figsize=(7.5 * len(found), 5.5), layout="constrained")
    for place, item in enumerate(found, 1):
        axes = figure.add_subplot(1, len(found), place)
        _draw(axes, item, benchmark)
    return saved(figure, form)


def _draw(axes: Any, item: Measurement, benchmark: Benchmark) -> None:
    peak = benchmark.peak_for(item.configuration)
    if peak is None or peak.bytes_per_second is None or peak.ridge is None:
        raise UsageError.of("no peak was measured for the roofline")
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
    axes.set_title(shown_label(item.configuration.label), fontsize=10)
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
            shown_label(part.row.id),
            (part.intensity, part.flops_per_second),
            xytext=(along, 0.34 - 0.05 * (place % 3)),
            textcoords="axes fraction",
            fontsize=7,
            ha="center",
            arrowprops={"arrowstyle": "-", "linewidth": 0.4, "color": "gray"},
        )
