"""The parts of a benchmark that are asked for apart: rows, ways to be faster, processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcount.benchmark.results import Measurement, Peak, RowTime, Scaling, Tuned
from archcount.reporting.figures import percent, rate, significant, size
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet


@dataclass(frozen=True, slots=True)
class RowFigures:
    """One row's figures against those of all, and against what the device can do.

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
    def nanoseconds(self) -> float:
        """Forward and backward."""
        return self.row.forward_ns + (self.row.backward_ns or 0)

    @property
    def bytes(self) -> int:
        """Moved forward and backward."""
        return self.row.forward_bytes + (self.row.backward_bytes or 0)

    @property
    def flops(self) -> int:
        """Forward and backward, two a multiply-accumulate."""
        return 2 * (self.row.macs + (self.row.backward_macs or 0))

    @property
    def intensity(self) -> float | None:
        """Operations by bytes moved."""
        return self.flops / self.bytes if self.bytes else None

    @property
    def flops_per_second(self) -> float:
        """Operations by time."""
        return self.flops * 1e9 / self.nanoseconds

    @property
    def bound(self) -> str:
        """Which of the device's limits comes first at this intensity."""
        if self.peak is None or self.peak.bytes_per_second is None or self.intensity is None:
            return ""
        ridge = self.peak.flops / self.peak.bytes_per_second
        return "compute" if self.intensity >= ridge else "memory"

    @property
    def of_roof(self) -> float | None:
        """What is reached of the limit that comes first."""
        if self.peak is None or self.peak.bytes_per_second is None or self.intensity is None:
            return None
        if self.bound == "compute":
            return self.flops_per_second / self.peak.flops
        return self.bytes * 1e9 / self.nanoseconds / self.peak.bytes_per_second


def row_figures(item: Measurement, peak: Peak | None) -> list[RowFigures]:
    """Hold every row of a measurement against all of them."""
    time = sum(row.forward_ns + (row.backward_ns or 0) for row in item.rows)
    macs = sum(row.macs + (row.backward_macs or 0) for row in item.rows)
    return [
        RowFigures(
            row,
            (row.forward_ns + (row.backward_ns or 0)) / time,
            (row.macs + (row.backward_macs or 0)) / macs if macs else 0.0,
            peak,
        )
        for row in item.rows
    ]


def row_sheets(item: Measurement, peak: Peak | None) -> Sequence[Sheet]:
    """Lay the rows of a measurement out: a roofline as a table."""
    figures = row_figures(item, peak)
    return [
        make_sheet(
            f"{item.configuration.label}: by row", columns, figures, notes=_notes(item, peak)
        )
        for columns in (_full(item), _narrow())
    ]


def _full(item: Measurement) -> Sequence[Column[RowFigures]]:
    backward: Column[RowFigures] = Column(
        heading="Backward ms",
        text=lambda part: (
            "" if part.row.backward_ns is None else significant(part.row.backward_ns / 1e6)
        ),
        right=True,
    )
    return (
        Column(heading="Row", text=lambda part: part.row.id),
        Column(
            heading="Forward ms",
            text=lambda part: significant(part.row.forward_ns / 1e6),
            right=True,
        ),
        *((backward,) if item.configuration.mode == "train" else ()),
        *_common(),
        Column(heading="Moved", text=lambda part: size(part.bytes), right=True),
        Column(heading="FLOP/B", text=_intensity, right=True),
        Column(heading="Bound", text=lambda part: part.bound),
        Column(heading="of limit", text=_of_roof, right=True),
    )


def _narrow() -> Sequence[Column[RowFigures]]:
    return (
        Column(heading="Row", text=lambda part: part.row.id),
        Column(heading="ms", text=lambda part: significant(part.nanoseconds / 1e6), right=True),
        *_common(),
        Column(heading="FLOP/B", text=_intensity, right=True),
        Column(heading="Bound", text=lambda part: part.bound),
        Column(heading="of limit", text=_of_roof, right=True),
    )


def _common() -> Iterator[Column[RowFigures]]:
    yield Column(heading="Time", text=lambda part: percent(part.time_share), right=True)
    yield Column(heading="MACs", text=lambda part: percent(part.macs_share), right=True)
    yield Column(
        heading="FLOP/s",
        text=lambda part: rate(part.flops_per_second) if part.flops else "",
        right=True,
    )


def _intensity(part: RowFigures) -> str:
    return "" if part.intensity is None else significant(part.intensity, 3)


def _of_roof(part: RowFigures) -> str:
    return "" if part.of_roof is None else percent(part.of_roof)


def _notes(item: Measurement, peak: Peak | None) -> Iterator[Text]:
    whole = item.statistics.median_ns / 1e6 if item.statistics else None
    parts = sum(row.forward_ns + (row.backward_ns or 0) for row in item.rows) / 1e6
    told = f" of {significant(whole)} ms for a whole iteration" if whole is not None else ""
    yield Text(
        f"each row run by itself on what the row before it gives, median of 10 walks: "
        f"{significant(parts)} ms together{told}"
    )
    yield Text(
        "moved: what every operation reads and writes, each by itself as if nothing stayed in a "
        "cache, so a row may be faster than its memory limit; FLOP/B: operations by byte moved"
    )
    if peak is not None and peak.bytes_per_second is not None:
        ridge = peak.flops / peak.bytes_per_second
        yield Text(
            f"bound by memory below {significant(ridge, 3)} FLOP/B, the {peak.source} peak by the "
            "measured bandwidth, else by computing; of limit: what is reached of that one"
        )
    if item.configuration.device != "cpu":
        yield Text(
            "each row begins on an idle device, so that a small one shows how long Python takes to "
            "hand it over"
        )


def tuned_sheets(tuned: Sequence[Tuned]) -> Sequence[Sheet]:
    """Lay ways to be faster out, the fastest of each model first."""
    columns: Sequence[Column[Tuned]] = (
        Column(heading="Model", text=lambda way: way.target),
        Column(heading="Mode", text=lambda way: way.mode),
        Column(heading="Batch", text=lambda way: f"{way.batch}", right=True),
        Column(heading="Way", text=lambda way: way.settings),
        Column(heading="Plain", text=lambda way: way.plain),
        Column(heading="Time", text=lambda way: f"{way.ratio:.3f}×", right=True),
        Column(heading="95% interval", text=_ratio_interval, right=True),
        Column(heading="Error", text=_error, right=True),
        Column(heading="First call", text=_first, right=True),
    )
    return [make_sheet("ways to be faster", columns, tuned, notes=_fastest(tuned))]


def _ratio_interval(way: Tuned) -> str:
    if way.low is None or way.high is None:
        return ""
    return f"{way.low:.3f} to {way.high:.3f}"


def _error(way: Tuned) -> str:
    if way.error is None:
        return "not known"
    return "0" if way.error == 0 else f"{way.error:.1e}"


def _first(way: Tuned) -> str:
    return "" if way.first_call_ns is None else f"{significant(way.first_call_ns / 1e9)} s"


def _fastest(tuned: Sequence[Tuned]) -> Iterator[Text]:
    best: dict[tuple[str, str, int, str], Tuned] = {}
    for way in tuned:
        best.setdefault((way.target, way.mode, way.batch, way.plain), way)
        if way.remark:
            yield Text(f"{way.target} {way.mode}, {way.settings}: {way.remark}", "told")
    for way in best.values():
        name = f"{way.target} {way.mode}, batch {way.batch}"
        if way.high is None or way.high >= 1:
            yield Text(f"{name}: nothing is surely faster than the plain way", "strong")
        else:
            sure = f"{1 / way.high:.2f} to {1 / (way.low or way.ratio):.2f}"
            yield Text(
                f"{name}: {way.settings} is fastest, {1 / way.ratio:.2f} times as fast as the "
                f"plain way ({sure})",
                "strong",
            )
    yield Text(
        "time: by that of the plain way; error: the largest difference of an output from the plain "
        "way's in evaluation mode, by the largest output, on the same weights and images"
    )


def scaling_sheets(every: Sequence[Scaling]) -> Sequence[Sheet]:
    """Lay several processes out against one, those that could be run."""
    scaling = [item for item in every if not item.problem]
    columns: Sequence[Column[Scaling]] = (
        Column(heading="Model", text=lambda item: item.configuration.target),
        Column(heading="Mode", text=lambda item: item.configuration.mode),
        Column(heading="Batch", text=lambda item: f"{item.configuration.batch} each", right=True),
        Column(heading="Processes", text=lambda item: f"{item.processes}", right=True),
        Column(
            heading="images/s", text=lambda item: significant(item.images_per_second), right=True
        ),
        Column(
            heading="by process",
            text=lambda item: ", ".join(map(significant, item.rank_images_per_second)),
        ),
        Column(
            heading="one alone",
            text=lambda item: significant(item.single_images_per_second),
            right=True,
        ),
        Column(heading="Efficiency", text=lambda item: percent(item.efficiency), right=True),
        Column(heading="Gradients", text=lambda item: size(item.gradient_bytes), right=True),
    )
    threads = {item.configuration.threads for item in scaling}
    told = ", ".join(str(number) for number in sorted(filter(None, threads)))
    notes = [
        Text(
            "efficiency: all processes together by as many times one alone, measured in the same "
            "run"
            + (f" with as many threads ({told})" if told else "")
            + "; gradients: bytes that are all-reduced in an iteration, by "
            + ", ".join(dict.fromkeys(item.backend for item in scaling))
        )
    ]
    return [make_sheet("several processes", columns, scaling, notes=notes)]
