"""Verdicts against what the file declares: every one that it does not expect, either way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from archcount.comparison.results import ComparedCell, ComparedRow, Comparison, Verdict
from archcount.errors import Location
from archcount.printed import Erratum, PrintedTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Unexpected:
    """A verdict that the file does not expect.

    Attributes:
        where: the place of the printed number, or of the declaration that no longer holds.
        expected: the verdict that the file declares; `match` where it declares none.
        found: the verdict, or empty for a declaration that has nothing left to say.
    """

    where: Location
    about: str
    expected: str
    found: str
    sentence: str
    remedy: str


def with_reasons_declared(printed: PrintedTable, comparison: Comparison) -> Comparison:
    """Return a comparison with the file's reasons beside the verdicts that it declares."""
    errata = {(erratum.row, erratum.column): erratum for erratum in printed.errata}
    readings = {reading.row: reading.because for reading in printed.readings}

    def known(row: ComparedRow) -> ComparedRow:
        name = "" if row is comparison.whole else row.id

        def because(cell: ComparedCell) -> str:
            reading = readings.get(name, "") if cell.verdict.why == "declared" else ""
            return _because(errata.get((name, cell.column)), cell.verdict, reading)

        cells = {name: replace(cell, because=because(cell)) for name, cell in row.cells.items()}
        return replace(row, cells=cells)

    return replace(
        comparison,
        rows=tuple(map(known, comparison.rows)),
        whole=known(comparison.whole) if comparison.whole else None,
        claims=tuple(
            replace(compared, because=_because(claim.erratum, compared.verdict))
            for claim, compared in zip(printed.claims, comparison.claims, strict=True)
        ),
        is_own=True,
    )


def _because(erratum: Erratum | None, verdict: Verdict, otherwise: str = "") -> str:
    """Return the reason of an erratum that holds; without an erratum, another one."""
    if erratum is None:
        return otherwise
    return erratum.because if erratum.verdict == verdict.status else ""


def unexpected(printed: PrintedTable, comparison: Comparison) -> tuple[Unexpected, ...]:
    """Return the verdicts that the file's errata and readings do not expect."""
    return (
        *_cells(printed, comparison),
        *_idle_readings(printed, comparison),
        *_claims(printed, comparison),
    )


def _cells(printed: PrintedTable, comparison: Comparison) -> Iterator[Unexpected]:
    errata = {(erratum.row, erratum.column): erratum for erratum in printed.errata}
    read = {reading.row for reading in printed.readings}
    compared = {row.id: row for row in comparison.printed}
    for row in printed.compared:
        for column, cell in compared[row.id].cells.items():
            name = "" if row is printed.whole else row.id
            erratum = errata.get((name, column))
            as_declared = cell.verdict.why == "declared" and name in read
            if cell.printed is not None and (erratum is not None or not as_declared):
                where = row.cells[column].where
                how = f"declare {cell.verdict.status} under errata: with the reason"
                noun = "model" if row is printed.whole else "row"
                yield from _judged(f"{noun} {row.id}, {column}", cell.verdict, erratum, where, how)


def _claims(printed: PrintedTable, comparison: Comparison) -> Iterator[Unexpected]:
    for claim, compared in zip(printed.claims, comparison.claims, strict=True):
        about = f"the claim {claim.printed} ({claim.what})"
        if compared.verdict.status != "unpublished" or claim.erratum is not None:
            how = "give the claim an erratum: with the reason"
            yield from _judged(about, compared.verdict, claim.erratum, claim.where, how)


def _judged(
    about: str, verdict: Verdict, erratum: Erratum | None, where: Location, how: str
) -> Iterator[Unexpected]:
    """Yield a verdict that is not the declared one; `match` where none is declared."""
    expected = erratum.verdict if erratum is not None else "match"
    if verdict.status == expected:
        return
    if erratum is None:
        remedy = f"mend the file, or {how}"
    elif verdict.status == "match":
        remedy = "remove the erratum"
    else:
        remedy = f"remove the erratum, or let it say {verdict.status}"
    yield Unexpected(
        where=erratum.where if erratum is not None else where,
        about=about,
        expected=expected,
        found=verdict.status,
        sentence=verdict.sentence,
        remedy=remedy,
    )


def _idle_readings(printed: PrintedTable, comparison: Comparison) -> Iterator[Unexpected]:
    """Yield declared readings that give no printed number."""
    used = {
        "" if row is comparison.whole else row.id
        for row in comparison.printed
        if any(cell.verdict.why == "declared" for cell in row.cells.values())
    }
    for reading in printed.readings:
        if reading.row not in used:
            yield Unexpected(
                where=reading.where,
                about=f"the reading of row {reading.row}" if reading.row else "the reading",
                expected="reading",
                found="",
                sentence="It does not give the row's printed numbers, or they match without it.",
                remedy="mend its block, or remove it",
            )
