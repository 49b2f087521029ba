"""The combinations of settings that `archcount bench --tune` compares, as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.benchmark.results import Tuned
from archcount.reporting.figures import seconds
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


def tuned_sheets(tuned: Sequence[Tuned]) -> Sequence[Sheet]:
    """Return the table of all combinations of settings, the fastest of each model first."""
    columns: Sequence[Column[Tuned]] = (
        Column("Model", lambda way: way.target, whole=True),
        Column("Mode", lambda way: way.mode, whole=True),
        Column("Batch", lambda way: f"{way.batch}", right=True),
        Column("Settings", lambda way: way.settings),
        Column("Plain", lambda way: way.plain),
        Column("Time", lambda way: f"{way.ratio:.3f}×", right=True),
        Column("95% interval", _ratio_interval, right=True),
        Column("Error", _error, right=True),
        Column("First call", lambda way: seconds(way.first_call_ns), right=True),
    )
    several = len({(way.target, way.mode, way.batch, way.plain) for way in tuned}) > 1
    narrow = (*(columns[:3] if several else ()), columns[3], *columns[5:8])
    title = "tuning" if several else _title(tuned[0])
    return [
        make_sheet("tuning", columns, tuned, notes=_tuning_notes(tuned)),
        make_sheet(title, narrow, tuned, notes=_tuning_notes(tuned)),
    ]


def _title(way: Tuned) -> str:
    return f"tuning {way.target} {way.mode}, batch {way.batch}, plain: {way.plain}"


def _ratio_interval(way: Tuned) -> str:
    if way.low is None or way.high is None:
        return ""
    return f"{way.low:.3f} to {way.high:.3f}"


def _error(way: Tuned) -> str:
    if way.error is None:
        return "unknown"
    return "0" if way.error == 0 else f"{way.error:.1e}"


def _tuning_notes(tuned: Sequence[Tuned]) -> Iterator[Span]:
    for way in tuned:
        if way.remark:
            yield Span(f"{way.target} {way.mode}, {way.settings}: {way.remark}", "warn")
    yield Span(
        "time: relative to the plain settings; error: the largest difference of an output in "
        "evaluation mode from the plain one, relative to the largest output, for the same weights "
        "and images"
    )
