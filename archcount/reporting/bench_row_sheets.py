"""The rows of a network in a benchmark: their times, and a roofline as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcount.benchmark.results import Measurement, Peak, RowTime
from archcount.reporting.figures import milliseconds, percent, rate, significant, size
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


@dataclass(frozen=True, slots=True)
class RowFigures:
    """The figures of a row relative to all rows, and to the peak of the device.

    Attributes:
        row: the measurement.
        time_share: its share of the time of all rows, forward and backward.
        macs_share: its share of all multiply-accumulates, likewise.
        peak: of the device; None if unknown.
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
    """Yield the columns in full, and those for 80 columns."""
    name: Column[RowFigures] = Column("Row", lambda part: part.row.id)
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


def _notes(item: Measurement, peak: Peak | None) -> Iterator[Span]:
    whole = item.statistics
    yield Span(
        f"each row run by itself on the output of the row before it, median of 10 passes: "
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
