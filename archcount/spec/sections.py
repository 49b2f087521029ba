"""The parts of a file that a schema cannot read: grid, blocks, heads, declarations, `let`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword

from archcount.architecture.expression import FUNCTIONS
from archcount.architecture.scope import BLOCK_INPUT_NAMES, INPUT_NAMES, OUTPUT_NAMES
from archcount.errors import (
    InvalidTableError,
    Problem,
    quote,
    suggestion,
)
from archcount.spec.block_reader import BlockReader
from archcount.spec.claims import check_claims
from archcount.spec.declared import check_errata, read_readings
from archcount.spec.grid import COLUMNS, GridRow, parse_grid
from archcount.spec.marked import Marked
from archcount.spec.overrides import (
    GridChange,
    change_grid,
    default_of,
    read_elsewhere,
    strange_names,
)
from archcount.spec.parsed import HeadBody, ParsedRow, Sections
from archcount.spec.rows import NAMELESS, read_row


def read_sections(
    marked: Marked, lines: list[str], problems: list[Problem], change: GridChange | None = None
) -> Sections:
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
    names += [*lets, *INPUT_NAMES, *BLOCK_INPUT_NAMES]
    names += OUTPUT_NAMES if "output" in columns else ()
    reader = BlockReader(marked.section("blocks"), tuple(dict.fromkeys(names)))
    problems += reader.read_all()
    rows = tuple(read_row(row, reader, problems) for row in grid)
    check_claims(marked, columns, problems)
    check_errata(marked, rows, problems)
    readings = tuple(read_readings(marked, rows, reader, problems))
    heads = tuple(_heads(marked, rows, reader, problems))
    return Sections(
        columns=tuple(columns),
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
