"""The shipped tables, or the totals of every network of theirs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, overload

from archcount.errors import UsageError, quote, unknown_name
from archcount.reporting.report import CatalogueReport, Lines, Parts, how_many
from archcount.reporting.sheet import Column, make_sheet
from archcount.spec.summary import TableSummary, read_summaries

if TYPE_CHECKING:
    from archcount.api.totals_report import TotalsReport


@dataclass(frozen=True)
class ListReport(CatalogueReport):
    """The tables that have a name, or some of them."""

    command = "list"
    schema = "archcount.list/2"

    record: tuple[TableSummary, ...]
    problems: tuple[str, ...] = ()

    def _gist(self) -> str:
        return how_many(len(self.record), "table")

    def _tidy(self) -> Lines:
        return [
            {
                "name": heading.name,
                "year": heading.source.year,
                "kind": heading.kind,
                "task": heading.task or None,
                "rows": heading.rows,
                "networks": heading.networks,
                "input": heading.input,
                "variants": " ".join(heading.variants) or None,
                "source": str(heading.source),
                "authors": ", ".join(heading.source.authors) or None,
            }
            for heading in self.record
        ]

    def _sheets(self) -> Parts:
        networks = sum(heading.networks for heading in self.record)
        title = f"{how_many(len(self.record), 'table')} of {how_many(networks, 'network')}"
        place, source = Column("Printed in", _place), Column("Source", _source)
        columns = _columns()
        without_task = tuple(column for column in columns if column.heading != "Task")
        layouts = ((*columns, place, source), (*columns, place), columns, without_task)
        notes = self._remarks()
        table = [make_sheet(title, columns, self.record, notes=notes) for columns in layouts]
        return [table, [make_sheet(title, (), ())]] if len(self.record) > 1 else [table]


def _columns() -> tuple[Column[TableSummary], ...]:
    return (
        Column("Name", lambda heading: heading.name, whole=True),
        Column("Year", lambda heading: f"{heading.source.year or ''}", right=True),
        Column("Kind", lambda heading: heading.kind),
        Column("Task", lambda heading: heading.task),
        Column("Networks", lambda heading: f"{heading.networks}", right=True),
    )


def _place(heading: TableSummary) -> str:
    source = heading.source
    return ", ".join(filter(None, (source.arxiv and f"arXiv:{source.arxiv}", source.table)))


def _source(heading: TableSummary) -> str:
    return ", ".join(filter(None, (heading.source.short_authors, heading.source.title)))


@overload
def list(
    *, totals: Literal[False] = False, year: str = "", task: str = "", kind: str = ""
) -> ListReport: ...


@overload
def list(
    *, totals: Literal[True], year: str = "", task: str = "", kind: str = ""
) -> TotalsReport: ...


@overload
def list(
    *, totals: bool, year: str = "", task: str = "", kind: str = ""
) -> ListReport | TotalsReport: ...


def list(
    *, totals: bool = False, year: str = "", task: str = "", kind: str = ""
) -> ListReport | TotalsReport:
    """List the tables that have a name, or every network of theirs, counted and compared.

    A file of a folder or package that cannot be read is among the report's problems.

    Args:
        totals: one line a network, with its params, weights, MACs, depth and verdicts.
        year: of papers of this year alone, or of years such as "2014..2016".
        task: of networks for this task alone, such as "segmentation".
        kind: of networks of this kind alone, such as "transformer".

    Raises:
        UsageError: a year is none, or no table is of the task or kind.

    >>> [heading.name for heading in list(year="2014", task="segmentation").record]
    ['deeplab_v1', 'fcn']
    """
    headings, problems = read_summaries()
    chosen = _chosen(headings, year, task, kind)
    if not totals:
        return ListReport(tuple(chosen), problems)
    from archcount.api.totals_report import totals_of

    found = totals_of({heading.name for heading in chosen})
    more = (problem for problem in found.problems if problem not in problems)
    return replace(found, problems=(*problems, *more))


def _chosen(
    headings: Sequence[TableSummary], year: str, task: str, kind: str
) -> Sequence[TableSummary]:
    first, last = _years(year)
    for name, wanted in (("task", task), ("kind", kind)):
        known = sorted({getattr(heading, name) for heading in headings} - {""})
        if wanted and wanted not in known:
            raise unknown_name(f"no table is of the {name}", wanted, known)
    return [
        heading
        for heading in headings
        if (not year or first <= (heading.source.year or 0) <= last)
        and task in ("", heading.task)
        and kind in ("", heading.kind)
    ]


def _years(text: str) -> tuple[int, int]:
    """Read one year, or the first and the last of some."""
    if not text:
        return 0, 0
    found = re.fullmatch(r"([0-9]{4})(?:\.\.([0-9]{4}))?", text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if first > last:
        raise UsageError.of(f"year {quote(text)}", allowed="a year, or years such as 2014..2016")
    return first, last
