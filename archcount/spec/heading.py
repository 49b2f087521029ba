"""What stands at the head of a table file, read without making sure of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archcount.printed.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """A table file in a line.

    Attributes:
        name: the table's name.
        rows: how many are printed.
        input: of the default variant, CxHxW.
        variants: their names.
        source: where it was printed.
    """

    name: str
    rows: int
    input: str
    variants: tuple[str, ...]
    source: Source


def read_heading(path: Path, label: str) -> Heading:
    """Read the head of a table file.

    Args:
        path: the file.
        label: what messages call it.

    Raises:
        InvalidTableError: with every problem of the file, where it has no such head.

    >>> from archcount.spec.catalogue import shipped_tables
    >>> read_heading(shipped_tables()["googlenet"], "googlenet.yaml").rows
    19
    """
    from archcount.spec.source import parse, read_text

    file = parse(read_text(path, label), label).plain()
    try:
        return _heading(file)
    except (KeyError, TypeError, AttributeError):
        from archcount.spec.load import load_table

        load_table(path, label)
        raise


def _heading(file: dict[str, Any]) -> Heading:
    variants = file.get("variants") or {}
    default = variants.get(file.get("default") or "") or {}
    grid = [line for line in file["table"].splitlines() if "|" in line]
    return Heading(
        name=file["name"],
        rows=len(grid) - 1,  # the first line names the columns
        input=default.get("input") or file["input"],
        variants=tuple(variants),
        source=Source(**file["source"]),
    )
