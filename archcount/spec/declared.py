"""What a file says of its printed numbers: claims, other readings of rows, errata."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from archcount.architecture import Block
from archcount.errors import InvalidTableError, InvalidValueError, Problem, quote, suggestion
from archcount.printed import (
    Claim,
    DeclaredReading,
    Erratum,
    Reference,
    parse_quantity,
    parse_ratio,
)
from archcount.spec.blocks import BlockReader
from archcount.spec.catalogue import shipped_tables
from archcount.spec.rows import ParsedRow
from archcount.spec.schema import ClaimEntry, TableFile
from archcount.spec.source import Marked


@dataclass(frozen=True, kw_only=True, slots=True)
class ParsedReading:
    """Another reading of a row: what is said of it, and its block."""

    declared: DeclaredReading
    block: Block


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


def check_claims(marked: Marked, columns: Collection[str], problems: list[Problem]) -> None:
    """See that every claim's numbers can be read, and that what they are of exists."""
    for claim in marked.listing("claims"):
        parts = dict(claim.items())
        ratio = "fewer_than" in parts and parts["fewer_than"].value is not None
        reference = dict(parts["fewer_than"].items()) if ratio else {}
        checks = [(parts.get("printed"), parse_ratio if ratio else parse_quantity)]
        checks += [(reference.get("printed"), parse_quantity)]
        for cell, notation in checks:
            if cell is None or not isinstance(cell.value, str):
                continue
            try:
                notation(cell.value)
            except InvalidValueError as error:
                problems.append(error.at(cell.where, "claim"))
        what = parts.get("what")
        what = what if what and isinstance(what.value, str) else None
        if ratio and what and str(what.value).startswith("sum of "):
            problems.append(
                Problem(
                    what=f"a ratio of the {what.value}",
                    allowed="ratios of params, ops, depth and depth with pooling",
                    where=what.where,
                )
            )
        column = str(what.value).removeprefix("sum of ") if what else ""
        if what and column != what.value and columns and column not in columns:
            problems.append(
                Problem(
                    what=f"a claim of the {what.value}, and the table has no column {column}",
                    allowed="sums of printed columns",
                    where=what.where,
                )
            )
        table = reference.get("table")
        if table and isinstance(table.value, str) and table.value not in shipped_tables():
            problems.append(
                Problem(
                    what=f"a ratio to {quote(table.value)}, which is no shipped table",
                    allowed=", ".join(shipped_tables()),
                    remedy=suggestion(table.value, shipped_tables()),
                    where=table.where,
                )
            )


def claims_of(file: TableFile, marked: Marked) -> tuple[Claim, ...]:
    """Make the records of a validated file's claims."""
    return tuple(_claim(claim, index, marked) for index, claim in enumerate(file.claims))


def _claim(claim: ClaimEntry, index: int, marked: Marked) -> Claim:
    other, erratum = claim.fewer_than, claim.erratum
    return Claim(
        what=claim.what,
        printed=claim.printed,
        source=claim.source,
        where=marked.find(("claims", index, "printed")).where,
        fewer_than=Reference(
            name=other.name or str(other.table),
            printed=other.printed,
            source=other.source,
            table=other.table or "",
        )
        if other
        else None,
        erratum=Erratum(
            verdict=erratum.verdict,
            because=erratum.because,
            where=marked.find(("claims", index, "erratum")).where,
        )
        if erratum
        else None,
    )


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
