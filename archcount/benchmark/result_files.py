"""Result files, `archcount.bench/1`: JSON with one run, or JSON Lines with a run per line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archcount.benchmark.results import Benchmark
from archcount.errors import UsageError, quote

_ALLOWED = "a result of `archcount bench -o FILE.json`, archcount.bench/1"


@cache
def _adapter() -> TypeAdapter[Benchmark]:
    return TypeAdapter(Benchmark)


def encoded(benchmark: Benchmark) -> dict[str, Any]:
    """Return a run as a JSON object."""
    fields: dict[str, Any] = _adapter().dump_python(benchmark, mode="json")
    return fields


def to_line(benchmark: Benchmark) -> str:
    """Return a run as one line of JSON."""
    return _adapter().dump_json(benchmark).decode() + "\n"


def read_results(path: Path) -> Benchmark:
    """Read a run from a file; the last one of a `.jsonl` file.

    Raises:
        UsageError: it cannot be read, or is not a result.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl" and text.strip():
            text = text.strip().splitlines()[-1]
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        what = f"{quote(str(path))} is not a benchmark result: {place}: {first['msg']}"
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot read {quote(str(path))}: {getattr(error, 'strerror', error)}"
    raise UsageError.of(what, allowed=_ALLOWED)
