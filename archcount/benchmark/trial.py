"""The measurement of one configuration in one process, while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from archcount.benchmark.iteration_counts import Counted
from archcount.benchmark.results import Measurement, Status
from archcount.benchmark.sampling import Sampling, Warming
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import describe
from archcount.benchmark.workers import Worker


@dataclass(kw_only=True)
class Trial:
    """A measurement that is running.

    Attributes:
        process: the number of this process, of those of the configuration.
        counted: the counts for the batch.
        is_delayed: whether it is to be tried again alone, after running out of memory.
        is_fixed: whether the input has a batch of its own, which cannot be halved.
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
        """The configuration as requested."""
        return self.measurement.configuration

    @property
    def batch(self) -> int:
        """The batch size that is run."""
        return self.measurement.batch

    def note(self, **known: Any) -> None:
        """Set fields of the measurement."""
        self.measurement = replace(self.measurement, **known)

    def remark(self, text: str) -> None:
        """Add a remark to the measurement."""
        self.note(remarks=(*self.measurement.remarks, text))

    def close(self) -> None:
        """End the process."""
        if self.worker is not None:
            self.worker.close()
            self.worker = None

    def end(self, status: Status, problem: str = "", exit_code: int = 0) -> None:
        """End the trial with a status and what was measured."""
        self.close()
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
        self.is_over = True  # last, so that what a signal breaks into is done again


def merged(parts: Sequence[Measurement], target: float) -> Measurement:
    """Merge the measurements of a configuration's processes; one failure makes all fail."""
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
