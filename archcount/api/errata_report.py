"""Printed numbers that are known to be wrong: the declared errata of tables, beside the counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archcount.api.comparing import Known, compare_with_references
from archcount.api.table_report import count_table
from archcount.api.tables import Table, load
from archcount.comparison import ComparedCell, ComparedClaim
from archcount.printed import Erratum
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Column, make_sheet
from archcount.spec.catalogue import shipped_tables


@dataclass(frozen=True, kw_only=True, slots=True)
class PrintedErratum:
    """A printed number that the file of its table declares not to match.

    Attributes:
        table: the table's name.
        variant: the variant that the number is printed for; empty for the table itself.
        paper: what the table is printed in.
        cell: the row and the column, or what the claim is of.
        printed: as printed.
        computed: in the paper's notation.
        verdict: what was found.
        explanation: why, as it was worked out.
        because: the reason that the file gives.
    """

    table: str
    variant: str
    paper: str
    cell: str
    printed: str
    computed: str
    verdict: str
    explanation: str
    because: str


@dataclass(frozen=True)
class ErrataReport(Report):
    """The declared errata of some tables."""

    command = "errata"
    schema = "archcount.errata/1"
    items = "errata"

    record: tuple[PrintedErratum, ...]

    def _tidy(self) -> Lines:
        names = PrintedErratum.__dataclass_fields__
        return [{name: getattr(item, name) or None for name in names} for item in self.record]

    def _sheets(self) -> Parts:
        columns: list[Column[PrintedErratum]] = [
            Column("Cell", lambda item: item.cell),
            Column("Printed", lambda item: item.printed, right=True),
            Column("Computed", lambda item: item.computed, right=True),
            Column("Verdict", lambda item: item.verdict),
            Column("Because", lambda item: item.because),
        ]
        networks = dict.fromkeys((item.table, item.variant, item.paper) for item in self.record)
        return [
            [
                make_sheet(
                    f"{table} ({variant}): {paper}" if variant else f"{table}: {paper}",
                    columns,
                    [
                        each
                        for each in self.record
                        if (each.table, each.variant) == (table, variant)
                    ],
                )
            ]
            for table, variant, paper in networks
        ]


def errata(*names: str | Path) -> ErrataReport:
    """List the printed numbers that the files of tables declare not to match, with the reasons.

    Args:
        *names: names of shipped tables, or files; all shipped tables where there is none.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: a file is not valid.

    >>> [(item.cell, item.printed) for item in errata("googlenet").record][0]
    ('inception_3b, params', '380K')
    """
    known = Known()
    tables = [load(name) for name in names or shipped_tables()]
    return ErrataReport(
        tuple(
            item
            for table in tables
            for variant in table.networks
            for item in _declared(table, variant, known)
        )
    )


def _declared(table: Table, variant: str, known: Known) -> Iterator[PrintedErratum]:
    """Yield the errata of one network: of its cells, then of its claims."""
    printed = table.variant(variant).printed
    if not printed.errata and not any(claim.erratum for claim in printed.claims):
        return
    report = count_table(table, variant=variant, engine="formula", heads=True)
    compared = compare_with_references(report, table, known).record.comparison
    assert compared is not None, "a report is compared"
    rows = {row.id: row.cells for row in compared.rows}
    if compared.whole:
        rows[""] = compared.whole.cells
    found: list[tuple[str, ComparedCell | ComparedClaim, Erratum]] = [
        (
            ", ".join(filter(None, (erratum.row, erratum.column))),
            rows[erratum.row][erratum.column],
            erratum,
        )
        for erratum in printed.errata
    ]
    for claim, counted in zip(printed.claims, compared.claims, strict=True):
        if claim.erratum is not None:
            found.append((f"{claim.what}, {counted.source}", counted, claim.erratum))
    for cell, item, erratum in found:
        yield PrintedErratum(
            table=table.name,
            variant=variant,
            paper=str(table.source),
            cell=cell,
            printed=item.printed or "",
            computed=item.shown,
            verdict=item.verdict.status,
            explanation=item.verdict.sentence,
            because=erratum.because,
        )
