"""Records as JSON and CSV: one encoder for every record, with exceptions by type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import singledispatch
from typing import Any

Value = str | int | float | None


@singledispatch
def encode(value: Any) -> Any:
    """Return a value as JSON holds it: a record as its fields by name, empty text as null.

    A type that is written otherwise registers a function of its own with `encode.register`.

    >>> encode({"variant": "", "output": (64, 112, 112), "error": Fraction(1, 4)})
    {'variant': None, 'output': [64, 112, 112], 'error': 0.25}
    """
    if is_dataclass(value) or hasattr(value, "_fields"):
        return fields_of(value)
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [encode(item) for item in value]
    return str(value)


@encode.register(int)
@encode.register(float)
@encode.register(type(None))
def _itself(value: Any) -> Any:
    return value


@encode.register
def _(text: str) -> str | None:
    return text or None


@encode.register
def _(number: Fraction) -> float:
    return float(number)


def fields_of(record: Any, *without: str, **names: str) -> dict[str, Any]:
    """Return the fields of a dataclass or named tuple as JSON holds them, some by other names."""
    every = [field.name for field in fields(record)] if is_dataclass(record) else record._fields
    return {
        names.get(name, name): encode(getattr(record, name))
        for name in every
        if name not in without
    }


def json_text(value: Any) -> str:
    """Return JSON for people to read and for tools to parse."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def csv_text(records: Iterable[Mapping[str, Value]], delimiter: str = ",") -> str:
    """Return mappings of equal keys as separated values; what is missing is empty."""
    import csv
    import io

    records = list(records)
    text = io.StringIO()
    if records:
        writer = csv.DictWriter(
            text, fieldnames=list(records[0]), delimiter=delimiter, lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(records)
    return text.getvalue()
