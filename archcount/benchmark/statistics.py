"""Medians of samples and their confidence intervals, by the cluster bootstrap.

Iterations of one block share their disturbances, so blocks, not iterations, are resampled. With few
blocks the intervals would be too narrow, which Hesterberg's wider percentiles correct.

Source: T. Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician
69(4), 2015, sec. 4.3 and 5.3 (arXiv:1411.5279).
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from archcount.benchmark.samples import FEWEST, Block, Statistics

CONFIDENCE = 0.95
"""Confidence level of the intervals of medians."""
_DRAWS = 1000
_CELLS = 5_000_000
"""The most numbers that are processed at a time."""
_SAMPLES = 50_000
"""More samples than this are thinned out before resampling."""
_SCALE = 1.4826
"""The standard deviation of a normal distribution relative to its MAD."""

Floats = np.ndarray[Any, np.dtype[np.float64]]


def interval_of_median(
    blocks: Sequence[Floats], *, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return a confidence interval of the median.

    Returns:
        Its ends, None for fewer than `FEWEST` blocks.

    >>> blocks = [np.array([10.0, 11.0, 12.0]) for _ in range(8)]
    >>> interval_of_median(blocks)
    (11.0, 11.0)
    """
    if len(blocks) < FEWEST:
        return None
    medians = _drawn_medians(blocks, np.random.default_rng(0))
    return _interval(medians, len(blocks), confidence)


def interval_of_ratio(
    over: Sequence[Floats], under: Sequence[Floats], *, confidence: float = CONFIDENCE
) -> tuple[float, float] | None:
    """Return a confidence interval of the ratio of two medians of independent samples."""
    fewer = min(len(over), len(under))
    if fewer < FEWEST:
        return None
    rng = np.random.default_rng(0)
    ratios = _drawn_medians(over, rng) / _drawn_medians(under, rng)
    return _interval(ratios, fewer, confidence)


def describe(blocks: Sequence[Block]) -> Statistics:
    """Return the statistics of all samples.

    >>> found = describe([Block(samples_ns=(10, 12, 11), wall_ns=33)] * 6)
    >>> found.median_ns, found.mad_ns, found.samples, found.outliers
    (11.0, 1.0, 18, 0)
    """
    parts = clusters(blocks)
    samples = np.concatenate(parts)
    median = float(np.median(samples))
    away = np.abs(samples - median)
    mad = float(np.median(away))
    interval = interval_of_median(parts)
    p5, p95 = np.quantile(samples, [0.05, 0.95])
    return Statistics(
        samples=len(samples),
        blocks=len(blocks),
        processes=len({block.process for block in blocks}),
        median_ns=median,
        low_ns=interval[0] if interval else None,
        high_ns=interval[1] if interval else None,
        confidence=CONFIDENCE,
        mad_ns=mad,
        p5_ns=float(p5),
        p95_ns=float(p95),
        outliers=int(np.count_nonzero(away > 3 * _SCALE * mad)),
    )


def clusters(blocks: Sequence[Block]) -> list[Floats]:
    """Return the samples by process if there are enough processes, else by block.

    Two processes of one model may differ by a few percent; an interval includes that only if
    several were run.

    >>> len(clusters([Block(samples_ns=(1, 2), wall_ns=3, process=n % 6) for n in range(24)]))
    6
    """
    by_process: dict[int, list[int]] = {}
    for block in blocks:
        by_process.setdefault(block.process, []).extend(block.samples_ns)
    parts: Sequence[Sequence[int]] = list(by_process.values())
    if len(parts) < FEWEST:
        parts = [block.samples_ns for block in blocks]
    return [np.array(part, dtype=np.float64) for part in parts]


def _drawn_medians(blocks: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """Resample blocks many times; return the median of the samples of each draw.

    The samples are sorted once; a draw is the number of times that each block was taken, and its
    median is where the cumulative sum of these reaches half of the total.
    """
    blocks = _thinned(blocks)
    number = len(blocks)
    samples = np.concatenate(blocks)
    owner = np.repeat(np.arange(number), [len(block) for block in blocks])
    order = np.argsort(samples, kind="stable")
    ordered = samples[order]
    taken = rng.multinomial(number, np.full(number, 1 / number), size=_DRAWS)
    taken = taken.astype(np.int32)
    parts = []
    step = max(1, _CELLS // len(samples))
    for start in range(0, _DRAWS, step):
        upto = np.cumsum(taken[start : start + step][:, owner[order]], axis=1, dtype=np.int32)
        total = upto[:, -1]
        lower = np.argmax(upto >= ((total + 1) // 2)[:, None], axis=1)
        upper = np.argmax(upto >= (total // 2 + 1)[:, None], axis=1)
        parts.append((ordered[lower] + ordered[upper]) / 2)
    medians: Floats = np.concatenate(parts)
    return medians


def _thinned(blocks: Sequence[Floats]) -> Sequence[Floats]:
    """Replace the samples of very long blocks by evenly spaced quantiles of them."""
    if sum(map(len, blocks)) <= _SAMPLES:
        return blocks
    most = max(20, _SAMPLES // len(blocks))
    levels = (np.arange(most) + 0.5) / most
    return [np.quantile(block, levels) if len(block) > most else block for block in blocks]


def _interval(drawn: Floats, blocks: int, confidence: float) -> tuple[float, float]:
    """Return the percentiles of the draws, with tails widened for few blocks."""
    level = _student((1 + confidence) / 2, blocks - 1)
    tail = NormalDist().cdf(-((blocks / (blocks - 1)) ** 0.5) * level)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _student(level: float, freedom: int) -> float:
    """Return a quantile of Student's t (Abramowitz and Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(level)
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
    )
