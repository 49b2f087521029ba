"""Settings that may make a model faster: their combinations, gains and errors."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path

from archcount.benchmark.results import Measurement, Tuned
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import clusters, interval_of_ratio
from archcount.benchmark.workers import Worker
from archcount.engines.worker_process import WorkerError


def ways(plain: Configuration, allow: Collection[str]) -> Iterator[Configuration]:
    """Yield the plain configuration and every combination of the allowed settings.

    >>> len(list(ways(Configuration(target="googlenet"), ["compile", "bf16"])))
    4
    """
    layouts = [plain.channels_last, *([True] if "channels_last" in allow else [])]
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
    """Compare every measured combination with the plain one; the fastest comes first.

    Outputs are compared for the same weights and images.
    """
    done = [item for item in measurements if item.status == "done"]
    base = next((item for item in done if item.configuration == plain), None)
    if base is None:
        return []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outputs.pt"
        _, problem = _outputs(base, make_worker, "save_outputs", path)
        for item in done:
            if item is base:
                found.append(_tuned(base, item, 0.0, ""))
            elif item.batch == base.batch:
                compared: tuple[float | None, str] = None, problem
                if not problem:
                    compared = _outputs(item, make_worker, "difference", path)
                found.append(_tuned(base, item, *compared))
    return sorted(found, key=lambda item: item.ratio)


def _outputs(
    item: Measurement, make_worker: Callable[[Configuration], Worker], do: str, path: Path
) -> tuple[float | None, str]:
    """Save outputs, or compare them with the saved ones; return the error or a problem."""
    way = replace(item.configuration, batch=item.batch)
    try:
        with closing(make_worker(way)) as worker:
            worker.ask("prepare", configuration=way)
            return worker.ask(do, path=path), ""
    except WorkerError as error:
        return None, error.what


def _tuned(base: Measurement, item: Measurement, error: float | None, remark: str) -> Tuned:
    assert base.median_ns is not None
    assert item.median_ns is not None
    interval = interval_of_ratio(clusters(item.blocks), clusters(base.blocks))
    low, high = interval if interval and item is not base else (None, None)
    return Tuned(
        target=base.configuration.target,
        mode=base.configuration.mode,
        batch=item.batch,
        plain=base.configuration.settings,
        settings=item.configuration.settings,
        ratio=item.median_ns / base.median_ns,
        low=low,
        high=high,
        error=error,
        first_call_ns=item.first_call_ns,
        remark=remark,
    )
