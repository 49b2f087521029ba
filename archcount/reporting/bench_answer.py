"""The result of a benchmark in one sentence: the fastest, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.benchmark.results import Benchmark, Measurement, ProcessScaling, Tuned
from archcount.benchmark.statistics import clusters, interval_of_ratio
from archcount.reporting.figures import percent, significant


def answer(benchmark: Benchmark) -> str:
    """Return the sentence; empty where nothing was measured."""
    done = [item for item in benchmark.measurements if item.statistics]
    parts = [_scaled(item) for item in benchmark.scaling if not item.problem]
    if benchmark.tuned:
        parts += _tuned(benchmark.tuned)
    elif done:
        modes = dict.fromkeys(item.configuration.mode for item in done)
        parts += [
            f"{mode}: {_fastest([item for item in done if item.configuration.mode == mode])}"
            for mode in modes
        ]
    wide = benchmark.plan.target
    widths = [item.statistics.half_width for item in done if item.statistics]
    if parts and any(width is None or width > wide for width in widths):
        parts.append(f"not all within the ±{percent(wide)} asked for")
    return "; ".join(parts)


def _fastest(items: Sequence[Measurement]) -> str:
    """Say what of one mode is fastest, and how much faster than the next."""
    ordered = sorted(items, key=lambda item: item.images_per_second or 0, reverse=True)
    best, *others = ordered
    speed = f"{significant(best.images_per_second, 3)} images/s{_sure(best)}"
    if not others:
        return f"{_name(best, items)} runs {speed}"
    second = others[0]
    words = f"{_name(best, items)} is fastest with {speed}"
    next_one = _name(second, items)
    interval = interval_of_ratio(clusters(second.blocks), clusters(best.blocks))
    scale = best.batch / second.batch
    if interval is None or interval[0] * scale <= 1:
        return f"{words}, but not clearly faster than {next_one}"
    low, high = (f"{scale * end:.2f}" for end in interval)
    assert best.images_per_second
    assert second.images_per_second
    ratio = best.images_per_second / second.images_per_second
    return f"{words}, {ratio:.2f} times as many as {next_one} (95% interval {low} to {high})"


def _sure(item: Measurement) -> str:
    width = item.statistics.half_width if item.statistics else None
    return " (too few samples for an interval)" if width is None else f" ±{percent(width)}"


def _name(item: Measurement, items: Sequence[Measurement]) -> str:
    """Name a measurement by its model, and by what else differs among several."""
    parts = [item.configuration.target]
    if len({other.batch for other in items}) > 1:
        parts.append(f"batch {item.batch}")
    if len({other.configuration.settings for other in items}) > 1:
        parts.append(item.configuration.settings)
    return ", ".join(parts)


def _tuned(tuned: Sequence[Tuned]) -> Iterator[str]:
    best: dict[tuple[str, str, int, str], Tuned] = {}
    for way in tuned:
        best.setdefault((way.target, way.mode, way.batch, way.plain), way)
    for way in best.values():
        name = f"{way.target} {way.mode}, batch {way.batch}"
        if way.high is None or way.high >= 1:
            yield f"{name}: no settings are significantly faster than the plain ones"
        else:
            interval = f"{1 / way.high:.2f} to {1 / (way.low or way.ratio):.2f}"
            yield (
                f"{name}: {way.settings} is fastest, {1 / way.ratio:.2f} times as fast as the "
                f"plain settings (95% interval {interval})"
            )


def _scaled(item: ProcessScaling) -> str:
    times = item.efficiency * item.processes
    return (
        f"{item.configuration.target} {item.configuration.mode}: {item.processes} processes are "
        f"{times:.2f} times as fast as one"
    )
