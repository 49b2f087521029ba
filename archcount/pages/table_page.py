"""The page of a table: the answer, what is printed, what was found, and how it was counted."""

from __future__ import annotations

from collections.abc import Iterator

from archcount.comparison import VERDICTS
from archcount.comparison.answers import kinds_by_name
from archcount.pages.printed_grid import printed_grid
from archcount.pages.row_bars import row_bars
from archcount.pages.table_content import TableContent
from archcount.reporting.compared_columns import MARKS
from archcount.reporting.figures import headline
from archcount.reporting.finding_sheets import (
    cell_findings,
    claims_sheet,
    claims_title,
    judged_claims,
)
from archcount.reporting.model_table import CountedModels
from archcount.reporting.page import (
    Block,
    Commands,
    Facts,
    Fold,
    Lines,
    Link,
    Page,
    Section,
    SheetBlock,
    Tallies,
)
from archcount.reporting.sheet import Span
from archcount.reporting.table_result import TableResult


def table_page(content: TableContent) -> Page:
    """Return the page of a table that was compared with its paper."""
    name = content.record.name
    if isinstance(content.record, TableResult) and content.record.variant:
        name = f"{name}@{content.record.variant}"
    title = content.paper.source.title
    return Page(
        title=f"{name}: {title}" if title else name,
        answer=Span(content.answer),
        warnings=content.remarks,
        sections=tuple(section for section in _sections(content) if section.blocks),
    )


def _sections(content: TableContent) -> Iterator[Section]:
    yield Section(blocks=(*_tallies(content), Facts(facts=_facts(content))))
    if content.is_printed:
        grid = printed_grid(content)
        yield Section(title=grid.title, blocks=(grid,))
    yield Section(title="Findings", blocks=tuple(_findings(content)))
    yield Section(title="Claims", blocks=tuple(_claims(content)))
    yield Section(title="Params and operations", blocks=tuple(row_bars(content)))
    figures = (content.figure,) if content.figure else ()
    yield Section(title="Architecture", blocks=figures)
    yield Section(title="Every count", blocks=(SheetBlock(sheet=content.counted),))
    yield Section(title="Conventions", blocks=tuple(_conventions(content)))
    yield Section(title="How to reproduce this", blocks=tuple(_commands(content)))


def _tallies(content: TableContent) -> Iterator[Block]:
    kinds = kinds_by_name(content.comparison) if content.comparison.is_own else {}
    if kinds:
        yield Tallies(tallies=kinds)


def _facts(content: TableContent) -> dict[str, str | Link]:
    source = content.paper.source
    address = f"https://arxiv.org/abs/{source.arxiv}" if source.arxiv else source.url
    where = f"arXiv:{source.arxiv}" if source.arxiv else source.url
    facts: dict[str, str | Link] = {"Paper": Link(text=source.title or where, url=address)}
    facts["Authors"] = source.short_authors
    facts["Place"] = ", ".join(filter(None, (where, source.table)))
    if isinstance(content.record, TableResult):
        count = content.record.total.count
        facts["Network"] = ", ".join(
            (
                headline(count.params, " params"),
                headline(count.cost.macs, "MACs"),
                headline(count.cost.flops(), "FLOPs"),
                f"depth {count.depth}",
            )
        )
    else:
        facts["Networks"] = _range(content.record)
    return {name: text for name, text in facts.items() if text}


def _range(models: CountedModels) -> str:
    """Return how many networks there are, and the params of the smallest and the largest."""
    by_size = sorted(models.rows, key=lambda row: row.count.params)
    ends = by_size[:1] + by_size[1:][-1:]
    sizes = [f"{row.label} ({headline(row.count.params, ' params')})" for row in ends]
    return f"{len(by_size)}: {' to '.join(sizes)}"


def _findings(content: TableContent) -> Iterator[Block]:
    rows = [row.id for row in content.comparison.printed]
    found = cell_findings(content.comparison, rows, content.names) if content.is_judged else None
    if found is not None:
        yield Lines(spans=found.notes)


def _claims(content: TableContent) -> Iterator[Block]:
    claims = judged_claims(content.comparison)
    open_claims = [claim for claim in claims if claim.verdict.status != "match"]
    right = [claim for claim in claims if claim.verdict.status == "match"]
    if open_claims:
        sheet = claims_sheet(claims_title(content.comparison), content.comparison, open_claims)
        yield SheetBlock(sheet=sheet)
    if right:
        summary = f"{len(right)} {'claims match' if len(right) > 1 else 'claim matches'}"
        sheet = claims_sheet("What matches", content.comparison, right)
        yield Fold(summary=summary, blocks=(SheetBlock(sheet=sheet),), is_open=not open_claims)


def _conventions(content: TableContent) -> Iterator[Block]:
    conventions = content.comparison.conventions
    if conventions:
        headings = content.paper.headings
        yield Facts(
            facts={headings.get(name) or name: words for name, words in conventions.items()}
        )
    verdicts = {
        f"{MARKS.get(status, '✗')} {status}".strip(): words for status, words in VERDICTS.items()
    }
    yield Fold(summary="What the verdicts mean", blocks=(Facts(facts=verdicts),))
    if content.record.notes:
        notes = tuple(Span(note) for note in content.record.notes)
        yield Fold(summary="Notes of the table's file", blocks=(Lines(spans=notes),))


def _commands(content: TableContent) -> Iterator[Block]:
    arguments = content.arguments
    commands = {f"archcount table {arguments} --compare-paper": "the same in a terminal"}
    row = next(
        (
            row.id
            for row in content.comparison.rows
            if row.id in content.sites
            for cell in row.cells.values()
            if cell.verdict.status not in ("match", "unpublished")
        ),
        "",
    )
    if row:
        commands[f"archcount explain {content.network} {row}"] = "one row in full, and its readings"
    commands[f"archcount report {arguments} -o report.html"] = "this page"
    yield Commands(commands=commands)
    yield Facts(facts={**content.versions, "Table file": content.file})
