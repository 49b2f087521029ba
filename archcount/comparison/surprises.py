"""Verdicts against what the file declares: every surprise, in either direction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archcount.comparison.records import Comparison, Verdict
from archcount.errors import Location
from archcount.printed import Erratum, PrintedTable


@dataclass(frozen=True, kw_only=True, slots=True)
class Surprise:
    """A verdict that the file does not expect.

    Attributes:
        where: the place of the printed number, or of the declaration that no longer holds.
        about: whose verdict it is, "row stem, params".
        expected: the verdict that the file declares; `match` where it declares none.
        found: the verdict, or empty for a declaration that has nothing left to say.
        sentence: what was found, in words.
        remedy: what to do.
    """

    where: Location
    about: str
    expected: str
    found: str
    sentence: str
    remedy: str


def surprises(printed: PrintedTable, comparison: Comparison) -> tuple[Surprise, ...]:
    """Hold every verdict against the file's errata and readings.

    Args:
        printed: the printed table with what its file declares.
        comparison: the verdicts.
    """
    return (
        *_cells(printed, comparison),
        *_idle_readings(printed, comparison),
        *_claims(printed, comparison),
    )


def _cells(printed: PrintedTable, comparison: Comparison) -> Iterator[Surprise]:
    errata = {(erratum.row, erratum.column): erratum for erratum in printed.errata}
    read = {reading.row for reading in printed.readings}
    compared = {row.id: row for row in comparison.rows}
    for row in printed.rows:
        for column, cell in compared[row.id].cells.items():
            verdict = cell.verdict
            if cell.printed is None:
                continue
            erratum = errata.get((row.id, column))
            about = f"row {row.id}, {column}"
            if erratum is not None:
                if verdict.status != erratum.verdict:
                    yield _stale(about, erratum, verdict)
                continue
            as_declared = row.id in read and (verdict.status, verdict.why) == (
                "reading",
                "declared",
            )
            if verdict.status != "match" and not as_declared:
                yield _undeclared(about, row.cells[column].where, verdict)


def _undeclared(about: str, where: Location, verdict: Verdict) -> Surprise:
    return Surprise(
        where=where,
        about=about,
        expected="match",
        found=verdict.status,
        sentence=verdict.sentence,
        remedy=f"mend the file, or declare {verdict.status} under errata: with the reason",
    )


def _stale(about: str, erratum: Erratum, verdict: Verdict) -> Surprise:
    return Surprise(
        where=erratum.where,
        about=about,
        expected=erratum.verdict,
        found=verdict.status,
        sentence=verdict.sentence,
        remedy=f"remove the erratum, or let it say {verdict.status}"
        if verdict.status != "match"
        else "remove the erratum",
    )


def _idle_readings(printed: PrintedTable, comparison: Comparison) -> Iterator[Surprise]:
    """Find declared readings that give no printed number."""
    told = {
        row.id
        for row in comparison.rows
        if any(cell.verdict.why == "declared" for cell in row.cells.values())
    }
    for reading in printed.readings:
        if reading.row not in told:
            yield Surprise(
                where=reading.where,
                about=f"the reading of row {reading.row}",
                expected="reading",
                found="",
                sentence="It does not give the row's printed numbers, or they match without it.",
                remedy="mend its block, or remove it",
            )


def _claims(printed: PrintedTable, comparison: Comparison) -> Iterator[Surprise]:
    for claim, compared in zip(printed.claims, comparison.claims, strict=True):
        about = f"the claim {claim.printed} ({claim.what})"
        verdict = compared.verdict
        if claim.erratum is not None:
            if verdict.status != claim.erratum.verdict:
                yield _stale(about, claim.erratum, verdict)
        elif verdict.status not in ("match", "unpublished"):
            found = _undeclared(about, claim.where, verdict)
            yield Surprise(
                where=found.where,
                about=found.about,
                expected=found.expected,
                found=found.found,
                sentence=found.sentence,
                remedy="mend the file, or give the claim an erratum: with the reason",
            )
