"""Records as JSON and CSV: one encoder for every record, with exceptions by type."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from fractions import Fraction
from functools import singledispatch
from typing import Any

from archcount.control_characters import visible

_FORMULA = re.compile("'*[=+@＝＋－＠-]")
"""How a text begins that a spreadsheet computes, or one that looks like such a text marked."""
_NUMBER = re.compile(r"[+-](?:[0-9][0-9.,]*(?:[eE][+-]?[0-9]+)? ?[%A-Za-z]{0,3})?")
"""What has a sign and computes to itself, or to nothing."""

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
    return json_line(value, indent=2) + "\n"


def json_line(value: Any, indent: int | None = None) -> str:
    r"""Return JSON that reads back exactly; what does not print stands in it as an escape.

    >>> print(json_line(["größe", "\x9b1m", "\u202e"]))
    ["größe", "\u009b1m", "\u202e"]
    """
    import json

    text = json.dumps(value, indent=indent, ensure_ascii=False).replace("##[", r"\u0023#[")
    if text.replace("\n", "").isprintable():
        return text
    # What json.dumps leaves of them stands in texts alone.
    return "".join(
        mark if mark.isprintable() or mark == "\n" else _json_escape(mark) for mark in text
    )


def _json_escape(mark: str) -> str:
    units = mark.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs)


def csv_text(records: Iterable[Mapping[str, Value]], delimiter: str = ",") -> str:
    """Return mappings of equal keys as separated values; what is missing is empty."""
    records = list(records)
    lines = [csv_line(records[0], delimiter)] if records else []
    return "".join([*lines, *(csv_line(record.values(), delimiter) for record in records)])


def csv_line(cells: Iterable[Value], delimiter: str = ",") -> str:
    """Return a line of separated values, of which a spreadsheet computes none."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(map(csv_cell, cells))
    return text.getvalue()


def csv_cell(value: Value) -> Value:
    """Return a value as a cell that a spreadsheet takes for what it is.

    A text that it would compute gets an apostrophe, which it reads as the mark of a text; whoever
    reads the cell otherwise takes one apostrophe away before such a sign. Numbers stay as they are.

    >>> [csv_cell(text) for text in ("=1+1", "'=1+1", "-conv", "-3", "+0.8%", "-", "'60s")]
    ["'=1+1", "''=1+1", "'-conv", '-3', '+0.8%', '-', "'60s"]
    """
    if not isinstance(value, str):
        return value
    text = visible(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
