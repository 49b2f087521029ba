"""The stopping rules of warm-up and sampling."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from archcount.benchmark.samples import FEWEST, Block, Statistics, WarmUp
from archcount.benchmark.settings import RunSettings
from archcount.benchmark.statistics import describe

BLOCK_NS = 200_000_000
"""The intended duration of a block."""
_MOST = 1000
"""The most iterations of a block."""
_AGREE = 0.03
"""The largest relative change from three blocks to the next three that counts as stable."""
_WINDOW = 3
"""The number of blocks that are compared with as many before them."""
_CAP = 200
"""The most iterations of a warm-up."""
SLOW_NS = 1_000_000_000
"""Iterations this long are not affected by the state of the caches, and six of them are many."""
_BLOCKS = 12
"""Blocks before the first check of the interval; the next come after each quarter more."""


def block_length(iteration_ns: float) -> int:
    """Return the number of iterations of a block.

    >>> block_length(10_000_000), block_length(3_000_000_000)
    (20, 1)
    """
    return max(1, min(_MOST, round(BLOCK_NS / max(iteration_ns, 1))))


@dataclass(kw_only=True)
class Warming:
    """A warm-up that is running.

    Attributes:
        least: the fewest iterations, where the budget allows them.
        budget_ns: nanoseconds after which no block begins, but for the first.
        first_ns: nanoseconds of the first call, which the budget is for as well.
        compiles: whether the first call compiles, so that it is no iteration like the others.

    >>> warming = Warming(least=4, budget_ns=10**9)
    >>> for samples in [(90, 80), (60, 55), (51, 50), (50, 50), (50, 51), (50, 50), (50, 50)]:
    ...     warming.blocks.append(Block(samples_ns=samples, wall_ns=sum(samples)))
    >>> warming.is_over, warming.record().settled
    (True, True)
    """

    least: int
    budget_ns: float
    first_ns: float = 0
    compiles: bool = False
    blocks: list[Block] = field(default_factory=list)

    @property
    def iterations(self) -> int:
        """The number of iterations so far."""
        return sum(len(block.samples_ns) for block in self.blocks)

    @property
    def wall_ns(self) -> int:
        """Their duration."""
        return sum(block.wall_ns for block in self.blocks)

    @property
    def is_settled(self) -> bool:
        """Whether the last blocks are as fast as those before them, within the noise."""
        if len(self.blocks) < 2 * _WINDOW:
            return False
        before, last = (
            [sample for block in blocks for sample in block.samples_ns]
            for blocks in (self.blocks[-2 * _WINDOW : -_WINDOW], self.blocks[-_WINDOW:])
        )
        middle = median(before)
        noise = median(abs(sample - median(last)) for sample in last) / middle
        return abs(median(last) / middle - 1) <= max(_AGREE, 2 * noise)

    @property
    def is_over(self) -> bool:
        """Whether the warm-up is over."""
        is_called = bool(self.blocks) or (self.first_ns >= SLOW_NS and not self.compiles)
        if is_called and self.first_ns + self.wall_ns >= self.budget_ns:
            return True
        return self.iterations >= self.least and (self.is_settled or self.iterations >= _CAP)

    def next_length(self) -> int:
        """Return the length of the next block: at most a third of the fewest iterations."""
        if not self.blocks:
            return 1
        usual = block_length(median(self.blocks[-1].samples_ns))
        return max(1, min(usual, -(-self.least // 3)))

    def record(self) -> WarmUp:
        """Return the record of the warm-up."""
        return WarmUp(
            iterations=self.iterations,
            wall_ns=self.wall_ns,
            settled=self.is_settled,
            medians_ns=tuple(round(median(block.samples_ns)) for block in self.blocks),
        )


@dataclass(kw_only=True)
class Sampling:
    """Sampling that is running.

    It ends when the interval of the median is narrow enough at one of a few checks: after twelve
    blocks, and after each quarter more. With more checks, sampling would more often stop where the
    interval is narrow by chance. It also ends when the time budget is used up, but not before there
    are enough blocks for an interval, unless an iteration takes a second or more.

    Attributes:
        iteration_ns: the time of an iteration at the end of the warm-up.
        stopped: why it ended; empty while it runs.
    """

    plan: RunSettings
    iteration_ns: float
    blocks: list[Block] = field(default_factory=list)
    stopped: Literal["target", "budget", ""] = ""
    statistics: Statistics | None = None
    _next: int = _BLOCKS

    @property
    def wall_ns(self) -> int:
        """The duration of all blocks."""
        return sum(block.wall_ns for block in self.blocks)

    @property
    def length(self) -> int:
        """The most iterations of a block."""
        return block_length(self.iteration_ns)

    def add(self, block: Block) -> None:
        """Add a block, and check whether it is the last."""
        self.blocks.append(block)
        if len(self.blocks) >= self._next:
            self.statistics = describe(self.blocks)
            width = self.statistics.half_width
            self._next = max(len(self.blocks) + 1, round(1.25 * len(self.blocks)))
            if width is not None and width <= self.plan.target:
                self.stopped = "target"
                return
        least = 1 if self.iteration_ns >= SLOW_NS else FEWEST
        if self.wall_ns >= self.plan.budget * 1e9 and len(self.blocks) >= least:
            self.stopped = "budget"

    def left_ns(self) -> float:
        """Return the most nanoseconds of sampling that are left."""
        return max(0.0, self.plan.budget * 1e9 - self.wall_ns)
