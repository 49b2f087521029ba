"""The table of tuned settings in a benchmark: their speed and error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcount.benchmark.results import Tuned
from archcount.reporting.figures import seconds
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


def tuned_sheets(tuned: Sequence[Tuned]) -> Sequence[Sheet]:
    """Return the table of all combinations of settings, the fastest of each model first."""
    columns: Sequence[Column[Tuned]] = (
        Column("Model", lambda way: way.target),
        Column("Mode", lambda way: way.mode),
        Column("Batch", lambda way: f"{way.batch}", right=True),
        Column("Settings", lambda way: way.settings),
        Column("Plain", lambda way: way.plain),
        Column("Time", lambda way: f"{way.ratio:.3f}×", right=True),
        Column("95% interval", _ratio_interval, right=True),
        Column("Error", _error, right=True),
        Column("First call", lambda way: seconds(way.first_call_ns), right=True),
    )
    return [make_sheet("tuning", columns, tuned, notes=_fastest(tuned))]


def _ratio_interval(way: Tuned) -> str:
    if way.low is None or way.high is None:
        return ""
    return f"{way.low:.3f} to {way.high:.3f}"


def _error(way: Tuned) -> str:
    if way.error is None:
        return "unknown"
    return "0" if way.error == 0 else f"{way.error:.1e}"


def _fastest(tuned: Sequence[Tuned]) -> Iterator[Span]:
    best: dict[tuple[str, str, int, str], Tuned] = {}
    for way in tuned:
        best.setdefault((way.target, way.mode, way.batch, way.plain), way)
        if way.remark:
            yield Span(f"{way.target} {way.mode}, {way.settings}: {way.remark}", "warn")
    for way in best.values():
        name = f"{way.target} {way.mode}, batch {way.batch}"
        if way.high is None or way.high >= 1:
            yield Span(
                f"{name}: no settings are significantly faster than the plain ones", "strong"
            )
        else:
            interval = f"{1 / way.high:.2f} to {1 / (way.low or way.ratio):.2f}"
            yield Span(
                f"{name}: {way.settings} is fastest, {1 / way.ratio:.2f} times as fast as the "
                f"plain settings (95% interval {interval})",
                "strong",
            )
    yield Span(
        "time: relative to the plain settings; error: the largest difference of an output in "
        "evaluation mode from the plain one, relative to the largest output, for the same weights "
        "and images"
    )
