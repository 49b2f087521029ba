"""How long the formula engine takes within a process.

    python benchmarks/formula_engine.py [--rounds N]

"Cold" expands a table and counts it, "repeated" counts an expanded one again; reading the table's
file is not in it. A table of many rows is one convolution, written again and again.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from interleaved import Result, command_line, interleaved

import archcount
from archcount.architecture import Architecture
from archcount.engines.formula import count
from archcount.spec.table import Table

_PART = "formula engine"


def cold(table: Table, variant: str = "") -> Callable[[], object]:
    """Give what expands a table and counts it; nothing of before is used."""

    def thing() -> object:
        return count(table.variant(variant).expand()).total

    return thing


def repeated(architecture: Architecture) -> Callable[[], object]:
    """Give what counts an architecture that was counted before."""
    return lambda: count(architecture).total


def rows(number: int, folder: Path) -> Table:
    """Write and load a table of so many equal rows."""
    grid = "\n".join(f"  r{each} | same" for each in range(number))
    path = folder / f"rows{number}.yaml"
    path.write_text(
        "archcount: 1\nname: rows\nsource: {title: Rows}\ninput: 16x32x32\n"
        f"blocks: {{same: conv 3x3 16}}\ntable: |\n  row | block\n{grid}\n"
    )
    return archcount.load(path)


def measure(rounds: int) -> list[Result]:
    """Time the engine."""
    google, residual = (archcount.load(name) for name in ("googlenet", "resnet"))
    with tempfile.TemporaryDirectory() as folder:
        few, many = (rows(number, Path(folder)) for number in (100, 10_000))
    one = google.architecture()
    things = {
        "GoogLeNet, cold": cold(google),
        "GoogLeNet, repeated": repeated(one),
        "ResNet-152, cold": cold(residual, "152"),
        "ResNet-152, repeated": repeated(residual.architecture("152")),
        "100 rows, cold": cold(few),
        "10,000 rows, cold": cold(many),
    }
    times = interleaved(things, rounds)
    most = {
        "GoogLeNet, cold": 0.005, "GoogLeNet, repeated": 0.001,
        "ResNet-152, cold": 0.010, "ResNet-152, repeated": 0.010,
    }  # fmt: skip
    results = [
        _timed(name, statistics.median(spent), rounds, most.get(name))
        for name, spent in times.items()
    ]
    pairs = zip(times["10,000 rows, cold"], times["100 rows, cold"], strict=True)
    growth = statistics.median(long / short for long, short in pairs) / 100
    results[-1] = Result(
        part=_PART,
        name=results[-1].name,
        seconds=results[-1].seconds,
        against="100 times the time of 100 rows",
        ratio=growth,
        asked="at most 2×",
        met=growth <= 2,
        rounds=rounds,
    )
    return [*results, _swept()]


def _timed(name: str, seconds: float, rounds: int, most: float | None) -> Result:
    return Result(
        part=_PART,
        name=name,
        seconds=seconds,
        asked=f"under {1000 * most:g} ms" if most else "",
        met=seconds < most if most else None,
        rounds=rounds,
    )


def _swept() -> Result:
    """Time a sweep of 10,000 points of MobileNet."""
    alphas = [f"{each}/32" for each in range(13, 33)]
    table = archcount.load("mobilenet_v1")
    start = time.perf_counter()
    points = list(archcount.sweep(table, input=range(32, 532), let={"alpha": alphas}))
    spent = time.perf_counter() - start
    assert len(points) == 10_000
    assert all(point.macs for point in points)
    return Result(
        part=_PART,
        name="a sweep of 10,000 points of MobileNetV1",
        seconds=spent,
        asked="under 1 s",
        met=spent < 1,
        rounds=1,
    )


if __name__ == "__main__":
    command_line(__doc__, measure)
