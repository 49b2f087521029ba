"""The table of several processes at once in a benchmark: throughput and efficiency."""

from __future__ import annotations

from collections.abc import Sequence

from archcount.benchmark.results import ProcessScaling
from archcount.reporting.figures import percent, significant, size
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


def scaling_sheets(every: Sequence[ProcessScaling]) -> Sequence[Sheet]:
    """Return the table of those that could be run."""
    scaling = [item for item in every if not item.problem]
    columns: Sequence[Column[ProcessScaling]] = (
        Column("Model", lambda item: item.configuration.target),
        Column("Mode", lambda item: item.configuration.mode),
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
