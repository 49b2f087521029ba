"""The figures of a benchmark, as tables and as data, and the comparison of two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.benchmark.comparing import SAME, BenchComparison, ComparedTimes
from archcount.benchmark.results import Benchmark, Measurement, ProcessScaling
from archcount.reporting.bench_answer import answer
from archcount.reporting.bench_notes import benchmark_notes
from archcount.reporting.encoding import Value
from archcount.reporting.figures import milliseconds, percent, rate, seconds, significant, size
from archcount.reporting.report import Lines
from archcount.reporting.roofline import row_sheets
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.tuning_sheets import tuned_sheets


def bench_sheets(benchmark: Benchmark) -> Iterator[Sequence[Sheet]]:
    """Yield the tables of scaling, tuning and rows, if requested, then the main one."""
    if any(not item.problem for item in benchmark.scaling):
        yield scaling_sheets(benchmark.scaling)
    if benchmark.tuned:
        yield tuned_sheets(benchmark.tuned)
    for item in benchmark.measurements:
        if item.rows:
            yield row_sheets(item, benchmark.peak_for(item.configuration))
    title = "throughput on " + ", ".join(_devices(benchmark))
    layouts = _columns(benchmark) if benchmark.measurements else [()]
    notes = list(benchmark_notes(benchmark))
    words = answer(benchmark)
    notes += [Span(words, "strong")] if words else []
    same = _same(benchmark.measurements)
    yield [
        make_sheet(f"{title}{same * (number > 1)}", columns, benchmark.measurements, notes=notes)
        for number, columns in enumerate(layouts)
    ]


def _same(items: Sequence[Measurement]) -> str:
    """Say which batch and settings all have, which the narrowest layout leaves out."""
    batches, settings = (dict.fromkeys(found) for found in (_batches(items), _settings(items)))
    words = [f"batch {only}" for only in batches if len(batches) == 1]
    words += [only for only in settings if len(settings) == 1]
    return "".join(f", {word}" for word in words)


def _batches(items: Sequence[Measurement]) -> Iterator[str]:
    return (_batch(item) for item in items)


def _settings(items: Sequence[Measurement]) -> Iterator[str]:
    return (item.configuration.settings for item in items)


def _devices(benchmark: Benchmark) -> Iterator[str]:
    asked = [item.configuration for item in benchmark.measurements]
    asked += [item.configuration for item in benchmark.scaling]
    for device in dict.fromkeys(item.device for item in asked):
        known = benchmark.environment.get("processor" if device == "cpu" else device)
        threads = benchmark.environment.get("torch threads")
        used = next((item.threads for item in asked if item.threads is not None), threads)
        extra = f", {used} thread{'' if str(used) == '1' else 's'}" if device == "cpu" else ""
        yield f"{device} ({known}{extra})"


def _columns(benchmark: Benchmark) -> Iterator[Sequence[Column[Measurement]]]:
    """Yield the columns in full, those for 80 columns, and for fewer."""

    def of_peak(item: Measurement) -> str:
        peak = benchmark.peak_for(item.configuration)
        speed = item.flops_per_second
        return "" if peak is None or speed is None else percent(speed / peak.flops)

    name: Sequence[Column[Measurement]] = (
        Column("Model", lambda item: item.configuration.target, whole=True),
        Column("Mode", lambda item: item.configuration.mode, whole=True),
        Column("Batch", _batch, right=True),
    )
    kind: Column[Measurement] = Column("Type", lambda item: item.configuration.settings)
    rate_of: Sequence[Column[Measurement]] = (
        Column("images/s", _images, right=True),
        Column("±", lambda item: percent(getattr(item.statistics, "half_width", None)), right=True),
    )
    speed: Sequence[Column[Measurement]] = (
        Column("ms", lambda item: milliseconds(item.median_ns), right=True),
        Column("FLOP/s", lambda item: rate(item.flops_per_second), right=True),
        Column("of peak", of_peak, right=True),
    )
    yield (
        *name,
        Column("Settings", lambda item: item.configuration.settings),
        Column("images/s", _images, right=True),
        Column("95% interval", _interval, right=True),
        *speed,
        Column("Memory", lambda item: size(item.peak_bytes), right=True),
        Column("First call", lambda item: seconds(item.first_call_ns), right=True),
    )
    yield (*name, kind, *rate_of, *speed)
    items = benchmark.measurements
    batch = name[2:] if len({*_batches(items)}) > 1 else ()
    yield (*name[:2], *batch, *([kind] if len({*_settings(items)}) > 1 else []), *rate_of)


def _batch(item: Measurement) -> str:
    asked = item.configuration.batch
    return f"{item.batch}" if item.batch == asked else f"{item.batch} (of {asked})"


def _images(item: Measurement) -> Span:
    if item.images_per_second is None:
        return Span(item.status, "bad")
    return Span(significant(item.images_per_second), "strong" if item.status == "done" else "warn")


def _interval(item: Measurement) -> str:
    found = item.statistics
    if found is None or found.low_ns is None or found.high_ns is None:
        return ""
    low, high = (item.batch * 1e9 / end for end in (found.high_ns, found.low_ns))
    return f"{significant(low)} to {significant(high)}"


def bench_lines(benchmark: Benchmark) -> Lines:
    """Return one mapping per configuration, in base units."""
    return [_measured(item, benchmark) for item in benchmark.measurements] or [
        _scaled(item) for item in benchmark.scaling
    ]


_STATISTICS = (
    *("median_ns", "low_ns", "high_ns", "mad_ns", "p5_ns", "p95_ns"),
    *("samples", "outliers"),
)


def _measured(item: Measurement, benchmark: Benchmark) -> dict[str, Value]:
    asked, facts = item.configuration, item.facts
    peak = benchmark.peak_for(asked)
    return {
        "target": asked.target,
        "mode": asked.mode,
        "batch_requested": asked.batch,
        "batch": item.batch,
        **{name: getattr(asked, name) for name in ("dtype", "settings", "device", "threads")},
        "status": item.status,
        "problem": item.problem or None,
        "images_per_second": item.images_per_second,
        **{name: getattr(item.statistics, name, None) for name in _STATISTICS},
        **{name: getattr(item, name) for name in ("wall_ns", "host_ns", "first_call_ns")},
        **{name: getattr(facts, name, None) for name in ("params", "macs", "backward_macs")},
        "flops_per_second": item.flops_per_second,
        "peak_flops_per_second": peak.flops if peak else None,
        "peak_memory_bytes": item.peak_bytes,
        "peak_memory_kind": item.peak_kind or None,
        "stopped": item.stopped or None,
    }


def _scaled(item: ProcessScaling) -> dict[str, Value]:
    asked = item.configuration
    return {
        **{
            name: getattr(asked, name)
            for name in ("target", "mode", "batch", "settings", "device", "threads")
        },
        "processes": item.processes,
        "images_per_second": item.images_per_second if not item.problem else None,
        "single_images_per_second": item.single_images_per_second or None,
        "efficiency": item.efficiency if not item.problem else None,
        "gradient_bytes": item.gradient_bytes if not item.problem else None,
        "backend": item.backend or None,
        "problem": item.problem or None,
    }


def scaling_sheets(every: Sequence[ProcessScaling]) -> Sequence[Sheet]:
    """Return the table of those that could be run."""
    scaling = [item for item in every if not item.problem]
    columns: Sequence[Column[ProcessScaling]] = (
        Column("Model", lambda item: item.configuration.target, whole=True),
        Column("Mode", lambda item: item.configuration.mode, whole=True),
        Column("Batch", lambda item: f"{item.configuration.batch} each", right=True),
        Column("Processes", lambda item: f"{item.processes}", right=True),
        Column("images/s", lambda item: significant(item.images_per_second), right=True),
        Column("by process", lambda item: ", ".join(map(significant, item.rank_images_per_second))),
        Column("one alone", lambda item: significant(item.single_images_per_second), right=True),
        Column("Efficiency", lambda item: percent(item.efficiency), right=True),
        Column("Gradients", lambda item: size(item.gradient_bytes), right=True),
    )
    threads = {item.configuration.threads for item in scaling}
    threads_used = ", ".join(str(number) for number in sorted(filter(None, threads)))
    notes = [
        Span(
            "efficiency: throughput of all processes relative to that of as many single ones, "
            "measured in the same run"
            + (f" with the same number of threads ({threads_used})" if threads_used else "")
            + "; gradients: bytes that are all-reduced per iteration, by "
            + ", ".join(dict.fromkeys(item.backend for item in scaling))
        )
    ]
    return [make_sheet("several processes", columns, scaling, notes=notes)]


_ROLES = {"SAME": "", "FASTER": "good", "SLOWER": "bad", "UNCLEAR": "warn"}


def comparison_sheets(comparison: BenchComparison) -> Sequence[Sheet]:
    """Return the table of a comparison, in full and for 80 columns."""
    name: Column[ComparedTimes] = Column(
        "Configuration",
        lambda pair: f"{pair.target} {pair.mode}, batch {pair.batch}, {pair.settings}",
    )
    before: Column[ComparedTimes] = Column(
        "before ms", lambda pair: milliseconds(pair.before_ns), right=True
    )
    after: Column[ComparedTimes] = Column(
        "after ms", lambda pair: milliseconds(pair.after_ns), right=True
    )
    judged: Sequence[Column[ComparedTimes]] = (
        Column("Time", lambda pair: f"{pair.ratio:.3f}×", right=True),
        Column("99% interval", _compared_interval, right=True),
        Column("Verdict", lambda pair: Span(pair.verdict, _ROLES[pair.verdict])),
    )
    notes = [*_comparison_notes(), *comparison_remarks(comparison)]
    return [
        make_sheet("after relative to before", columns, comparison.pairs, notes=notes)
        for columns in ((name, before, after, *judged), (name, *judged))
    ]


def _compared_interval(pair: ComparedTimes) -> str:
    if pair.low is None or pair.high is None:
        return "too few blocks"
    return f"{pair.low:.3f} to {pair.high:.3f}"


def _comparison_notes() -> Iterator[Span]:
    yield Span(
        "time: median time per image after, relative to before; SAME: its interval lies within "
        f"±{percent(SAME)} of 1; FASTER, SLOWER: it excludes 1; UNCLEAR: neither"
    )
    yield Span(
        "the interval covers the variation of these samples, not that of other processes, "
        "machines or days",
        "dim",
    )


def comparison_remarks(comparison: BenchComparison) -> Iterator[Span]:
    """Yield what differs between the two runs besides times."""
    for setting in comparison.settings:
        yield Span(f"differs: {setting.name}: {setting.before} -> {setting.after}", "warn")
    for line in comparison.alone:
        yield Span(line, "warn")
