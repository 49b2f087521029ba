"""The rows of a table's network in a benchmark: their times, and a roofline as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcount.benchmark.results import Measurement, Peak, RowTime
from archcount.reporting.figures import milliseconds, percent, rate, significant, size
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet


@dataclass(frozen=True, slots=True)
class RowFigures:
    """One row's figures by those of all rows, and by the device's peak.

    Attributes:
        row: what was measured.
        time_share: of the time of all rows, forward and backward.
        macs_share: of the multiply-accumulates of all, likewise.
        peak: of the device; None where it is not known.
    """

    row: RowTime
    time_share: float
    macs_share: float
    peak: Peak | None

    @property
    def intensity(self) -> float | None:
        """Operations by bytes moved."""
        return self.row.flops / self.row.bytes if self.row.bytes else None

    @property
    def flops_per_second(self) -> float:
        """Operations by time."""
        return self.row.flops * 1e9 / self.row.nanoseconds

    @property
    def bound(self) -> str:
        """Which of the device's limits comes first at this intensity."""
        if self.peak is None or self.peak.ridge is None or self.intensity is None:
            return ""
        return "compute" if self.intensity >= self.peak.ridge else "memory"

    @property
    def of_limit(self) -> float | None:
        """The share that is reached of the limit that comes first."""
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
    """Lay the rows of a measurement out, in full and for 80 columns."""
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


def _notes(item: Measurement, peak: Peak | None) -> Iterator[Text]:
    whole = item.statistics
    yield Text(
        f"each row run by itself on what the row before it gives, median of 10 walks: "
        f"{milliseconds(sum(row.nanoseconds for row in item.rows))} ms together"
        + (f" of {milliseconds(whole.median_ns)} ms for a whole iteration" if whole else "")
    )
    yield Text(
        "moved: what every operation reads and writes, each by itself as if nothing stayed in a "
        "cache, so a row may be faster than its memory limit; FLOP/B: operations by byte moved"
    )
    if peak is not None and peak.ridge is not None:
        yield Text(
            f"bound by memory below {significant(peak.ridge, 3)} FLOP/B, the {peak.source} peak by "
            "the measured bandwidth, else by computing; of limit: what is reached of that one"
        )
    if item.configuration.device != "cpu":
        yield Text(
            "each row begins on an idle device, so that a small one shows how long Python takes to "
            "hand it over"
        )
