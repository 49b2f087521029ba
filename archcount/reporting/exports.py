"""Any report as JSON and CSV: values in base units, nothing for what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Value = str | int | float | None


def to_csv(records: Iterable[Mapping[str, Value]]) -> str:
    """Write records of equal fields as CSV; what is missing is empty."""
    import csv
    import io

    records = list(records)
    text = io.StringIO()
    if records:
        writer = csv.DictWriter(text, fieldnames=list(records[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
    return text.getvalue()


def to_json(value: Any) -> str:
    """Write JSON for people to read and for tools to parse."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
