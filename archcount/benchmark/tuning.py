"""Ways to run a model faster: which there are, and what they gain and cost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path

from archcount.benchmark.results import Measurement, Tuned
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import clusters, interval_of_ratio
from archcount.benchmark.workers import Worker, WorkerError


def ways(plain: Configuration, allow: Collection[str]) -> Iterator[Configuration]:
    """Give the plain way, and every combination of what is allowed.

    Args:
        plain: the way that is to be bettered.
        allow: some of `TUNABLE`.

    >>> len(list(ways(Configuration(target="googlenet"), ["compile", "bf16"])))
    4
    """
    layouts = [plain.channels_last] + [True] * (
        "channels_last" in allow and not plain.channels_last
    )
    compiled = [plain.compile] + ["default"] * ("compile" in allow and not plain.compile)
    numbers = [(plain.dtype, plain.amp, plain.tf32)]
    numbers += [(plain.dtype, plain.amp, True)] if "tf32" in allow and not plain.tf32 else []
    for dtype in ("bf16", "fp16"):
        numbers += [(dtype, False, plain.tf32)] if dtype in allow else []
        numbers += [(dtype, True, plain.tf32)] if f"amp-{dtype}" in allow else []
    found = [
        replace(plain, dtype=dtype, amp=amp, tf32=tf32, compile=compile_mode, channels_last=layout)
        for (dtype, amp, tf32), compile_mode, layout in product(numbers, compiled, layouts)
    ]
    yield from (way for place, way in enumerate(found) if way not in found[:place])


def tuned(
    plain: Configuration,
    measurements: Sequence[Measurement],
    make_worker: Callable[[Configuration], Worker],
) -> list[Tuned]:
    """Hold every way that was measured against the plain one, the fastest first.

    What the model gives is compared on the same weights and images.

    Args:
        plain: the way that was to be bettered.
        measurements: of it and of its other ways.
        make_worker: starts a process that says what a way gives.
    """
    done = [item for item in measurements if item.status == "done"]
    base = next((item for item in done if item.configuration == plain), None)
    if base is None:
        return []
    done = [item for item in done if item.batch == base.batch]
    others = [item.configuration for item in done if item is not base]
    errors = _errors(replace(plain, batch=base.batch), others, make_worker)
    found = [_held(base, item, errors.get(item.configuration.settings)) for item in done]
    return sorted(found, key=lambda item: item.ratio)


Error = tuple[float | None, str]
"""How far the outputs lie from the plain way's, or why that is not known."""


def _held(base: Measurement, item: Measurement, told: Error | None) -> Tuned:
    assert base.statistics is not None
    assert item.statistics is not None
    interval = (
        None if item is base else interval_of_ratio(clusters(item.blocks), clusters(base.blocks))
    )
    low, high = interval if interval else (None, None)
    way = item.configuration
    error, remark = told or (None, "")
    return Tuned(
        target=way.target,
        mode=way.mode,
        batch=item.batch,
        plain=base.configuration.settings,
        settings=way.settings,
        ratio=item.statistics.median_ns / base.statistics.median_ns,
        low=low,
        high=high,
        error=0.0 if item is base else error,
        first_call_ns=item.first_call_ns,
        remark=remark,
    )


def _errors(
    plain: Configuration,
    others: Sequence[Configuration],
    make_worker: Callable[[Configuration], Worker],
) -> dict[str, Error]:
    """Say how far what each way gives lies from what the plain one gives."""
    found: dict[str, Error] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "outputs.pt")
        try:
            _asked(plain, make_worker, "save", path)
        except WorkerError as error:
            return {way.settings: (None, error.what) for way in others}
        for way in others:
            try:
                way = replace(way, batch=plain.batch)
                found[way.settings] = _asked(way, make_worker, "difference", path), ""
            except WorkerError as error:
                found[way.settings] = None, error.what
    return found


def _asked(
    way: Configuration, make_worker: Callable[[Configuration], Worker], do: str, path: str
) -> float | None:
    with closing(make_worker(way)) as worker:
        worker.ask("prepare", **asdict(way))
        found: float | None = worker.ask(do, path=path)
        return found
