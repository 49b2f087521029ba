"""Printed numbers that are known to be wrong: the declared errata of tables, beside the counts."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from archcount.api.comparing import Known, compare_with_references
from archcount.api.table_report import count_table
from archcount.api.tables import Table, load, load_every, meant
from archcount.comparison import ComparedCell, ComparedClaim
from archcount.printed import PaperSource
from archcount.reporting.detail import Detail
from archcount.reporting.encoding import encode
from archcount.reporting.errata_sheets import PrintedErratum, errata_answer, errata_sheets
from archcount.reporting.report import CatalogueReport, Lines, Parts
from archcount.spec.summary import read_summaries


@dataclass(frozen=True)
class ErrataReport(CatalogueReport):
    """The declared errata of some tables, by the papers that print the numbers.

    Attributes:
        detail: how much of it people are shown.
    """

    command = "errata"
    schema = "archcount.errata/1"
    items = "errata"

    record: tuple[PrintedErratum, ...]
    problems: tuple[str, ...] = ()
    detail: Detail = "findings"

    @property
    def answer(self) -> str:
        """In a line how many printed numbers are known not to match."""
        return errata_answer(self.record)

    def _gist(self) -> str:
        return f"{len(self.record)} errata"

    def _tidy(self) -> Lines:
        return [
            {name: value or None for name, value in encode(item).items() if name != "authors"}
            for item in self.record
        ]

    def _sheets(self) -> Parts:
        return [[sheet] for sheet in errata_sheets(self.record, self._remarks(), self.detail)]


@encode.register
def _(item: PrintedErratum) -> Mapping[str, str | None]:
    names = (
        *("table", "variant", "paper", "cell", "printed", "computed", "verdict", "certainty"),
        *("because", "explanation", "command"),
    )
    return {name: getattr(item, name) or None for name in names}


def errata(*names: str | Path) -> ErrataReport:
    """List the printed numbers that the files of tables declare not to match, with the reasons.

    Those of one paper stand together, the oldest paper first.

    Args:
        *names: names of tables, or files; every table that has a name where there is none. With
            `@variant` behind it, those of one network are listed.

    Raises:
        UsageError: there is no such table.
        InvalidTableError: a file is not valid.

    >>> [(item.cell, item.printed) for item in errata("googlenet").record][0]
    ('Table 1, conv1, params', '2.7K')
    """
    known = Known()
    papers = _papers()
    tables, problems = (tuple(map(load, names)), ()) if names else load_every()
    found = [
        item
        for table in tables
        for variant in meant(table)
        for item in _declared(table, variant, known, papers)
    ]
    return ErrataReport(tuple(sorted(found, key=_age)), problems)


def _age(item: PrintedErratum) -> tuple[int, str]:
    source = item.source
    return source.year or 9999, source.arxiv or source.title


def _papers() -> dict[str, PaperSource]:
    """Return the papers of the tables by their numbers on arXiv."""
    sources = (summary.source for summary in read_summaries()[0])
    return {
        _arxiv(source.arxiv): replace(source, table="", note="")
        for source in sources
        if source.arxiv
    }


def _arxiv(text: str) -> str:
    """Return the number on arXiv in a text, without its version."""
    found = re.search(r"\d{4}\.\d{4,5}", text)
    return found.group() if found else ""


def _declared(
    table: Table,
    variant: str,
    known: Known,
    papers: Mapping[str, PaperSource],
) -> Iterator[PrintedErratum]:
    """Yield the errata of one network: of its cells, then of its claims."""
    printed = table.variant(variant).printed
    claimed = [claim for claim in printed.claims if claim.erratum]
    if not (printed.errata or printed.readings or claimed):
        return
    report = count_table(table, variant=variant, engine="formula", heads=True)
    compared = compare_with_references(report, table, known).record.comparison
    assert compared is not None, "a report is compared"
    own = replace(papers.get(_arxiv(printed.source.arxiv), printed.source), table="", note="")
    for line in compared.printed:
        row = "" if line is compared.whole else line.id
        for column, cell in line.cells.items():
            label, heading = row or table.models[variant], printed.headings.get(column) or column
            where = ", ".join(filter(None, (printed.source.table, label, heading)))
            if cell.because:
                yield _erratum(table, variant, own, where, cell, row)
    for claim, counted in zip(printed.claims, compared.claims, strict=True):
        if not counted.because:
            continue
        source = own
        if claim.paper:
            number = _arxiv(claim.paper)
            year = 2000 + int(number[:2]) if number else None
            source = papers.get(number) or PaperSource(title=claim.paper, year=year)
        place = claim.source.removeprefix(f"{claim.paper}, ")
        what = f"{place} ({claim.what})"
        yield _erratum(table, variant, source, what, counted)


def _erratum(
    table: Table,
    variant: str,
    source: PaperSource,
    cell: str,
    item: ComparedCell | ComparedClaim,
    row: str = "",
) -> PrintedErratum:
    words = ["explain", table.name, row] if row else ["table", table.name, "--compare-paper"]
    words += ["--variant", variant] if variant else []
    return PrintedErratum(
        table=table.name,
        variant=variant,
        source=source,
        cell=cell,
        printed=item.printed or "",
        computed=item.shown,
        verdict=item.verdict.status,
        explanation=item.verdict.sentence,
        because=item.because,
        command=f"archcount {shlex.join(words)}",
    )
