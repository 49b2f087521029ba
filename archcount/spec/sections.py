"""The parts of a file that a schema cannot read: grid, blocks, heads, declarations, `let`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from archcount.architecture import Block, Value
from archcount.architecture.scope import BLOCK_INPUT_NAMES, INPUT_NAMES, OUTPUT_NAMES
from archcount.errors import InvalidTableError, Problem, quote
from archcount.printed import DeclaredReading, Erratum
from archcount.printed.printed_table import NUMBERS
from archcount.spec.block_reader import BlockReader
from archcount.spec.checked_columns import OwnColumns, check_cells, check_conventions, read_columns
from archcount.spec.claim_reader import check_claims
from archcount.spec.connection_reader import read_connections
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
from archcount.spec.schema import TableFile
from archcount.spec.yaml_tree import YamlNode


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedHead:
    """An auxiliary classifier as written."""

    at: str
    loss_weight: float
    block: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedReading:
    """Another reading of a row: what is said of it, and its block."""

    declared: DeclaredReading
    block: Block | None
    """None for a reading of a whole network."""


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
    problems += check_names(tree, lets, declared)
    problems += check_changed_names(tree)
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
    _check_errata(tree, rows, problems, own, models)
    readings = tuple(_readings(tree, rows, reader, problems))
    heads = tuple(_heads(tree, rows, reader, problems))
    return Sections(
        columns=tuple(columns),
        rows=rows,
        heads=heads,
        readings=readings,
        elsewhere=columns_read_as_others(tree) | own.unread | {*(models.carried if models else ())},
        own=own,
        to_read=models.to_read if models else (),
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


def _float(tree: YamlNode) -> float:
    """Read a number that the schema checks; 0 where it will refuse it."""
    try:
        return float(str(tree.value))
    except ValueError:
        return 0.0


def _readings(
    tree: YamlNode, rows: Sequence[ParsedRow], reader: BlockReader, problems: list[Problem]
) -> Iterator[ParsedReading]:
    """Read the declared readings; what is wrong goes to `problems`."""
    taken: set[str] = set()
    for entry in tree.listing("readings"):
        parts = dict(entry.items())
        if {"model", "let", "because"} <= parts.keys():
            yield _of_model(parts)
            continue
        if not {"row", "block", "because"} <= parts.keys():
            continue  # the schema has reported it
        if not isinstance(parts["row"].value, str):
            continue  # the schema has reported it
        row = parts["row"].value
        if _known_row(parts["row"], [item.id for item in rows], "reading", problems):
            if row in taken:
                what, remedy = f"duplicate reading of row {row}", "keep the one that was counted"
                problems.append(parts["row"].problem(what, remedy=remedy))
            taken.add(row)
        try:
            block = reader.read(parts["block"])
        except InvalidTableError as error:
            problems += [item for item in error.problems if item not in problems]
            continue
        declared = DeclaredReading(
            row=row, because=str(parts["because"].value), where=parts["row"].where
        )
        yield ParsedReading(declared=declared, block=block)


def _of_model(parts: Mapping[str, YamlNode]) -> ParsedReading:
    """Read a reading of a whole network."""
    declared = DeclaredReading(
        row="",
        let={name: number.text for name, number in parts["let"].items()},
        because=parts["because"].text,
        where=parts["model"].where,
    )
    return ParsedReading(declared=declared, block=None)


def _check_errata(
    tree: YamlNode,
    rows: Sequence[ParsedRow],
    problems: list[Problem],
    own: OwnColumns,
    models: ModelTable | None,
) -> None:
    """Check that every erratum is of a printed cell, and that no two are of the same."""
    printed: dict[str, Collection[str]] = {row.id: row.printed.cells for row in rows}
    taken: set[tuple[str, str]] = set()
    for entry in tree.listing("errata"):
        parts = {key: item for key, item in entry.items() if item.text}
        place = parts.get("model") or parts.get("row")
        if place is None or "cell" not in parts:
            continue  # the schema has reported it
        model = models.model(place.text) if models and "model" in parts else None
        if model is not None:
            printed = {**printed, place.text: model.printed.cells}
        elif "model" in parts:
            what = "erratum of a model, in a table of rows"
            problems.append(place.problem(what, remedy="write row:"))
            continue
        elif not _known_row(place, printed, "erratum", problems):
            continue
        row, column = place.text, parts["cell"].text
        comparable = [name for name in (*NUMBERS, *own.checked) if name in printed.get(row, ())]
        if printed.get(row) is not None and column not in comparable:
            of = f"{'model' if model else 'row'} {row}"
            why = "which is not compared" if column in printed[row] else "where nothing is printed"
            what = f"erratum of {column} in {of}, {why}"
            problems.append(parts["cell"].problem(what, ", ".join(comparable)))
        if (row, column) in taken:
            what = f"duplicate erratum of {column} in row {row}"
            problems.append(parts["cell"].problem(what, remedy="join them in one"))
        taken.add((row, column))


def _known_row(tree: YamlNode, rows: Collection[str], what: str, problems: list[Problem]) -> bool:
    """Whether a row exists; any does where no row could be read."""
    if rows and tree.text not in rows:
        problems.append(tree.unknown(f"{what} of unknown row", rows))
        return False
    return True


def errata_of(file: TableFile, tree: YamlNode) -> tuple[Erratum, ...]:
    """Make the records of a validated file's errata."""
    return tuple(
        Erratum(
            row=erratum.row or "",
            column=erratum.cell,
            verdict=erratum.verdict,
            because=erratum.because,
            where=tree.find(("errata", index, "row" if erratum.row else "model")).where,
        )
        for index, erratum in enumerate(file.errata)
    )
