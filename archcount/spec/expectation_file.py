"""Files that declare what an implementation does otherwise than a paper's table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from archcount.errors import InvalidTableError
from archcount.printed.expected import Expectations, ExpectedDifference
from archcount.spec.schema_types import Entry, Line
from archcount.spec.validate import checked
from archcount.spec.yaml_reader import parse, read_text
from archcount.spec.yaml_tree import YamlNode


def _whole(value: Any) -> Any:
    """Take the text of a whole number for the number, with or without commas."""
    text = value.replace(",", "").replace("_", "") if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else value


Whole = Annotated[int, Field(ge=0), BeforeValidator(_whole)]


class DifferenceEntry(Entry):
    """A difference of some rows, or a module that belongs to none; and the reason."""

    differs: Line = ""
    outside: Line = ""
    rows: tuple[Line, ...] = ()
    layers: Whole | None = None
    because: Line


class ExpectationEntries(Entry):
    """What a file of expectations says."""

    archcount: Literal["1"]
    table: Line = ""
    model: Line = ""
    input: Line = ""
    arguments: dict[str, Line] = Field(default_factory=dict)
    map: dict[str, Line] = Field(default_factory=dict)
    params: Whole | None = None
    macs: Whole | None = None
    expect: tuple[DifferenceEntry, ...] = ()


def read_expectations(path: Path, label: str = "") -> Expectations:
    """Read a file of expectations.

    A model's file and a table's are found from the folder that the file lies in.

    Args:
        path: the file.
        label: what messages call it; the path if empty.

    Raises:
        InvalidTableError: with every problem, each with its line and column.
    """
    label = label or str(path)
    tree = parse(read_text(path, label), label)
    if not isinstance(tree.value, dict):
        what = "the file is not a mapping"
        raise InvalidTableError(tree.problem(what, "keys such as archcount, table, model, expect"))
    found = checked(tree, ExpectationEntries)
    nodes = tree.listing("expect")
    totals = {"params": found.params, "macs": found.macs}
    return Expectations(
        label=label,
        table=_beside(found.table, path),
        model=_beside(found.model, path),
        input=found.input,
        arguments=found.arguments,
        map=found.map,
        totals={name: value for name, value in totals.items() if value is not None},
        totals_at={name: tree.keys[name] for name in totals if name in tree.keys},
        differences=tuple(
            _difference(entry, node) for entry, node in zip(found.expect, nodes, strict=True)
        ),
    )


def _difference(entry: DifferenceEntry, node: YamlNode) -> ExpectedDifference:
    if bool(entry.differs) == bool(entry.outside):
        raise InvalidTableError(
            node.problem("an expectation says one thing", "differs, or outside, and because")
        )
    return ExpectedDifference(
        differs=entry.differs or f"outside {entry.outside}",
        rows=entry.rows,
        layers=entry.layers,
        because=entry.because,
        where=node.where,
    )


def _beside(text: str, path: Path) -> str:
    """Return the path of a file that is named by where the file of expectations lies."""
    file, mark, rest = text.partition(".py:")
    if mark and not Path(file).is_absolute():
        return f"{path.parent / file}{mark}{rest}"
    name, at, variant = text.partition("@")
    if name.endswith((".yaml", ".yml")) and not Path(name).is_absolute():
        return f"{path.parent / name}{at}{variant}"
    return text
