"""A site of the catalogue: a page for each table and network, an index, charts, and errata."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archcount import __version__
from archcount.api.comparing import Known, compare_with_references
from archcount.api.errata_report import errata
from archcount.api.model_table_report import model_table
from archcount.api.page_report import page_of_table
from archcount.api.site_folder import new_site
from archcount.api.table_report import TableReport, count_table
from archcount.api.tables import Table, load, load_every
from archcount.api.totals_report import totals_of_network
from archcount.comparison import QUANTITIES
from archcount.comparison.answers import KINDS
from archcount.errors import UsageError, quote, suggestion
from archcount.pages.site_pages import (
    ERRATA,
    INDEX,
    NETWORKS,
    TABLES,
    SiteContent,
    SiteNetwork,
    SiteTable,
    errata_page,
    index_page,
    networks_page,
    page_in_site,
)
from archcount.printed import parse_quantity
from archcount.reporting.catalogue_charts import PrintedPoint
from archcount.reporting.html import html_page, is_address
from archcount.reporting.page import Page
from archcount.spec.catalogue import catalogue
from archcount.spec.summary import PRINTED, read_summary

GUIDE = "https://github.com/archcount/archcount/tree/main/docs"


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenSite:
    """A site that was written.

    Attributes:
        folder: where it is.
        pages: how many pages it has.
        bytes: how large they are together.
        problems: what keeps other files from being in it.
    """

    folder: Path
    pages: int
    bytes: int
    problems: tuple[str, ...]


def site(
    folder: str | Path,
    *names: str,
    guide: str = GUIDE,
    told: Callable[[str], object] = lambda _: None,
) -> WrittenSite:
    """Write a site of every table that has a name, or of some, for static hosts and for `file:`.

    Everything is counted in closed form. The same tables give the same files.

    Args:
        folder: where it goes, whole or not at all: a new or an empty folder, or an earlier site,
            which it replaces.
        *names: names of tables; every one where there is none.
        guide: the address of the guide that pages lead to: of the web, or of a page in the folder.
        told: is called with what is being done.

    Raises:
        InvalidTableError: a table that was named is wrong.
        UsageError: there is no such table, the folder holds something else or cannot be written,
            or the guide's address is none.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as place:  # the index, networks, errata, and the table
    ...     site(f"{place}/site", "lenet1989").pages
    4
    """
    if not is_address(guide):
        raise UsageError.of(
            f"the guide {quote(guide)} is no address of a page",
            allowed="https://..., or a page in the site, such as guide/index.html",
        )
    files, names = catalogue().files, tuple(dict.fromkeys(names))
    for name in names:
        if name not in files:
            raise UsageError.of(
                f"unknown table {quote(name)}",
                allowed="a name that `archcount list` shows",
                remedy=suggestion(name, files),
            )
    pages = size = 0
    problems: list[str] = []
    with new_site(Path(folder)) as write:
        for path, page in _pages(names, guide, problems, told):
            html = html_page(page).encode()
            write(path, html)
            pages, size = pages + 1, size + len(html)
    return WrittenSite(folder=Path(folder), pages=pages, bytes=size, problems=tuple(problems))


def _pages(
    names: Sequence[str], guide: str, problems: list[str], told: Callable[[str], object]
) -> Iterator[tuple[str, Page]]:
    """Yield every page with its place in the folder; add what is left out to `problems`."""
    found_tables, left_out = (tuple(map(load, names)), ()) if names else load_every()
    tables = sorted(found_tables, key=lambda table: table.path.stem)
    problems += left_out
    known = Known()
    found: list[SiteTable] = []
    printed: list[PrintedPoint] = []
    for number, table in enumerate(tables, 1):
        told(f"{number} of {len(tables)} tables: {table.name}")
        reports = {
            variant: compare_with_references(
                count_table(table, variant=variant, engine="formula"), table, known
            )
            for variant in table.networks
        }
        entry = _entry(table, reports)
        found.append(entry)
        for network, report in zip(entry.networks, reports.values(), strict=True):
            printed += _printed(table, report, network.label)
        yield from _pages_of(table, entry, reports, guide)
    told("errata")
    content = SiteContent(
        tables=tuple(found),
        errata=errata(*(entry.name for entry in found)).record if found else (),
        printed=tuple(printed),
        problems=tuple(problems),
        guide=guide,
        version=__version__,
    )
    yield INDEX, index_page(content)
    yield NETWORKS, networks_page(content)
    yield ERRATA, errata_page(content)


def _default(table: Table) -> str | None:
    """Return the network whose page is the table's; None where that is of all its models."""
    return None if table.models else table.variant().name


def _entry(table: Table, reports: dict[str, TableReport]) -> SiteTable:
    default, name = _default(table), table.path.stem
    summary = read_summary(table.path)
    source = summary.source

    def network(variant: str, report: TableReport) -> SiteNetwork:
        label = name if variant == default else f"{name}@{variant or PRINTED}"
        totals = totals_of_network(table, report)
        return SiteNetwork(page=_place(label), label=label, kind=summary.kind, totals=totals)

    return SiteTable(
        page=_place(name),
        name=name,
        source=", ".join(filter(None, (source.short_authors, str(source)))),
        year=source.year,
        kind=summary.kind,
        task=summary.task,
        networks=tuple(network(*each) for each in reports.items()),
    )


def _place(label: str) -> str:
    """Return the address of a page; what addresses cannot hold as it is becomes its number.

    >>> _place("resnet@50"), _place("my table")
    ('tables/resnet@50.html', 'tables/my-20-table.html')
    """
    return f"{TABLES}{re.sub('[^A-Za-z0-9_.@-]', lambda found: f'-{ord(found[0]):x}-', label)}.html"


def _pages_of(
    table: Table, entry: SiteTable, reports: dict[str, TableReport], guide: str
) -> Iterator[tuple[str, Page]]:
    """Yield the page of a table, and those of its networks."""
    if table.models:
        of_models = {name: reports[name] for name in table.models}
        words = shlex.quote(entry.name)
        page = page_of_table(table, model_table(table, of_models), words, words).record
        yield entry.page, page_in_site(page, guide, entry.networks, entry.name)
    for network, report in zip(entry.networks, reports.values(), strict=True):
        words = shlex.quote(network.label)
        page = page_of_table(table, report, words, words).record
        yield network.page, page_in_site(page, guide, entry.networks, network.label)


def _printed(table: Table, report: TableReport, name: str) -> Iterator[PrintedPoint]:
    """Yield the printed params and operations of rows and models, beside the computed ones."""
    compared = report.record.comparison
    assert compared is not None, "the report was compared"
    conventions = table.variant(report.architecture.variant).printed.conventions
    for row in compared.printed:
        for column in QUANTITIES:
            cell, convention = row.cells.get(column), conventions.get(column)
            if cell is None or convention is None or not cell.printed:
                continue
            kind, number = KINDS.get(cell.verdict.status), cell.computed
            value = float(parse_quantity(cell.printed).value(convention.k))
            if kind and isinstance(number, int) and number > 0 and value > 0:
                label = f"{name}, {row.id}, {column}, {cell.verdict.status}"
                yield PrintedPoint(label=label, kind=kind, printed=value, computed=number)
