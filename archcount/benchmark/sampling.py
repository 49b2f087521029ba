"""When warm-up has settled, and when enough was sampled: the rules, without a clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import Literal

from archcount.benchmark.samples import Block, Statistics, WarmUp
from archcount.benchmark.settings import RunSettings
from archcount.benchmark.statistics import FEWEST, describe

BLOCK_NS = 200_000_000
"""How long a block should take."""
_MOST = 1000
"""Iterations of a block."""
_AGREE = 0.03
"""How far the last three blocks of a warm-up may lie from the three before, relative to these."""
_WINDOW = 3
"""Blocks that are held against as many before them."""
_CAP = 200
"""Iterations of a warm-up at most, if its time does not run out before."""
_BLOCKS = 12
"""Blocks before it is asked whether they are enough; then after each quarter more."""


def block_length(iteration_ns: float) -> int:
    """Say how many iterations a block has.

    >>> block_length(10_000_000), block_length(3_000_000_000)
    (20, 1)
    """
    return max(1, min(_MOST, round(BLOCK_NS / max(iteration_ns, 1))))


@dataclass(kw_only=True)
class Warming:
    """A warm-up under way.

    Attributes:
        least: iterations at least.
        budget_ns: nanoseconds after which no block begins, once there were so many.
        blocks: what was run.

    >>> warming = Warming(least=4, budget_ns=10**9)
    >>> for samples in [(90, 80), (60, 55), (51, 50), (50, 50), (50, 51), (50, 50), (50, 50)]:
    ...     warming.blocks.append(Block(samples_ns=samples, wall_ns=sum(samples)))
    >>> warming.is_over, warming.record().settled
    (True, True)
    """

    least: int
    budget_ns: float
    blocks: list[Block] = field(default_factory=list)

    @property
    def iterations(self) -> int:
        """How many were run."""
        return sum(len(block.samples_ns) for block in self.blocks)

    @property
    def wall_ns(self) -> int:
        """How long they took."""
        return sum(block.wall_ns for block in self.blocks)

    @property
    def is_settled(self) -> bool:
        """Whether the last blocks are as fast as those before them, as far as noise lets see."""
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
        """Whether enough was run."""
        if self.iterations < self.least:
            return False
        return self.is_settled or self.iterations >= _CAP or self.wall_ns >= self.budget_ns

    def next_length(self) -> int:
        """Say how many iterations come next: a third of what is needed, or a block's worth."""
        if not self.blocks:
            return 1
        usual = block_length(median(self.blocks[-1].samples_ns))
        return max(1, min(usual, -(-self.least // 3)))

    def record(self) -> WarmUp:
        """Say what was run."""
        return WarmUp(
            iterations=self.iterations,
            wall_ns=self.wall_ns,
            settled=self.is_settled,
            medians_ns=tuple(round(median(block.samples_ns)) for block in self.blocks),
        )


@dataclass(kw_only=True)
class Sampling:
    """Sampling under way.

    It ends when the interval of the median is narrow enough at one of a few looks: after twelve
    blocks, and each time a quarter more. Who looks more often stops more often where it is narrow
    by luck. It ends too when the time budget has run out, but not before there are blocks for an
    interval.

    Attributes:
        plan: the interval's target and the time budget.
        iteration_ns: how long an iteration took at the end of the warm-up.
        blocks: what was sampled.
        stopped: why it ended, empty while it goes on.
    """

    plan: RunSettings
    iteration_ns: float
    blocks: list[Block] = field(default_factory=list)
    stopped: Literal["target", "budget", ""] = ""
    statistics: Statistics | None = None
    _next: int = _BLOCKS

    @property
    def wall_ns(self) -> int:
        """How long all blocks took."""
        return sum(block.wall_ns for block in self.blocks)

    @property
    def length(self) -> int:
        """Iterations of a block."""
        return block_length(self.iteration_ns)

    def add(self, block: Block) -> None:
        """Take a block in, and see whether it was the last."""
        self.blocks.append(block)
        if len(self.blocks) >= self._next:
            self.statistics = describe(self.blocks)
            width = self.statistics.half_width
            self._next = max(len(self.blocks) + 1, round(1.25 * len(self.blocks)))
            if width is not None and width <= self.plan.target:
                self.stopped = "target"
                return
        if self.wall_ns >= self.plan.budget * 1e9 and len(self.blocks) >= FEWEST:
            self.stopped = "budget"

    def left_ns(self) -> float:
        """Say how long it may still take at most."""
        return max(0.0, self.plan.budget * 1e9 - self.wall_ns)
