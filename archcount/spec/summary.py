"""What stands at the head of a table file, read without making sure of the rest."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from archcount.errors import InvalidTableError
from archcount.printed.printed_table import PaperSource
from archcount.spec.catalogue import catalogue
from archcount.spec.network_kind import network_kind
from archcount.spec.yaml_reader import read_text

PRINTED = "printed"
"""What the table as printed is called where a variant is the default."""
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSummary:
    """A table file in a line.

    Attributes:
        task: what its networks are for, as the file says.
        kind: the family of its networks, by their layers.
        rows: its printed rows.
        networks: the networks that it describes.
        input: the default variant's input, CxHxW.
    """

    name: str
    task: str
    kind: str
    rows: int
    networks: int
    input: str
    variants: tuple[str, ...]
    source: PaperSource


def read_summaries() -> tuple[tuple[TableSummary, ...], tuple[str, ...]]:
    """Read the head of every table that has a name; return what is wrong with the others too."""
    found = catalogue()
    summaries, problems = [], [*found.problems]
    for name, path in found.files.items():
        try:
            summaries.append(replace(read_summary(path), name=name))
        except InvalidTableError as error:
            problems.append(f"{path} is not listed: {error.problems[0]}")
    return tuple(summaries), tuple(problems)


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
        models = _models(file, grid)
        columns = [cell.strip() for cell in grid[0].split("|")]
        by_variants = models or (default and "block" not in columns)
        return TableSummary(
            name=file["name"],
            task=file.get("task", ""),
            kind=network_kind(file),
            rows=len(models) or len(grid) - 1,  # the first line names the columns
            networks=len(models) + len(variants) + (not by_variants),
            input=_input((variants.get(default) or {}).get("input") or file["input"]),
            variants=(*models, *variants),
            source=_source(file["source"]),
        )
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError):
        from archcount.spec.load import load_table

        load_table(path, path.name)
        raise


def _source(entry: dict[str, Any]) -> PaperSource:
    year, authors = entry.get("year"), tuple(entry.get("authors") or ())
    return PaperSource(**{**entry, "year": year and int(year), "authors": authors})


def _input(written: str | dict[str, str]) -> str:
    """Return the input in one line; several with their names."""
    if isinstance(written, str):
        return written
    return ", ".join(f"{name}: {size}" for name, size in written.items())


def read_networks(path: Path) -> tuple[str, ...]:
    """Read the names by which other tables' claims call a table's networks."""
    file = _read(path)
    variants = tuple(file.get("variants") or {})
    models = _models(file, [line for line in file["table"].splitlines() if "|" in line])
    return (*models, *variants, *((PRINTED,) if file.get("default") and not models else ()))


def _models(file: dict[str, Any], grid: list[str]) -> tuple[str, ...]:
    """Return the variants that the printed models are; none where rows are parts of a network."""
    if file.get("rows") != "models":
        return ()
    named = (
        grid[0].split("|")[1:]
        if file.get("turned") == "true"
        else [line.split("|")[0] for line in grid[1:]]
    )
    return tuple(slug(name.strip()) for name in named)


def slug(name: str) -> str:
    """Return the variant's name of a model by its printed one.

    >>> slug("GPT-3 Small"), slug("7B")
    ('gpt-3-small', '7b')
    """
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.load(read_text(path, path.name), Loader=_Loader)
    return found
