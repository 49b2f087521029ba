"""Timed iterations, and their statistics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Block:
    """Iterations that were run one after another.

    Attributes:
        samples_ns: nanoseconds of each: on the CPU by a clock, elsewhere by the device's events.
        wall_ns: nanoseconds that all of them took by the clock, until the device was done.
        process: which of the configuration's processes ran them.
    """

    samples_ns: tuple[int, ...]
    wall_ns: int
    process: int = 0


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """What was run before anything was sampled.

    Attributes:
        iterations: how many, the first call not among them.
        wall_ns: how long they took.
        settled: whether the last blocks agreed before the cap was reached.
        medians_ns: of each block.
    """

    iterations: int
    wall_ns: int
    settled: bool
    medians_ns: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What samples say; times in nanoseconds.

    Attributes:
        samples: how many there are; none is dropped.
        blocks: in how many blocks.
        processes: in how many processes.
        median_ns: the middle of all samples.
        low_ns: the lower end of the median's interval, None where the blocks are too few.
        high_ns: the upper end.
        confidence: of the interval.
        mad_ns: the median distance of a sample from the median.
        p5_ns: below which 5 % lie.
        p95_ns: above which 5 % lie.
        outliers: how many lie more than three robust standard deviations (1.4826 MAD) away.
    """

    samples: int
    blocks: int
    processes: int
    median_ns: float
    low_ns: float | None
    high_ns: float | None
    confidence: float
    mad_ns: float
    p5_ns: float
    p95_ns: float
    outliers: int

    @property
    def half_width(self) -> float | None:
        """The larger distance of an end of the interval from the median, relative to it."""
        if self.low_ns is None or self.high_ns is None:
            return None
        return max(self.high_ns - self.median_ns, self.median_ns - self.low_ns) / self.median_ns
