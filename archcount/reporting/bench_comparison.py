"""Two benchmarks held against each other, as a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archcount.benchmark.comparing import SAME, BenchComparison, Pair
from archcount.reporting.exports import Value, to_csv, to_json
from archcount.reporting.figures import percent, significant
from archcount.reporting.render import render_sheets
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

SCHEMA = "archcount.bench-compare/1"
_ROLES = {"SAME": "", "FASTER": "good", "SLOWER": "bad", "UNCLEAR": "told"}


def render_bench_comparison(
    comparison: BenchComparison, form: str, *, width: int | None = None, colour: bool = True
) -> str:
    """Write a comparison in one of the formats; arguments as `render_bench`."""
    if form == "json":
        return to_json(_json(comparison))
    if form == "csv":
        return to_csv(_record(pair) for pair in comparison.pairs)
    return render_sheets(
        [_sheets(comparison)], form, width=width, colour=colour, heading="archcount bench compare"
    )


def _sheets(comparison: BenchComparison) -> Sequence[Sheet]:
    notes = list(_notes(comparison))
    common: Sequence[Column[Pair]] = (
        Column(heading="before ms", text=lambda pair: _time(pair, 0), right=True),
        Column(heading="after ms", text=lambda pair: _time(pair, 1), right=True),
        Column(heading="Time", text=lambda pair: f"{pair.ratio:.3f}×", right=True),
    )
    verdict: Column[Pair] = Column(
        heading="Verdict", text=lambda pair: Text(pair.verdict, _ROLES[pair.verdict])
    )
    name: Column[Pair] = Column(
        heading="Configuration", text=lambda pair: pair.before.configuration.label
    )
    interval: Column[Pair] = Column(heading="99% interval", text=_interval, right=True)
    return [
        make_sheet("before against after", columns, comparison.pairs, notes=notes)
        for columns in ((name, *common, interval, verdict), (name, *common[2:], interval, verdict))
    ]


def _time(pair: Pair, side: int) -> str:
    found = (pair.before, pair.after)[side].statistics
    assert found is not None
    return significant(found.median_ns / 1e6)


def _interval(pair: Pair) -> str:
    if pair.low is None or pair.high is None:
        return "too few blocks"
    return f"{pair.low:.3f} to {pair.high:.3f}"


def _notes(comparison: BenchComparison) -> Iterator[Text]:
    yield Text(
        "time: the median time an image after by the one before; SAME: its interval lies within "
        f"±{percent(SAME)} of 1; FASTER, SLOWER: it leaves 1 out; UNCLEAR: neither"
    )
    yield Text(
        "the interval holds what these samples say; another process, machine or day may add to it",
        "dim",
    )
    for setting in comparison.settings:
        yield Text(f"not the same: {setting.name}: {setting.before} -> {setting.after}", "told")
    for line in comparison.alone:
        yield Text(line, "told")


def _json(comparison: BenchComparison) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "pairs": [_record(pair) for pair in comparison.pairs],
        "settings": [
            {"name": item.name, "before": item.before, "after": item.after}
            for item in comparison.settings
        ],
        "alone": list(comparison.alone),
    }


def _record(pair: Pair) -> dict[str, Value]:
    asked = pair.before.configuration
    assert pair.before.statistics is not None
    assert pair.after.statistics is not None
    return {
        "target": asked.target,
        "mode": asked.mode,
        "batch": pair.before.batch,
        "batch_after": pair.after.batch,
        "settings": asked.settings,
        "settings_after": pair.after.configuration.settings,
        "before_ns": pair.before.statistics.median_ns,
        "after_ns": pair.after.statistics.median_ns,
        "ratio": pair.ratio,
        "low": pair.low,
        "high": pair.high,
        "verdict": pair.verdict,
    }
