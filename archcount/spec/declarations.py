"""What a file says of printed numbers that do not match: readings and errata, read and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archcount.architecture import Block
from archcount.errors import InvalidTableError, Problem
from archcount.printed import DeclaredReading, Erratum
from archcount.printed.printed_table import NUMBERS
from archcount.spec.block_reader import BlockReader
from archcount.spec.checked_columns import OwnColumns
from archcount.spec.models import ModelTable
from archcount.spec.row_reader import ParsedRow
from archcount.spec.schema import TableFile
from archcount.spec.yaml_tree import YamlNode


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedReading:
    """Another reading of a row: what is said of it, and its block."""

    declared: DeclaredReading
    block: Block | None
    """None for a reading of a whole network."""


def read_readings(
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


def check_errata(
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
