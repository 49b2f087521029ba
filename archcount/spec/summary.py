"""What stands at the head of a table file, read without making sure of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from archcount.printed.source import Source
from archcount.spec.source import read_text

_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSummary:
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


def read_summary(path: Path, label: str) -> TableSummary:
    """Read the head of a table file, every value as the text that was written.

    Args:
        path: the file.
        label: what messages call it.

    Raises:
        InvalidTableError: with every problem of the file, where it has no such head.

    >>> from archcount.spec.catalogue import shipped_tables
    >>> read_summary(shipped_tables()["googlenet"], "googlenet.yaml").rows
    19
    """
    try:
        file = yaml.load(read_text(path, label), Loader=_Loader)  # texts, lists and mappings alone
        variants = file.get("variants") or {}
        default = variants.get(file.get("default") or "") or {}
        grid = [line for line in file["table"].splitlines() if "|" in line]
        return TableSummary(
            name=file["name"],
            rows=len(grid) - 1,  # the first line names the columns
            input=default.get("input") or file["input"],
            variants=tuple(variants),
            source=Source(**file["source"]),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        from archcount.spec.load import load_table

        load_table(path, label)
        raise
