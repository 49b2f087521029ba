"""The parts of a file that a schema cannot read: grid, blocks, heads, declarations, `let`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archcount.architecture import Block, Value
from archcount.architecture.scope import BLOCK_INPUT_NAMES, INPUT_NAMES, OUTPUT_NAMES
from archcount.errors import InvalidTableError, Problem, quote
from archcount.spec.block_reader import BlockReader
from archcount.spec.checked_columns import OwnColumns, check_cells, check_conventions, read_columns
from archcount.spec.claim_reader import check_claims
from archcount.spec.connection_reader import read_connections
from archcount.spec.declarations import ParsedReading, check_errata, read_readings
from archcount.spec.grid import COLUMNS, GridRow, parse_grid
from archcount.spec.input_sizes import check_inputs, inputs_in, output_sides
from archcount.spec.models import ModelTable
from archcount.spec.names import check_changed_names, check_names, read_derived, read_words
from archcount.spec.overrides import (
    GridChange,
    change_grid,
    check_variants,
    columns_read_as_others,
    default_of,
)
from archcount.spec.row_reader import NAMELESS, Meanings, ParsedRow, counted_columns, read_row
from archcount.spec.yaml_tree import YamlNode


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedHead:
    """An auxiliary classifier as written."""

    at: str
    loss_weight: float
    block: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class Sections:
    """The sections of a file that make a network; `columns` are the grid's, in order."""

    columns: tuple[str, ...]
    rows: tuple[ParsedRow, ...]
    heads: tuple[ParsedHead, ...]
    readings: tuple[ParsedReading, ...]
    elsewhere: frozenset[str] = frozenset()
    """Columns that not every network must read: some variant reads them as another, say."""
    own: OwnColumns = field(default_factory=OwnColumns)
    """What is declared of the columns."""
    to_read: tuple[str, ...] = ()
    """What some row of a model has to read."""
    outputs: tuple[str, ...] = ()
    """The rows that the network gives, where these are not the last alone."""
    connections: Mapping[str, Value] = field(default_factory=dict)
    """The tables of connections by name."""


def read_sections(
    tree: YamlNode,
    lines: list[str],
    problems: list[Problem],
    change: GridChange | None = None,
    models: ModelTable | None = None,
) -> Sections:
    """Read grid, blocks, heads and declarations; what is wrong goes to `problems`.

    Every part is read even where another is wrong, or where the schema refused the file. A
    variant's changes are in place in `tree`, save those of its rows: they are in `change`. The
    rows of a table of models are those of its networks.
    """
    declared = dict.fromkeys(models.carried if models else tree.section("columns").keys, "")
    grid, columns = _grid(tree, lines, declared, problems, models, is_variant=change is not None)
    if change is not None:
        grid = change_grid(grid, change, declared, problems)
        columns += [name for name in change.read.keys if name not in columns]
    lets = tuple(tree.section("let").keys)
    problems += check_inputs(tree)
    inputs = [name for name in inputs_in(tree) if name]
    problems += [*check_names(tree, lets, declared), *check_changed_names(tree)]
    if change is None:
        problems += check_variants(tree)
    names = [
        name
        for name in columns
        if (name in declared or name in ("patch", "n")) and name not in NAMELESS
    ]
    counted = counted_columns(grid, [name for name in names if name in declared])
    names += [*(f"{name}.n" for name in counted), *lets]
    names += OUTPUT_NAMES if "output" in columns else ()
    derived = read_derived(tree, names, problems)
    names_of_rows = tuple(names)
    connections = read_connections(tree, lines, problems)
    names += [*derived, *connections, *INPUT_NAMES, *BLOCK_INPUT_NAMES]
    reader = BlockReader(
        tree.section("blocks"), tuple(dict.fromkeys(names)), [*inputs, *(row.id for row in grid)]
    )
    problems += reader.read_all()
    words, sides = read_words(tree, declared, problems), output_sides(tree)
    meanings = Meanings(words, counted, derived, lets, sides)
    rows = tuple(read_row(row, reader, meanings, problems) for row in grid)
    own = models.own if models else _own(tree, grid, [*names_of_rows, *derived], problems)
    problems += check_conventions(tree, own)
    problems += _check_sources(grid, rows, inputs)
    check_claims(tree, columns, own.checked, problems)
    check_errata(tree, rows, problems, own, models)
    return Sections(
        columns=tuple(columns),
        rows=rows,
        heads=tuple(_heads(tree, rows, reader, problems)),
        readings=tuple(read_readings(tree, rows, reader, problems)),
        elsewhere=columns_read_as_others(tree) | own.unread | {*(models.carried if models else ())},
        own=own,
        to_read=models.to_read if models else (),
        outputs=tuple(_outputs(tree, rows, problems)),
        connections=connections,
    )


def _own(
    tree: YamlNode, grid: Sequence[GridRow], names: Collection[str], problems: list[Problem]
) -> OwnColumns:
    """Read what is declared of the columns, and check the cells of those that are compared."""
    own = read_columns(tree, names, problems)
    check_cells((row.cells for row in grid), own, problems)
    return own


def _grid(
    tree: YamlNode,
    lines: list[str],
    declared: dict[str, str],
    problems: list[Problem],
    models: ModelTable | None,
    *,
    is_variant: bool,
) -> tuple[list[GridRow], list[str]]:
    """Return the rows as written, and their columns; no row where the grid cannot be read."""
    if models:
        return list(models.network), ["row", "block", "n", "from", *models.carried]
    columns = [name for name in COLUMNS if name in ("patch", "n", "output")] + list(declared)
    table = dict(tree.items()).get("table")
    if table and isinstance(table.value, str):
        try:
            blocks = not is_variant and not default_of(tree)
            return parse_grid(table, lines, declared, blocks=blocks)
        except InvalidTableError as error:
            problems += error.problems
    return [], columns


def _check_sources(
    grid: Sequence[GridRow], rows: Sequence[ParsedRow], inputs: Sequence[str]
) -> Iterator[Problem]:
    """Refuse a row that reads one that does not stand before it, or is called as an input is."""
    before: list[str] = [*inputs]
    for cells, row in zip(grid, rows, strict=True):
        if row.id in inputs:
            yield cells.cells["row"].problem(
                f"row {row.id} is called as an input is", remedy="rename one of them"
            )
        if row.source and row.source not in before:
            yield cells.cells["from"].unknown(f"row {row.id} reads", before, "put that row above")
        before.append(row.id)


def _heads(
    tree: YamlNode, rows: Sequence[ParsedRow], reader: BlockReader, problems: list[Problem]
) -> Iterable[ParsedHead]:
    known = [row.id for row in rows]
    taken: set[str] = set()
    for head in tree.listing("heads"):
        entries = dict(head.items())
        if not {"at", "loss_weight", "body"} <= entries.keys():
            continue  # the schema has reported it
        at = str(entries["at"].value)
        if known and at not in known:
            problems.append(entries["at"].unknown("head at unknown row", known))
        if at in taken:
            what = f"duplicate head at {quote(at)}"
            remedy = "join them in one body, or move one"
            problems.append(entries["at"].problem(what, remedy=remedy))
        taken.add(at)
        try:
            block = reader.read(entries["body"])
            yield ParsedHead(at=at, loss_weight=_float(entries["loss_weight"]), block=block)
        except InvalidTableError as error:
            problems += [item for item in error.problems if item not in problems]


def _outputs(tree: YamlNode, rows: Sequence[ParsedRow], problems: list[Problem]) -> Iterator[str]:
    """Yield the rows that the network gives; what is wrong goes to `problems`."""
    known = [row.id for row in rows]
    taken: set[str] = set()
    for entry in tree.listing("outputs"):
        if entry.text in taken:
            what = f"duplicate output {quote(entry.text)}"
            problems.append(entry.problem(what, remedy="keep one of them"))
        elif known and entry.text not in known:
            problems.append(entry.unknown("output of unknown row", known))
        else:
            yield entry.text
        taken.add(entry.text)


def _float(tree: YamlNode) -> float:
    """Read a number that the schema checks; 0 where it will refuse it."""
    try:
        return float(str(tree.value))
    except ValueError:
        return 0.0
