"""The pages of a site: the index of tables, all networks with their charts, and the errata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from archcount.reporting.catalogue_charts import (
    PrintedPoint,
    SizePoint,
    printed_chart,
    size_chart,
)
from archcount.reporting.charts import MISSING
from archcount.reporting.errata_sheets import CERTAINTY, PrintedErratum, errata_answer
from archcount.reporting.figures import params_headline
from archcount.reporting.page import (
    Block,
    Facts,
    Figure,
    Fold,
    Lines,
    Link,
    Links,
    Page,
    Section,
    SheetBlock,
)
from archcount.reporting.report import how_many
from archcount.reporting.sheet import Column, Span, make_sheet
from archcount.reporting.totals_sheets import NetworkTotals, kinds_of, totals_answer, totals_sheets

INDEX, NETWORKS, ERRATA = "index.html", "networks.html", "errata.html"
TABLES = "tables/"
"""The folder of the pages of tables."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteNetwork:
    """A network of a site.

    Attributes:
        page: the address of its page, from the first page of the site.
        label: what names it on the command line.
        kind: of network.
        totals: what was counted of it.
    """

    page: str
    label: str
    kind: str
    totals: NetworkTotals


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteTable:
    """A table of a site.

    Attributes:
        page: the address of its page, from the first page of the site.
        networks: its networks.
        source: who printed it, and the title.
    """

    page: str
    name: str
    source: str
    year: int | None
    kind: str
    task: str
    networks: tuple[SiteNetwork, ...]

    @property
    def tally(self) -> Counter[str]:
        """How many printed numbers match, are explained and are wrong."""
        return kinds_of(network.totals for network in self.networks)


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteContent:
    """Everything that the pages of a site beside those of tables show.

    Attributes:
        errata: the numbers that are known not to match.
        printed: the printed numbers beside the computed ones.
        problems: what keeps other files from being in it.
        guide: the address of the guide, from the first page of the site or of the web.
    """

    tables: tuple[SiteTable, ...]
    errata: tuple[PrintedErratum, ...]
    printed: tuple[PrintedPoint, ...]
    problems: tuple[str, ...]
    guide: str
    version: str

    @property
    def networks(self) -> tuple[SiteNetwork, ...]:
        """The networks of all tables."""
        return tuple(network for table in self.tables for network in table.networks)


def site_links(guide: str, back: str = "") -> tuple[Link, ...]:
    """Return what leads from each page to the others; `back` leads to the first page's folder."""
    places = {"Tables": INDEX, "Networks": NETWORKS, "Errata": ERRATA}
    guide = guide if ":" in guide else f"{back}{guide}"
    links = (Link(text=text, url=f"{back}{url}") for text, url in places.items())
    return (*links, Link(text="Guide", url=guide))


def page_in_site(page: Page, guide: str, others: Sequence[SiteNetwork], label: str) -> Page:
    """Return the page of a table with what leads to the others, and to those of its networks."""
    links = tuple(
        Link(text=other.label, url=other.page.removeprefix(TABLES))
        for other in others
        if other.label != label
    )
    more = (Section(title="Other networks of this table", blocks=(Links(links=links),)),)
    return replace(
        page,
        links=site_links(guide, "../"),
        sections=(*page.sections, *(more if links else ())),
    )


def index_page(content: SiteContent) -> Page:
    """Return the page that lists the tables."""
    columns: list[Column[SiteTable]] = [
        Column("Table", lambda table: table.name, whole=True),
        Column("Verdict", _verdict),
        *(Column(mark, partial(_number, kind), right=True) for kind, mark in _MARKS.items()),
        Column("Year", lambda table: f"{table.year or ''}", right=True),
        Column("Kind", lambda table: table.kind),
        Column("Task", lambda table: table.task),
        Column("Networks", lambda table: f"{len(table.networks)}", right=True),
        Column("Params", _params, right=True),
        Column("Printed in", lambda table: table.source),
    ]
    sheet = make_sheet("Tables", columns, content.tables, notes=[Span(_KEY)])
    block = SheetBlock(
        sheet=sheet,
        links=tuple(table.page for table in content.tables),
        choices=("Verdict", "Year", "Kind", "Task"),
    )
    return Page(
        title="Architecture tables of papers, checked",
        answer=Span(totals_answer([network.totals for network in content.networks])),
        warnings=tuple(Span(problem, "warn") for problem in content.problems),
        sections=(
            Section(blocks=(Lines(spans=(Span(_ABOUT),)),)),
            Section(blocks=(block,)),
            Section(blocks=(Facts(facts={"archcount": content.version}),)),
        ),
        links=site_links(content.guide),
    )


_ABOUT = (
    "Each table is built as a network from what its paper prints, counted in closed form row by "
    "row, and every printed number judged. A table's page shows the verdicts and the arithmetic."
)
_MARKS = {"match": "✓", "explained": "≈", "wrong": "✗"}
_KEY = (
    "✓ numbers that match; ≈ explained by a convention or another reading; ✗ wrong: a "
    "contradiction in the paper, or off; of cells and of claims, of all networks of a table"
)


def _number(kind: str, table: SiteTable) -> str:
    return f"{table.tally[kind] or ''}"


def _verdict(table: SiteTable) -> Span:
    tally = table.tally
    if tally["wrong"]:
        return Span("some wrong", "bad")
    if tally["explained"]:
        return Span("some explained", "warn")
    return Span("all match", "good") if tally["match"] else Span("nothing printed", "dim")


def _params(table: SiteTable) -> str:
    sizes = sorted({network.totals.count.params for network in table.networks})
    return " to ".join(
        params_headline(size).replace(" ", "") for size in (sizes[:1] + sizes[1:][-1:])
    )


def networks_page(content: SiteContent) -> Page:
    """Return the page of all networks: their sizes, as charts and as a table."""
    totals = [network.totals for network in content.networks]
    sheet = totals_sheets(totals, ())[0][0]
    sizes = [
        SizePoint(
            label=network.label,
            kind=network.kind,
            params=network.totals.count.params,
            macs=network.totals.count.cost.macs,
        )
        for network in content.networks
        if network.totals.count.params and network.totals.count.cost.macs
    ]
    block = SheetBlock(
        sheet=replace(sheet, title="Every network", rule_before=()),
        links=tuple(network.page for network in content.networks),
        choices=("Table",),
    )
    left_out = len(content.networks) - len(sizes)
    some = f"; {how_many(left_out, 'network')} without either left out" if left_out else ""
    return Page(
        title="Every network, by size",
        answer=Span(totals_answer(totals)),
        sections=(
            Section(
                title="Params against MACs",
                blocks=tuple(
                    _chart(
                        how_many(len(sizes), "network"),
                        f"For one input each; a point that is pointed at says which it is{some}.",
                        size_chart(sizes) if sizes else "",
                        is_any=bool(sizes),
                    )
                ),
            ),
            Section(
                title="Printed against computed",
                blocks=tuple(
                    _chart(
                        how_many(len(content.printed), "printed number"),
                        "Params and operations of rows and of models; what lies on the line is as "
                        "printed.",
                        printed_chart(content.printed) if content.printed else "",
                        is_any=bool(content.printed),
                    )
                ),
            ),
            Section(title="Every network", blocks=(block,)),
        ),
        links=site_links(content.guide),
    )


def _chart(title: str, said: str, svg: str, *, is_any: bool) -> Iterator[Block]:
    if svg:
        yield Figure(title=title, description=said, svg=svg)
    else:
        yield Lines(spans=(Span(MISSING if is_any else "there is nothing to draw", "dim"),))


def errata_page(content: SiteContent) -> Page:
    """Return the page of the printed numbers that are known not to match, the oldest first."""
    found = {(each.totals.name, each.totals.variant): each for each in content.networks}
    networks = [found.get((item.table, item.variant)) for item in content.errata]
    columns: list[Column[PrintedErratum]] = [
        Column("Table", lambda item: item.table, whole=True),
        Column("Number", lambda item: item.cell),
        Column("Printed", lambda item: item.printed, right=True),
        Column("Counted", lambda item: item.computed, right=True),
        Column("Verdict", lambda item: item.verdict),
        Column("Because", lambda item: item.because),
        Column("Paper", lambda item: item.source.short_authors or item.source.title),
    ]
    sheet = make_sheet(how_many(len(content.errata), "number"), columns, content.errata)
    block = SheetBlock(
        sheet=sheet,
        links=tuple(network.page if network else "" for network in networks),
        choices=("Verdict", "Paper"),
    )
    certain = Fold(summary="How sure each verdict is", blocks=(Facts(facts=CERTAINTY),))
    return Page(
        title="Errata: printed numbers that are known not to match",
        answer=Span(errata_answer(content.errata)),
        sections=(Section(blocks=(certain, block)),),
        links=site_links(content.guide),
    )
