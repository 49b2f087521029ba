"""What should be known below a benchmark's figures: how they came about, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.benchmark.results import Benchmark, Measurement, Peak
from archcount.reporting.figures import milliseconds, percent, rate
from archcount.reporting.sheet import Text

FEWEST = 6
"""Processes from which on intervals are drawn from them."""
_BUSY = 0.3
"""Cores that others keep busy before it is said."""


def benchmark_notes(benchmark: Benchmark) -> Iterator[Text]:
    """Say it in lines, what fails first."""
    for line in benchmark.remarks:
        yield Text(line, "told")
    for scaled in benchmark.scaling:
        if scaled.problem:
            yield Text(
                f"{scaled.configuration.label}: {scaled.processes} processes could not be run "
                f"together: {scaled.problem}",
                "bad",
            )
    for item in benchmark.measurements:
        if item.status != "done":
            role = "told" if item.status in ("skipped", "interrupted") else "bad"
            yield Text(f"{item.configuration.label}: {item.status}: {item.problem}", role)
    if benchmark.is_interrupted:
        yield Text(
            "the run was interrupted: what was not finished has no interval to rely on", "told"
        )
    busy = benchmark.environment.get("cores busy before")
    if busy is not None and float(busy) >= _BUSY:
        yield Text(
            f"other processes kept {float(busy):.1f} of {benchmark.environment.get('cores')} cores "
            "busy when the run began: times may be longer and less sure than on an idle machine",
            "told",
        )
    done = [item for item in benchmark.measurements if item.statistics]
    if done:
        yield Text(_how(benchmark, done))
        yield Text(_what(done))
    if done and max(item.statistics.processes for item in done if item.statistics) < FEWEST:
        yield Text(
            "the interval is of this process: another may differ by a few percent; "
            f"--repeat {FEWEST} measures that too",
            "dim",
        )
    for peak in benchmark.peaks:
        yield Text(_peak(peak))
    for item in done:
        for line in _remarks(item, benchmark):
            yield Text(f"{item.configuration.label}: {line}", "told")
    yield Text(_where(benchmark), "dim")


def _how(benchmark: Benchmark, done: list[Measurement]) -> str:
    turns = max(item.interleaved for item in done)
    taking = f", up to {turns + 1} taking turns" if turns else ""
    samples = sum(item.statistics.samples for item in done if item.statistics)
    outliers = sum(item.statistics.outliers for item in done if item.statistics)
    most = max(item.statistics.processes for item in done if item.statistics)
    each = "a process of its own" if most == 1 else f"{most} processes of its own"
    each = "this process, on a copy of the module" if benchmark.is_inline else each
    drawn = "processes" if most >= FEWEST else "blocks"
    return (
        f"measured: median of all iterations, each configuration in {each}{taking}; "
        f"its 95% interval by bootstrap of {drawn}, sampled until it is ±"
        f"{percent(benchmark.plan.target)} or {benchmark.plan.budget:g} s are up; {samples:,} "
        f"samples, {outliers:,} of them outliers, none dropped"
    )


def _what(done: list[Measurement]) -> str:
    told = []
    if any(item.configuration.mode == "forward" for item in done):
        told.append("forward: evaluation mode, no gradients")
    train = [item for item in done if item.configuration.mode == "train"]
    if train:
        losses = ", ".join(dict.fromkeys(item.loss for item in train if item.loss))
        step = " and optimizer step" if any(item.configuration.optimizer for item in train) else ""
        told.append(f"train: forward, loss ({losses}), backward{step}")
    told.append("FLOP/s: 2 a multiply-accumulate of archcount's own count, forward and backward")
    kinds = {item.peak_kind for item in done}
    if "allocated" in kinds:
        told.append("memory: allocated at most on the device")
    if "resident" in kinds:
        told.append("memory: resident at most, of the process with its libraries")
    return "; ".join(told)


def _peak(peak: Peak) -> str:
    moved = (
        f", {rate(peak.bytes_per_second, 'B/s')} moved" if peak.bytes_per_second is not None else ""
    )
    return (
        f"peak of {peak.device} for {peak.dtype}: {rate(peak.flops, 'FLOP/s')}{moved} "
        f"({peak.source}: {peak.how})"
    )


def _remarks(item: Measurement, benchmark: Benchmark) -> Iterator[str]:
    found = item.statistics
    assert found is not None
    if item.warm_up is not None and not item.warm_up.settled:
        yield (
            f"warm-up did not settle within {item.warm_up.iterations} iterations; the machine may "
            "be busy, or its clocks may change"
        )
    if item.stopped == "budget":
        width = "no interval" if found.half_width is None else f"±{percent(found.half_width)}"
        yield (
            f"time was up at {width} after {found.samples} iterations; --budget SECONDS gives more"
        )
    if item.is_launch_bound and item.wall_ns is not None and item.host_ns is not None:
        yield (
            f"launch-bound: handing an iteration over takes {milliseconds(item.host_ns)} ms "
            f"of {milliseconds(item.wall_ns)} ms; a larger batch or --compile uses the device "
            "better"
        )
    if item.facts is not None and item.facts.uncounted:
        yield f"no FLOP/s, as not all is counted: {', '.join(item.facts.uncounted)}"
    peak = benchmark.peak_for(item.configuration)
    if (
        peak is not None
        and item.flops_per_second is not None
        and item.flops_per_second > peak.flops
    ):
        yield (
            f"more FLOP/s than the {peak.source} peak: some convolutions are computed with fewer "
            "multiplications than are counted (Winograd), or the peak was disturbed"
        )
    yield from item.remarks


def _where(benchmark: Benchmark) -> str:
    known = benchmark.environment
    names = ("torch", "CUDA", "cuDNN", "driver", "python", "platform")
    told = ", ".join(f"{name} {known[name]}" for name in names if known.get(name))
    commit = known.get("commit")
    changed = " with changes" if known.get("commit is changed") == "yes" else ""
    told += f", commit {commit[:10]}{changed}" if commit else ""
    return f"{benchmark.started}: {told}"
