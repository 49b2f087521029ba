"""What stands at the head of a table file, read without making sure of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from archcount.printed.printed_table import PaperSource
from archcount.spec.yaml_tree import read_text

PRINTED = "printed"
"""What the table as printed is called where a variant is the default."""
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSummary:
    """A table file in a line: its printed rows, and the default variant's input, CxHxW."""

    name: str
    rows: int
    input: str
    variants: tuple[str, ...]
    source: PaperSource


def read_summary(path: Path) -> TableSummary:
    """Read the head of a table file, every value as the text that was written.

    Raises:
        InvalidTableError: with every problem of the file, where it has no such head.

    >>> from archcount.spec.catalogue import shipped_tables
    >>> read_summary(shipped_tables()["googlenet"]).rows
    19
    """
    try:
        file = _read(path)
        variants = file.get("variants") or {}
        default = file.get("default") or ""
        grid = [line for line in file["table"].splitlines() if "|" in line]
        return TableSummary(
            name=file["name"],
            rows=len(grid) - 1,  # the first line names the columns
            input=(variants.get(default) or {}).get("input") or file["input"],
            variants=tuple(variants),
            source=PaperSource(**file["source"]),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        from archcount.spec.load import load_table

        load_table(path, path.name)
        raise


def read_networks(path: Path) -> tuple[str, ...]:
    """Read the names by which other tables' claims call a table's networks."""
    file = _read(path)
    return (*(file.get("variants") or {}), *((PRINTED,) if file.get("default") else ()))


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(read_text(path, path.name), Loader=_Loader)
    return found
