"""Result files, `archcount.bench/1`: JSON with one run, or JSON Lines with a run per line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archcount.benchmark.results import Benchmark
from archcount.errors import UsageError, quote

_ALLOWED = "a result of `archcount bench -o FILE.json`, archcount.bench/1"

_MOST_BYTES = 2**28
_LARGEST = 1e100
"""A number below which arithmetic with others of a run stays finite."""


@cache
def _adapter() -> TypeAdapter[Benchmark]:
    return TypeAdapter(Benchmark)


def encoded(benchmark: Benchmark) -> dict[str, Any]:
    """Return a run as a JSON object."""
    fields: dict[str, Any] = _adapter().dump_python(benchmark, mode="json")
    return fields


def to_line(benchmark: Benchmark) -> str:
    """Return a run as one line of JSON."""
    return json.dumps(encoded(benchmark), separators=(",", ":"), ensure_ascii=False) + "\n"


def read_results(path: Path) -> Benchmark:
    """Read a run from a file; the last one of a `.jsonl` file.

    Raises:
        UsageError: it cannot be read, or is not a result.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode()
        if path.suffix == ".jsonl" and text.strip():
            text = text.strip().splitlines()[-1]
        found = _adapter().validate_python(json.loads(text))
        damage = next(_damage(found), "")
        if not damage:
            return found
        what = f"{quote(str(path))} is damaged: {damage}"
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        what = f"{quote(str(path))} is not a benchmark result: {place}: {first['msg']}"
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot read {quote(str(path))}: {getattr(error, 'strerror', error)}"
    except (ValueError, RecursionError) as error:
        what = f"{quote(str(path))} is not a benchmark result: no JSON: {error}"
    raise UsageError.of(what, allowed=_ALLOWED)


def _damage(run: Benchmark) -> Iterator[str]:
    """Yield what no run can have measured."""
    for place, number in _numbers(_adapter().dump_python(run), ""):
        if not abs(number) < _LARGEST:  # which no NaN is either
            yield f"{place} is no finite number"
    for index, item in enumerate(run.measurements):
        samples = [time for block in item.blocks for time in block.samples_ns]
        if item.batch < 1:
            yield f"measurements.{index}.batch is {item.batch}"
        if not all(block.samples_ns for block in item.blocks) or min(samples, default=1) < 1:
            yield f"measurements.{index}.blocks have a sample of no time, or none"
        if item.statistics and not (samples and item.statistics.median_ns == median(samples)):
            yield f"measurements.{index}.statistics are not those of its samples"


def _numbers(value: Any, place: str) -> Iterator[tuple[str, float]]:
    """Yield every number of an object, with its place."""
    if isinstance(value, int | float):
        yield place.lstrip("."), value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _numbers(item, f"{place}.{name}")
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _numbers(item, f"{place}.{number}")
