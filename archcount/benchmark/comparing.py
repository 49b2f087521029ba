"""Two runs held against each other: same, faster, slower, or unclear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from archcount.benchmark.results import Benchmark, Measurement
from archcount.benchmark.settings import Mode
from archcount.errors import Problem, UsageError

Verdict = Literal["SAME", "FASTER", "SLOWER", "UNCLEAR"]
CONFIDENCE = 0.99
"""Of the interval of a ratio: runs that are equal are called different in under 1 %."""
SAME = 0.01
"""A ratio whose interval lies this near 1 on both sides is called the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedSetting:
    """A setting of machine, plan or configuration that is not the same in two runs."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparedTimes:
    """The times of one configuration in two runs.

    Attributes:
        target: the model.
        mode: as measured.
        batch: that was run before.
        batch_after: that was run after.
        settings: in words, before.
        settings_after: after.
        before_ns: the median time before.
        after_ns: after.
        ratio: the time an image after by the one before; above 1 is slower.
        low: the lower end of the ratio's interval.
        high: the upper end.
        verdict: what that means.
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
        pairs: the configurations that both have measured.
        settings: what is not the same in the two runs.
        alone: what only one of them has measured, in words.
    """

    pairs: tuple[ComparedTimes, ...]
    settings: tuple[ChangedSetting, ...]
    alone: tuple[str, ...]


def compare_benchmarks(
    before: Benchmark, after: Benchmark, *, force: bool = False
) -> BenchComparison:
    """Compare what two runs measured.

    Args:
        before: the first run.
        after: the second.
        force: compare other batches, types of numbers and tables in the order they stand in.

    Raises:
        UsageError: nothing in the runs is alike, or a table is not the same, and `force` is not
            given.
    """
    pairs = list(_pairs(before, after))
    if not force:
        _refuse_other_sources(before, after, pairs)
    if not pairs and force:
        pairs = list(zip(_done(before), _done(after), strict=False))
    if not pairs:
        raise UsageError(
            Problem(
                what="the runs have no measurement in common: "
                f"{_told(before)} against {_told(after)}",
                allowed="runs with the same target, mode, batch and dtype",
                remedy="--force compares them in the order they stand in",
            )
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
    """Say what an interval of a ratio of times means.

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
    # Time an image, so that runs of other batches can be compared where that is forced.
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


def _told(run: Benchmark) -> str:
    return "; ".join(item.configuration.label for item in _done(run)) or "nothing"


def _key(item: Measurement) -> tuple[object, ...]:
    """Give what must be the same for two measurements to be of one thing."""
    found = item.configuration
    given = (found.inputs, found.maker, sorted(found.arguments.items()), found.optimizer)
    kind = found.device.partition(":")[0]
    return (found.target, found.mode, item.batch, found.dtype, found.amp, kind, given)


def _pairs(before: Benchmark, after: Benchmark) -> Iterator[tuple[Measurement, Measurement]]:
    """Pair measurements of one thing: first those set alike in all, then in order."""
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
            raise UsageError(
                Problem(
                    what=f"{target} is not the same in both runs: its file has changed",
                    allowed="runs of the same table",
                    remedy="--force compares them all the same",
                )
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
    return "not known" if value is None else str(value)
