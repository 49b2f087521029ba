"""A benchmark as a report: figures by configuration, rows, tuning, scaling, and what to know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from archcount.benchmark.result_files import to_json
from archcount.benchmark.results import Benchmark, Measurement, Scaling
from archcount.reporting.bench_notes import benchmark_notes
from archcount.reporting.bench_parts import row_sheets, scaling_sheets, tuned_sheets
from archcount.reporting.exports import Value, to_csv
from archcount.reporting.figures import percent, rate, significant, size
from archcount.reporting.render import render_sheets
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

if TYPE_CHECKING:
    import pandas as pd


def render_bench(
    benchmark: Benchmark, form: str, *, width: int | None = None, colour: bool = True
) -> str:
    """Write a benchmark in one of the formats.

    Args:
        benchmark: the run.
        form: the format's name; csv and json hold base units, json every sample too.
        width: as for `render_table`.
        colour: as for `render_table`.
    """
    if form == "json":
        return to_json(benchmark)
    if form == "csv":
        return bench_csv(benchmark)
    return render_sheets(
        list(_parts(benchmark)), form, width=width, colour=colour, heading="archcount bench"
    )


def _parts(benchmark: Benchmark) -> Iterator[Sequence[Sheet]]:
    if any(not item.problem for item in benchmark.scaling):
        yield scaling_sheets(benchmark.scaling)
    if benchmark.tuned:
        yield tuned_sheets(benchmark.tuned)
    for item in benchmark.measurements:
        if item.rows:
            yield row_sheets(item, benchmark.peak_for(item.configuration))
    yield _figures(benchmark)


def _figures(benchmark: Benchmark) -> Sequence[Sheet]:
    title = "throughput on " + ", ".join(_devices(benchmark))
    notes = list(benchmark_notes(benchmark))
    if not benchmark.measurements:
        return [make_sheet(title, (), (), notes=notes)]
    return [
        make_sheet(title, columns, benchmark.measurements, notes=notes)
        for columns in (_full(benchmark), _narrow(benchmark))
    ]


def _devices(benchmark: Benchmark) -> Iterator[str]:
    asked = [item.configuration for item in benchmark.measurements]
    asked += [item.configuration for item in benchmark.scaling]
    for device in dict.fromkeys(item.device for item in asked):
        known = benchmark.environment.get("processor" if device == "cpu" else device)
        threads = benchmark.environment.get("torch threads")
        told = next((item.threads for item in asked if item.threads is not None), threads)
        extra = f", {told} thread{'' if str(told) == '1' else 's'}" if device == "cpu" else ""
        yield f"{device} ({known}{extra})"


def _full(benchmark: Benchmark) -> Sequence[Column[Measurement]]:
    return (
        Column(heading="Model", text=lambda item: item.configuration.target),
        Column(heading="Mode", text=lambda item: item.configuration.mode),
        Column(heading="Batch", text=_batch, right=True),
        Column(heading="Settings", text=lambda item: item.configuration.settings),
        Column(heading="images/s", text=_images, right=True),
        Column(heading="95% interval", text=_interval, right=True),
        Column(heading="ms", text=_milliseconds, right=True),
        Column(heading="FLOP/s", text=_flops, right=True),
        Column(heading="of peak", text=lambda item: _of_peak(item, benchmark), right=True),
        Column(heading="Memory", text=_memory, right=True),
        Column(heading="First call", text=_first, right=True),
    )


def _narrow(benchmark: Benchmark) -> Sequence[Column[Measurement]]:
    return (
        Column(heading="Model", text=lambda item: item.configuration.target),
        Column(heading="Mode", text=lambda item: item.configuration.mode),
        Column(heading="Batch", text=_batch, right=True),
        Column(heading="Type", text=lambda item: item.configuration.settings),
        Column(heading="images/s", text=_images, right=True),
        Column(heading="±", text=_width, right=True),
        Column(heading="ms", text=_milliseconds, right=True),
        Column(heading="FLOP/s", text=_flops, right=True),
        Column(heading="of peak", text=lambda item: _of_peak(item, benchmark), right=True),
    )


def _batch(item: Measurement) -> str:
    asked = item.configuration.batch
    return f"{item.batch}" if item.batch == asked else f"{item.batch} (of {asked})"


def _images(item: Measurement) -> Text:
    if item.images_per_second is None:
        return Text(item.status, "bad")
    return Text(significant(item.images_per_second), "strong" if item.status == "done" else "told")


def _interval(item: Measurement) -> str:
    found = item.statistics
    if found is None or found.low_ns is None or found.high_ns is None:
        return ""
    low, high = (item.batch * 1e9 / end for end in (found.high_ns, found.low_ns))
    return f"{significant(low)} to {significant(high)}"


def _width(item: Measurement) -> str:
    width = item.statistics.half_width if item.statistics else None
    return "" if width is None else percent(width)


def _milliseconds(item: Measurement) -> str:
    return significant(item.statistics.median_ns / 1e6) if item.statistics else ""


def _flops(item: Measurement) -> str:
    return rate(item.flops_per_second) if item.flops_per_second is not None else ""


def _of_peak(item: Measurement, benchmark: Benchmark) -> str:
    peak = benchmark.peak_for(item.configuration)
    if peak is None or item.flops_per_second is None:
        return ""
    return percent(item.flops_per_second / peak.flops)


def _memory(item: Measurement) -> str:
    return "" if item.peak_bytes is None else size(item.peak_bytes)


def _first(item: Measurement) -> str:
    return "" if item.first_call_ns is None else f"{significant(item.first_call_ns / 1e9)} s"


def tidy_bench(benchmark: Benchmark) -> list[dict[str, Value]]:
    """Give one record per configuration, in base units; what is missing is empty."""
    return [_record(item, benchmark) for item in benchmark.measurements]


def _record(item: Measurement, benchmark: Benchmark) -> dict[str, Value]:
    asked, facts, found = item.configuration, item.facts, item.statistics
    peak = benchmark.peak_for(asked)
    return {
        "target": asked.target,
        "mode": asked.mode,
        "batch_requested": asked.batch,
        "batch": item.batch,
        "dtype": asked.dtype,
        "settings": asked.settings,
        "device": asked.device,
        "threads": asked.threads,
        "status": item.status,
        "problem": item.problem or None,
        "images_per_second": item.images_per_second,
        "median_ns": found.median_ns if found else None,
        "low_ns": found.low_ns if found else None,
        "high_ns": found.high_ns if found else None,
        "mad_ns": found.mad_ns if found else None,
        "p5_ns": found.p5_ns if found else None,
        "p95_ns": found.p95_ns if found else None,
        "samples": found.samples if found else None,
        "outliers": found.outliers if found else None,
        "wall_ns": item.wall_ns,
        "host_ns": item.host_ns,
        "first_call_ns": item.first_call_ns,
        "params": facts.params if facts else None,
        "macs": facts.macs if facts else None,
        "backward_macs": facts.backward_macs if facts else None,
        "flops_per_second": item.flops_per_second,
        "peak_flops_per_second": peak.flops if peak else None,
        "peak_memory_bytes": item.peak_bytes,
        "peak_memory_kind": item.peak_kind or None,
        "stopped": item.stopped or None,
    }


def bench_csv(benchmark: Benchmark) -> str:
    """Write one line per configuration, in base units."""
    return to_csv(tidy_bench(benchmark) or [_scaled(item) for item in benchmark.scaling])


def _scaled(item: Scaling) -> dict[str, Value]:
    asked = item.configuration
    return {
        "target": asked.target,
        "mode": asked.mode,
        "batch": asked.batch,
        "settings": asked.settings,
        "device": asked.device,
        "threads": asked.threads,
        "processes": item.processes,
        "images_per_second": item.images_per_second if not item.problem else None,
        "single_images_per_second": item.single_images_per_second or None,
        "efficiency": item.efficiency if not item.problem else None,
        "gradient_bytes": item.gradient_bytes if not item.problem else None,
        "backend": item.backend or None,
        "problem": item.problem or None,
    }


def bench_frame(benchmark: Benchmark) -> pd.DataFrame:
    """Give the tidy records as a data frame."""
    import pandas as pd

    return pd.DataFrame.from_records(tidy_bench(benchmark))
