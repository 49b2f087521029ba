"""Comparison of two runs: same, faster, slower, or unclear."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from archcount.benchmark.results import Benchmark, Measurement
from archcount.benchmark.settings import Mode
from archcount.errors import UsageError

Verdict = Literal["SAME", "FASTER", "SLOWER", "UNCLEAR"]
CONFIDENCE = 0.99
"""Confidence level of the ratio: equal runs are called different in under 1 %."""
SAME = 0.01
"""A ratio is called the same if its interval lies within this distance of 1."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedSetting:
    """A setting of machine, plan or configuration that differs between two runs."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedTimes:
    """The times of one configuration in two runs.

    Attributes:
        before_ns: the median time before.
        after_ns: the median time after.
        ratio: the time per image after, relative to before; above 1 is slower.
    """

    target: str
    mode: Mode
    batch: int
    batch_after: int
    settings: str
    settings_after: str
    before_ns: float
    after_ns: float
    ratio: float
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchComparison:
    """The comparison of two runs.

    Attributes:
        pairs: the configurations that both runs have measured.
        alone: the configurations that only one run has measured, in words.
    """

    pairs: tuple[ComparedTimes, ...]
    settings: tuple[ChangedSetting, ...]
    alone: tuple[str, ...]


def compare_benchmarks(
    before: Benchmark, after: Benchmark, *, force: bool = False
) -> BenchComparison:
    """Compare two runs; with `force` also different batches, dtypes and tables, in order.

    Raises:
        UsageError: the runs have no configuration in common, or a table has changed, without
            `force`.
    """
    pairs = list(_pairs(before, after))
    if not force:
        _refuse_other_sources(before, after, pairs)
    if not pairs and force:
        pairs = list(zip(_done(before), _done(after), strict=False))
    if not pairs:
        raise UsageError.of(
            f"the runs have no measurement in common: {_labels(before)} against {_labels(after)}",
            allowed="runs with the same target, mode, batch and dtype",
            remedy="--force compares them in order",
        )
    met = {id(item) for pair in pairs for item in pair}
    return BenchComparison(
        pairs=tuple(_judged(*pair) for pair in pairs),
        settings=tuple(_settings(before, after, pairs)),
        alone=tuple(
            f"only {side} has {item.configuration.label} ({item.status})"
            for side, run in (("the first", before), ("the second", after))
            for item in run.measurements
            if id(item) not in met
        ),
    )


def judge(low: float | None, high: float | None) -> Verdict:
    """Return the verdict of an interval of a ratio of times.

    >>> judge(1.03, 1.07), judge(0.995, 1.004), judge(0.9, 1.1)
    ('SLOWER', 'SAME', 'UNCLEAR')
    """
    if low is None or high is None:
        return "UNCLEAR"
    if low >= 1 - SAME and high <= 1 + SAME:
        return "SAME"
    if low > 1:
        return "SLOWER"
    return "FASTER" if high < 1 else "UNCLEAR"


def _judged(before: Measurement, after: Measurement) -> ComparedTimes:
    from archcount.benchmark.statistics import clusters, interval_of_ratio

    assert before.statistics is not None
    assert after.statistics is not None
    # Time per image, so that --force can compare different batches.
    scale = before.batch / after.batch
    ours, theirs = clusters(after.blocks), clusters(before.blocks)
    interval = interval_of_ratio(ours, theirs, confidence=CONFIDENCE)
    low, high = (end * scale for end in interval) if interval else (None, None)
    return ComparedTimes(
        target=before.configuration.target,
        mode=before.configuration.mode,
        batch=before.batch,
        batch_after=after.batch,
        settings=before.configuration.settings,
        settings_after=after.configuration.settings,
        before_ns=before.statistics.median_ns,
        after_ns=after.statistics.median_ns,
        ratio=after.statistics.median_ns / before.statistics.median_ns * scale,
        low=low,
        high=high,
        verdict=judge(low, high),
    )


def _done(run: Benchmark) -> list[Measurement]:
    return [item for item in run.measurements if item.status == "done" and item.statistics]


def _labels(run: Benchmark) -> str:
    return "; ".join(item.configuration.label for item in _done(run)) or "nothing"


def _key(item: Measurement) -> tuple[object, ...]:
    """Return the settings that two measurements must share to be compared."""
    found = item.configuration
    arguments = json.dumps(found.arguments, sort_keys=True, default=str)
    given = (found.inputs, found.maker, arguments, found.optimizer)
    kind = found.device.partition(":")[0]
    return (found.target, found.mode, item.batch, found.dtype, found.amp, kind, given)


def _pairs(before: Benchmark, after: Benchmark) -> Iterator[tuple[Measurement, Measurement]]:
    """Pair measurements: first those with equal configurations, then those with equal keys."""
    theirs = _done(after)
    ours = _done(before)
    for is_alike in (True, False):
        for item in list(ours):
            for other in theirs:
                equal = item.configuration == other.configuration
                if _key(item) == _key(other) and (equal or not is_alike):
                    yield item, other
                    ours.remove(item)
                    theirs.remove(other)
                    break


def _refuse_other_sources(
    before: Benchmark, after: Benchmark, pairs: list[tuple[Measurement, Measurement]]
) -> None:
    for target in dict.fromkeys(pair[0].configuration.target for pair in pairs):
        one, other = before.sources.get(target), after.sources.get(target)
        if one and other and one != other:
            raise UsageError.of(
                f"{target} differs between the runs: its file has changed",
                allowed="runs of the same table",
                remedy="--force compares them anyway",
            )


def _settings(
    before: Benchmark, after: Benchmark, pairs: list[tuple[Measurement, Measurement]]
) -> Iterator[ChangedSetting]:
    yield from _unlike("", before.environment, after.environment)
    yield from _unlike("plan ", asdict(before.plan), asdict(after.plan))
    yield from _unlike("source of ", before.sources, after.sources)
    yield from dict.fromkeys(
        setting
        for one, other in pairs
        for setting in _unlike("", asdict(one.configuration), asdict(other.configuration))
    )


def _unlike(
    prefix: str, before: Mapping[str, object], after: Mapping[str, object]
) -> Iterator[ChangedSetting]:
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name), after.get(name)
        if one != other:
            yield ChangedSetting(name=f"{prefix}{name}", before=_word(one), after=_word(other))


def _word(value: object) -> str:
    return "unknown" if value is None else str(value)
