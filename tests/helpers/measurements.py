"""Benchmark results with random times."""

from __future__ import annotations

import numpy as np

from archcount.benchmark.results import Benchmark, Measurement
from archcount.benchmark.samples import Block
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.benchmark.statistics import describe

BASE = 10_000_000  # nanoseconds


def block(times):
    samples = tuple(round(BASE * time) for time in times)
    return Block(samples_ns=samples, wall_ns=sum(samples))


def measured(time, batch=4, target="googlenet", seed=0, **settings):
    rng = np.random.default_rng(seed)
    blocks = tuple(block(times) for times in rng.normal(time, 0.01 * time, (30, 4)))
    return Measurement(
        configuration=Configuration(target=target, batch=batch, **settings),
        batch=batch,
        status="done",
        blocks=blocks,
        statistics=describe(blocks),
    )


def run(*measurements, sources=None, environment=None):
    return Benchmark(
        started="2026-11-25T12:00:00+00:00",
        seconds=1.0,
        argv=(),
        plan=RunSettings(),
        environment=environment or {},
        sources=sources or {},
        measurements=measurements,
    )
