"""The notes below the figures of a benchmark: warnings, and how they were measured."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.benchmark.results import Benchmark, Measurement, Peak
from archcount.benchmark.samples import FEWEST
from archcount.reporting.figures import milliseconds, percent, rate
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Span

_BUSY = 0.3
"""The number of cores used by others from which on there is a warning."""


def benchmark_notes(benchmark: Benchmark) -> Iterator[Span]:
    """Yield the notes, failures first."""
    for line in benchmark.remarks:
        yield Span(line, "warn")
    for scaled in benchmark.scaling:
        if scaled.problem:
            yield _failure(
                f"{scaled.configuration.label}: {scaled.processes} processes could not run "
                "together",
                scaled.problem,
                "bad",
            )
    for item in benchmark.measurements:
        if item.status != "done":
            role = "warn" if item.status in ("skipped", "interrupted") else "bad"
            yield _failure(f"{item.configuration.label}: {item.status}", item.problem, role)
    if benchmark.is_interrupted:
        yield Span(
            "the run was interrupted: unfinished configurations have no reliable interval", "warn"
        )
    busy = benchmark.environment.get("cores busy before")
    if busy is not None and float(busy) >= _BUSY:
        yield Span(
            f"other processes used {float(busy):.1f} of {benchmark.environment.get('cores')} cores "
            "when the run began: times may be longer and vary more than on an idle machine",
            "warn",
        )
    done = [item for item in benchmark.measurements if item.statistics]
    if done:
        yield Span(_how(benchmark, done))
        yield Span(_what(done))
    known = [item.statistics for item in done if item.statistics and item.statistics.low_ns]
    if known and max(each.processes for each in known) < FEWEST:
        yield Span(
            "the interval is that of one process; others may differ by a few percent: "
            f"--repeat {FEWEST} includes that",
            "dim",
        )
    for peak in benchmark.peaks:
        yield Span(_peak(peak))
    for text in _warnings(done, benchmark):
        yield Span(text, "warn")
    yield Span(_where(benchmark), "dim")


def _failure(what: str, problem: str, role: str) -> Span:
    """Return what failed and why, and below it the lines of the traceback."""
    first, *lines = problem.split("\n")
    return Span(
        f"{what}: {first}", role, below=tuple(f"  {line.removeprefix('  ')}" for line in lines)
    )


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
        f"95% interval by bootstrap of {drawn}, sampled until it is ±"
        f"{percent(benchmark.plan.target)} or for {benchmark.plan.budget:g} s; {samples:,} "
        f"samples, {outliers:,} of them outliers, none dropped"
    )


def _what(done: list[Measurement]) -> str:
    parts = []
    if any(item.configuration.mode == "forward" for item in done):
        parts.append("forward: evaluation mode, no gradients")
    train = [item for item in done if item.configuration.mode == "train"]
    if train:
        losses = ", ".join(dict.fromkeys(item.loss for item in train if item.loss))
        step = " and optimizer step" if any(item.configuration.optimizer for item in train) else ""
        parts.append(f"train: forward, loss ({losses}), backward{step}")
    parts.append("FLOP/s: 2 per counted multiply-accumulate, forward and backward")
    kinds = {item.peak_kind for item in done}
    if "allocated" in kinds:
        parts.append("memory: peak allocated on the device")
    if "resident" in kinds:
        parts.append("memory: peak resident set of the process with its libraries")
    return "; ".join(parts)


def _peak(peak: Peak) -> str:
    moved = f", {rate(peak.bytes_per_second, 'B/s')}" if peak.bytes_per_second is not None else ""
    return (
        f"peak of {peak.device} for {peak.dtype}: {rate(peak.flops, 'FLOP/s')}{moved} "
        f"({peak.source}: {peak.how})"
    )


def _warnings(done: list[Measurement], benchmark: Benchmark) -> Iterator[str]:
    """Yield what to beware of, each once with all that it is about."""
    about: dict[tuple[str, str], list[str]] = {}
    for item in done:
        for what, detail, advice in _remarks(item, benchmark):
            label = f"{item.configuration.label}{detail and f' ({detail})'}"
            about.setdefault((what, advice), []).append(label)
    for (what, advice), labels in about.items():
        yield f"{what}: {'; '.join(labels)}{advice and f'. {advice}'}"


def _remarks(item: Measurement, benchmark: Benchmark) -> Iterator[tuple[str, str, str]]:
    """Yield what is unusual in a measurement, a detail of it, and what to do."""
    found = item.statistics
    assert found is not None
    if item.warm_up is not None and not item.warm_up.settled:
        yield (
            "times were not stable at the end of the warm-up",
            f"after {how_many(item.warm_up.iterations, 'iteration')}",
            "The machine may be busy, its clocks may change, or --budget ended the warm-up",
        )
    if item.stopped == "budget":
        width = "no interval" if found.half_width is None else f"±{percent(found.half_width)}"
        detail = f"{width} after {how_many(found.samples, 'iteration')}"
        yield "time was up", detail, "Use a larger --budget"
    if item.is_launch_bound and item.wall_ns is not None and item.host_ns is not None:
        yield (
            "launch-bound",
            f"launching an iteration takes {milliseconds(item.host_ns)} ms of "
            f"{milliseconds(item.wall_ns)} ms",
            "A larger batch or --compile uses the device better",
        )
    if item.facts is not None and item.facts.uncounted:
        yield "no FLOP/s, as some operations are uncounted", ", ".join(item.facts.uncounted), ""
    peak = benchmark.peak_for(item.configuration)
    speed = item.flops_per_second
    if peak is not None and speed is not None and speed > peak.flops:
        yield (
            f"more FLOP/s than the {peak.source} peak",
            "",
            "Some convolutions use fewer multiplications than are counted (Winograd), or the "
            "measurement of the peak was disturbed",
        )
    for remark in item.remarks:
        yield remark, "", ""


def _where(benchmark: Benchmark) -> str:
    known = benchmark.environment
    names = ("torch", "CUDA", "cuDNN", "driver", "python", "platform")
    text = ", ".join(f"{name} {known[name]}" for name in names if known.get(name))
    commit = known.get("commit")
    changed = " with changes" if known.get("commit is changed") == "yes" else ""
    text += f", commit {commit[:10]}{changed}" if commit else ""
    return f"{benchmark.started}: {text}"
