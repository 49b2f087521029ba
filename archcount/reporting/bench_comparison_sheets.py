"""The table of a comparison of two benchmarks: ratios of times, and settings that differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.benchmark.comparing import SAME, BenchComparison, ComparedTimes
from archcount.reporting.figures import milliseconds, percent
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet

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
        Column("99% interval", _interval, right=True),
        Column("Verdict", lambda pair: Span(pair.verdict, _ROLES[pair.verdict])),
    )
    notes = [*_notes(), *comparison_remarks(comparison)]
    return [
        make_sheet("after relative to before", columns, comparison.pairs, notes=notes)
        for columns in ((name, before, after, *judged), (name, *judged))
    ]


def _interval(pair: ComparedTimes) -> str:
    if pair.low is None or pair.high is None:
        return "too few blocks"
    return f"{pair.low:.3f} to {pair.high:.3f}"


def _notes() -> Iterator[Span]:
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
