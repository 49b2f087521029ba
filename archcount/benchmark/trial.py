"""One configuration under way in one process, and its measurement so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from archcount.benchmark.model_counts import Counted
from archcount.benchmark.results import Measurement, Status
from archcount.benchmark.sampling import Sampling, Warming
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import describe
from archcount.benchmark.workers import Worker


@dataclass(kw_only=True)
class Trial:
    """One configuration under way.

    Attributes:
        measurement: what is known of it so far.
        warming: its warm-up.
        process: which process of the configuration this is.
        counted: its counts for the batch.
        sampling: its samples, once it is warm.
        worker: the process, while there is one.
        is_over: whether nothing is left to do.
        is_delayed: whether memory ran out beside others, so that it is tried again alone.
        is_fixed: whether the batch is the input's, and cannot be another.
    """

    measurement: Measurement
    warming: Warming
    process: int = 0
    counted: Counted | None = None
    sampling: Sampling | None = None
    worker: Worker | None = None
    is_over: bool = False
    is_delayed: bool = False
    is_fixed: bool = False

    @property
    def configuration(self) -> Configuration:
        """As it was asked for."""
        return self.measurement.configuration

    @property
    def batch(self) -> int:
        """The batch that is run."""
        return self.measurement.batch

    def note(self, **known: Any) -> None:
        """Write fields of the measurement down."""
        self.measurement = replace(self.measurement, **known)

    def close(self) -> None:
        """End its process."""
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def end(self, status: Status, problem: str = "", exit_code: int = 0) -> None:
        """Say what became of it, with what was measured before."""
        self.close()
        self.is_over = True
        self.note(
            status=status,
            problem=problem,
            exit_code=exit_code,
            warm_up=self.warming.record() if self.warming.blocks else None,
        )
        if self.sampling:
            blocks = tuple(self.sampling.blocks)
            statistics = describe(blocks) if blocks else None
            self.note(blocks=blocks, stopped=self.sampling.stopped, statistics=statistics)


def merged(parts: Sequence[Measurement], target: float) -> Measurement:
    """Make one measurement of those of a configuration's processes; one that failed fails all.

    Args:
        parts: the measurement of each process.
        target: the half width of the interval that ends sampling.
    """
    if len(parts) == 1:
        return parts[0]
    batch = min(part.batch for part in parts)
    first = next(part for part in parts if part.batch == batch)
    worst = next((part for part in parts if part.status != "done"), first)
    blocks = tuple(block for part in parts if part.batch == batch for block in part.blocks)
    found = describe(blocks) if blocks else None
    width = found.half_width if found else None
    return replace(
        first,
        status=worst.status,
        problem=worst.problem,
        exit_code=worst.exit_code,
        blocks=blocks,
        statistics=found,
        stopped="target" if width is not None and width <= target else "budget",
    )
