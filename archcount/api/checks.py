"""The check of a table: valid, counted alike by every engine, verdicts as its file declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from archcount import engines
from archcount.api.reports import Report, compare, count
from archcount.api.tables import Table
from archcount.comparison import VERDICTS
from archcount.comparison.errata import unexpected
from archcount.errors import InvalidTableError, Problem, UsageError, quote, suggestion
from archcount.reporting.findings import CheckReport, Finding
from archcount.spec.catalogue import find_table
from archcount.spec.load import load_table

FAILING = (
    "surprise",
    "warning",
    *(word for word in VERDICTS if word not in ("match", "unpublished")),
)
"""What a check may be asked to fail on; an invalid file and engines that disagree always do."""


def check(
    name: str | Path, *, engine: str = "fvcore", fail_on: Collection[str] = ("surprise",)
) -> CheckReport:
    """Check one table; a file that is not valid is a finding, not an error.

    Args:
        name: a shipped table's name, or a file.
        engine: the engine that is held against the formula.
        fail_on: what fails the check, words of `FAILING`; a verdict there fails it though the
            file declares it.

    Raises:
        UsageError: there is no such table, engine, or word.

    >>> check("googlenet", engine="formula").passed
    True
    """
    _require_known(fail_on)
    engines.choose(engine)
    path, label = (name, str(name)) if isinstance(name, Path) else find_table(name)
    try:
        table = Table(load_table(path, label))
    except InvalidTableError as error:
        return CheckReport(
            name=str(name), path=path, findings=tuple(_invalid(item) for item in error.problems)
        )
    return _checked(table, str(name), engine, fail_on)


def _require_known(fail_on: Collection[str]) -> None:
    """Refuse a word that is no reason to fail."""
    for word in fail_on:
        if word not in FAILING:
            raise UsageError(
                Problem(
                    what=f"unknown reason to fail {quote(word)}",
                    allowed=", ".join(FAILING),
                    remedy=suggestion(word, FAILING),
                )
            )


def _checked(table: Table, name: str, engine: str, fail_on: Collection[str]) -> CheckReport:
    """Check every network of a table that is valid."""
    verdicts: Counter[str] = Counter()
    found: list[Finding] = []
    engines: tuple[str, ...] = ()
    for variant in table.networks:
        report = count(table, variant=variant, engine=engine, heads=True)
        found += _engines(report)
        report = compare(report, table)
        found += _verdicts(table, report, fail_on)
        verdicts += tally(report)
        engines = tuple(each.engine for each in report.counts)
    papers = [table.file.printed(variant) for variant in table.networks]
    return CheckReport(
        name=name,
        path=table.file.path,
        variants=len(papers),
        engines=engines,
        verdicts={
            word: verdicts[word] for word in VERDICTS if verdicts[word] and word != "unpublished"
        },
        declared=sum(
            len(paper.errata)
            + len(paper.readings)
            + sum(claim.erratum is not None for claim in paper.claims)
            for paper in papers
        ),
        findings=tuple(found),
    )


def tally(report: Report) -> Counter[str]:
    """Count the verdicts on a compared report's cells and claims."""
    comparison = report.record.comparison
    assert comparison is not None
    return Counter(
        cell.verdict.status for row in comparison.rows for cell in row.cells.values()
    ) + Counter(claim.verdict.status for claim in comparison.claims)


def _invalid(problem: Problem) -> Finding:
    allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
    return Finding(
        kind="invalid", what=problem.what + allowed, remedy=problem.remedy, where=problem.where
    )


def _engines(report: Report) -> Iterator[Finding]:
    """List where engines disagree, and what one of them cannot count."""
    variant = f" of variant {report.record.variant}" if report.record.variant else ""
    for item in report.record.disagreements:
        values = ", ".join(f"{engine} {value}" for engine, value in item.values.items())
        yield Finding(kind="engines", what=f"{item.what} of row {item.row}{variant}: {values}")
    for op in report.record.uncounted:
        yield Finding(kind="uncounted", what=f"{op.op} in {op.place}{variant}, {op.times} times")


def _verdicts(table: Table, report: Report, fail_on: Collection[str]) -> Iterator[Finding]:
    """List the verdicts that the file does not expect, those that may not stand, and warnings."""
    comparison, variant = report.record.comparison, report.architecture.variant
    assert comparison is not None
    paper = table.file.printed(variant)
    told = f"variant {variant}, " if variant else ""
    for item in unexpected(paper, comparison):
        found = f"{item.found}, not {item.expected}" if item.found else f"no {item.expected}"
        yield Finding(
            kind="surprise",
            what=f"{told}{item.about}: {found}. {item.sentence}",
            remedy=item.remedy,
            where=item.where,
            failing="surprise" in fail_on,
        )
    rows = {row.id: row for row in comparison.rows}
    for row in paper.rows:
        for column, cell in rows[row.id].cells.items():
            if cell.verdict.status in fail_on:
                yield Finding(
                    kind=cell.verdict.status,
                    what=f"{told}row {row.id}, {column}: {cell.verdict.sentence}",
                    where=row.cells[column].where,
                )
    for claim, compared in zip(paper.claims, comparison.claims, strict=True):
        if compared.verdict.status in fail_on:
            yield Finding(
                kind=compared.verdict.status,
                what=f"{told}the claim {claim.printed} ({claim.what}): {compared.verdict.sentence}",
                where=claim.where,
            )
    for warning in report.record.warnings:
        yield Finding(kind="warning", what=f"{told}{warning}", failing="warning" in fail_on)
