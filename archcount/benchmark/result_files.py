"""Results in files: `archcount.bench/1` as JSON, one run a file or one a line."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from archcount.benchmark.results import Benchmark
from archcount.errors import Problem, UsageError, quote

_SCHEMA = "archcount.bench/1"


@cache
def _adapter() -> TypeAdapter[Benchmark]:
    return TypeAdapter(Benchmark)


def to_json(benchmark: Benchmark, *, indent: int | None = 2) -> str:
    """Write a run as JSON: on one line for `indent` None."""
    return _adapter().dump_json(benchmark, indent=indent).decode() + "\n"


def read_results(path: Path) -> Benchmark:
    """Read a run from a file; of a history with a run a line, the last.

    Raises:
        UsageError: it cannot be read, or is no result.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            Problem(
                what=f"cannot read {quote(str(path))}: {getattr(error, 'strerror', error)}",
                allowed=f"a result of `archcount bench -o FILE.json`, {_SCHEMA}",
            )
        ) from None
    if path.suffix == ".jsonl" and text.strip():
        text = text.strip().splitlines()[-1]
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UsageError(
            Problem(
                what=f"{quote(str(path))} is no result: {place}: {first['msg']}",
                allowed=f"a result of `archcount bench -o FILE.json`, {_SCHEMA}",
            )
        ) from None
