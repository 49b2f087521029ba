"""What a file says of its printed cells: other readings of rows, and errata."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from archcount.errors import InvalidTableError, Problem, quote, suggestion
from archcount.printed import DeclaredReading, Erratum
from archcount.spec.block_reader import BlockReader
from archcount.spec.marked import Marked
from archcount.spec.parsed import ParsedReading, ParsedRow
from archcount.spec.schema import TableFile


def read_readings(
    marked: Marked, rows: Sequence[ParsedRow], reader: BlockReader, problems: list[Problem]
) -> Iterator[ParsedReading]:
    """Read the declared readings; what is wrong goes to `problems`."""
    taken: set[str] = set()
    for entry in marked.listing("readings"):
        parts = dict(entry.items())
        if not {"row", "block", "because"} <= parts.keys():
            continue  # the schema has reported it
        if not isinstance(parts["row"].value, str):
            continue  # the schema has reported it
        row = parts["row"].value
        if _known_row(parts["row"], [item.id for item in rows], "a reading", problems):
            if row in taken:
                problems.append(
                    Problem(
                        what=f"a second reading of row {row}",
                        remedy="keep the one that was counted",
                        where=parts["row"].where,
                    )
                )
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


def check_errata(marked: Marked, rows: Sequence[ParsedRow], problems: list[Problem]) -> None:
    """See that every erratum speaks of a printed cell, and of each one once."""
    printed = {row.id: row.printed.cells for row in rows}
    taken: set[tuple[str, str]] = set()
    for entry in marked.listing("errata"):
        parts = dict(entry.items())
        if not {"row", "cell"} <= parts.keys():
            continue  # the schema has reported it
        if not all(isinstance(parts[name].value, str) for name in ("row", "cell")):
            continue  # the schema has reported it
        if not _known_row(parts["row"], printed, "an erratum", problems):
            continue
        row, column = str(parts["row"].value), str(parts["cell"].value)
        if printed.get(row) is not None and column not in printed[row]:
            problems.append(
                Problem(
                    what=f"an erratum of {column} in row {row}, where nothing is printed",
                    allowed=", ".join(
                        name
                        for name in ("input", "output", "depth", "params", "ops")
                        if name in printed[row]
                    ),
                    where=parts["cell"].where,
                )
            )
        if (row, column) in taken:
            problems.append(
                Problem(
                    what=f"a second erratum of {column} in row {row}",
                    remedy="join them in one",
                    where=parts["cell"].where,
                )
            )
        taken.add((row, column))


def _known_row(marked: Marked, rows: Collection[str], what: str, problems: list[Problem]) -> bool:
    """Tell whether a row exists; where no row could be read, nothing is said."""
    row = str(marked.value)
    if rows and row not in rows:
        problems.append(
            Problem(
                what=f"{what} of {quote(row)}, which is no row",
                allowed=", ".join(rows),
                remedy=suggestion(row, rows),
                where=marked.where,
            )
        )
        return False
    return True


def errata_of(file: TableFile, marked: Marked) -> tuple[Erratum, ...]:
    """Make the records of a validated file's errata."""
    return tuple(
        Erratum(
            row=erratum.row,
            column=erratum.cell,
            verdict=erratum.verdict,
            because=erratum.because,
            where=marked.find(("errata", index, "row")).where,
        )
        for index, erratum in enumerate(file.errata)
    )
