"""Timed iterations, and their statistics."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST = 6
"""The fewest blocks for an interval: of five, the extremes contain the median in 94 %."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Consecutive iterations.

    Attributes:
        samples_ns: nanoseconds of each: by the clock on the CPU, by device events elsewhere.
        wall_ns: nanoseconds of all of them by the clock, with a wait for the device at the end.
        process: the number of the process, of those of the configuration, that ran them.
    """

    samples_ns: tuple[int, ...]
    wall_ns: int
    process: int = 0


@dataclass(frozen=True, kw_only=True)
class WarmUp:
    """The iterations before sampling.

    Attributes:
        iterations: their number, without the first call.
        settled: whether times were stable before the limit was reached.
    """

    iterations: int
    wall_ns: int
    settled: bool
    medians_ns: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """Statistics of samples; times in nanoseconds.

    Attributes:
        samples: their number; none is dropped.
        low_ns: the lower end of the median's confidence interval; None for too few blocks.
        outliers: samples more than three robust standard deviations (1.4826 MAD) away.
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
        """The half width of the interval, at its wider side, relative to the median."""
        if self.low_ns is None or self.high_ns is None:
            return None
        return max(self.high_ns - self.median_ns, self.median_ns - self.low_ns) / self.median_ns
