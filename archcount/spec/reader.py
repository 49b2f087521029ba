"""The parts of a file that a schema cannot read: grid, blocks, heads, declarations, `let`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from keyword import iskeyword
from types import MappingProxyType
from typing import Any

from archcount.architecture import LayerDefaults, Value, parse_expression
from archcount.architecture.expression import FUNCTIONS
from archcount.architecture.scope import INPUT_NAMES, OUTPUT_NAMES
from archcount.architecture.text import parse_padding
from archcount.errors import (
    InvalidTableError,
    InvalidValueError,
    Problem,
    quote,
    suggestion,
)
from archcount.spec.blocks import BlockReader
from archcount.spec.claims import check_claims
from archcount.spec.declared import ParsedReading, check_errata, read_readings
from archcount.spec.expansion import HeadBody
from archcount.spec.grid import COLUMNS, GridRow, parse_grid
from archcount.spec.rows import NAMELESS, ParsedRow, read_row
from archcount.spec.schema import LayerEntry
from archcount.spec.source import Marked
from archcount.spec.variants import (
    GridChange,
    change_grid,
    default_of,
    read_elsewhere,
    strange_names,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """The parts of a file that were read.

    Attributes:
        columns: the grid's columns in order.
        alone: whether the rows say what their blocks are, without a variant.
        rows: its rows.
        heads: the auxiliary classifiers.
        readings: the other readings of rows.
        elsewhere: columns that some network reads as another, and not every one must read.
    """

    columns: tuple[str, ...]
    alone: bool
    rows: tuple[ParsedRow, ...]
    heads: tuple[HeadBody, ...]
    readings: tuple[ParsedReading, ...]
    elsewhere: frozenset[str] = frozenset()


def read_parts(
    marked: Marked, lines: list[str], problems: list[Problem], change: GridChange | None = None
) -> Parts:
    """Read grid, blocks, heads and declarations; what is wrong goes to `problems`.

    Every part is read even where another is wrong, or where the schema refused the file.

    Args:
        marked: the file, a variant's changes in place.
        lines: the lines of the whole file.
        problems: where problems go.
        change: what the variant changes in the rows, where it is one.
    """
    grid: list[GridRow] = []
    declared = {key: str(item.value) for key, item in marked.section("columns").items()}
    columns = [name for name in COLUMNS if name in ("patch", "n", "output")] + list(declared)
    table = dict(marked.items()).get("table")
    if table and isinstance(table.value, str):
        try:
            blocks = change is None and not default_of(marked)
            grid, columns = parse_grid(table, lines, declared, blocks=blocks)
        except InvalidTableError as error:
            problems += error.problems
    if change is not None:
        grid = change_grid(grid, change, declared, problems)
        columns += [name for name in change.read.keys if name not in columns]
    alone = bool(grid) and "block" in grid[0].cells
    lets = tuple(marked.section("let").keys)
    problems += _clashes(marked, lets, declared)
    problems += _strange_lets(marked, lets)
    if change is None:
        problems += strange_names(marked)
    names = [
        name
        for name in columns
        if (name in declared or name in ("patch", "n")) and name not in NAMELESS
    ]
    names += [*lets, *INPUT_NAMES, *(OUTPUT_NAMES if "output" in columns else ())]
    reader = BlockReader(marked.section("blocks"), tuple(dict.fromkeys(names)))
    problems += reader.read_all()
    rows = tuple(read_row(row, reader, problems) for row in grid)
    check_claims(marked, columns, problems)
    check_errata(marked, rows, problems)
    readings = tuple(read_readings(marked, rows, reader, problems))
    heads = tuple(_heads(marked, rows, reader, problems))
    return Parts(
        columns=tuple(columns),
        alone=alone,
        rows=rows,
        heads=heads,
        readings=readings,
        elsewhere=read_elsewhere(marked),
    )


def _clashes(marked: Marked, lets: Iterable[str], declared: Mapping[str, str]) -> list[Problem]:
    """Find names that an expression cannot read, or could read in two ways."""
    places = {**marked.section("columns").keys, **marked.section("let").keys}
    problems = [
        Problem(
            what=f"the name {quote(name)} cannot stand in an expression",
            allowed="any other name",
            remedy=f"write {name}_, say",
            where=places[name],
        )
        for name in (*lets, *declared)
        if iskeyword(name) or name in FUNCTIONS
    ]
    return problems + [
        Problem(
            what=f"let name {quote(name)} is a column too",
            remedy="rename one of them",
            where=places[name],
        )
        for name in lets
        if name in declared or name in COLUMNS
    ]


def _strange_lets(marked: Marked, lets: Collection[str]) -> Iterator[Problem]:
    """Find what a variant lets be that the table does not."""
    for variant, change in marked.section("variants").items():
        for name, where in change.section("let").keys.items():
            if name not in lets:
                yield Problem(
                    what=f"variant {variant} changes {quote(name)}, which is not in let:",
                    allowed=", ".join(lets) or "none; the table has no let:",
                    remedy=suggestion(name, lets) or "add it to the table's let:",
                    where=where,
                )


def _heads(
    marked: Marked, rows: Sequence[ParsedRow], reader: BlockReader, problems: list[Problem]
) -> Iterable[HeadBody]:
    known = [row.id for row in rows]
    taken: set[str] = set()
    for head in marked.listing("heads"):
        entries = dict(head.items())
        if not {"at", "loss_weight", "body"} <= entries.keys():
            continue  # the schema has reported it
        at = str(entries["at"].value)
        if known and at not in known:
            problems.append(
                Problem(
                    what=f"a head at {quote(at)}, which is no row",
                    allowed=", ".join(known),
                    remedy=suggestion(at, known),
                    where=entries["at"].where,
                )
            )
        if at in taken:
            problems.append(
                Problem(
                    what=f"a second head at {quote(at)}",
                    remedy="join them in one body, or move one",
                    where=entries["at"].where,
                )
            )
        taken.add(at)
        try:
            block = reader.read(entries["body"])
            yield HeadBody(at=at, loss_weight=_float(entries["loss_weight"]), block=block)
        except InvalidTableError as error:
            problems += [item for item in error.problems if item not in problems]


def _float(marked: Marked) -> float:
    """Read a number that the schema checks; 0 where it will refuse it."""
    try:
        return float(str(marked.value))
    except ValueError:
        return 0.0


def read_lets(
    texts: Mapping[str, str],
    source: Marked,
    problems: list[Problem],
    given: Mapping[str, Fraction] = MappingProxyType({}),
) -> dict[str, Value]:
    """Work out the `let` names in order; each may read those before it.

    Args:
        texts: the expressions by name.
        source: the mapping that they were written in.
        problems: where problems go.
        given: names that have a number already.
    """
    values: dict[str, Value] = {}
    numbers: dict[str, Fraction] = {}

    def lookup(name: str) -> Fraction:
        if name not in numbers:
            raise InvalidValueError(
                f"{quote(name)} is no name here",
                allowed=", ".join(numbers) or "numbers; no name stands before it",
                remedy="write names before they are used",
            )
        return numbers[name]

    for name, text in texts.items():
        where = source.find((name,)).where
        try:
            number = given[name] if name in given else parse_expression(text).evaluate(lookup)
        except InvalidValueError as error:
            problems.append(error.at(where, f"let {name}"))
            number = Fraction(1)
        numbers[name] = number
        values[name] = Value(value=number, text=text, where=where, what=f"let {name}")
    return values


def layer_defaults(entry: LayerEntry, source: Marked, problems: list[Problem]) -> LayerDefaults:
    """Read the table's `layer:`."""
    given: dict[str, Any] = entry.model_dump(exclude_none=True)
    if "pad" in given:
        try:
            given["pad"] = parse_padding(given["pad"])
        except InvalidValueError as error:
            problems.append(error.at(source.find(("pad",)).where, "layer.pad"))
    norm, act = given.pop("norm", "none"), given.pop("act", "none")
    return LayerDefaults(arguments=given, norm=norm, act=act)
