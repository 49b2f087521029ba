"""The check of a table: valid, counted alike by every engine, verdicts as its file declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from archcount import counting, spec
from archcount.api.reports import Report, compare, count
from archcount.api.tables import Table
from archcount.comparison import VERDICTS
from archcount.comparison.surprises import surprises
from archcount.errors import InvalidTableError, Problem, UsageError, quote, suggestion
from archcount.reporting.findings import CheckReport, Finding

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
    for word in fail_on:
        if word not in FAILING:
            raise UsageError(
                Problem(
                    what=f"unknown reason to fail {quote(word)}",
                    allowed=", ".join(FAILING),
                    remedy=suggestion(word, FAILING),
                )
            )
    counting.choose(engine)
    path, label = (name, str(name)) if isinstance(name, Path) else spec.find_table(name)
    try:
        table = Table(spec.load_table(path, label))
    except InvalidTableError as error:
        return CheckReport(
            name=str(name), path=path, findings=tuple(_invalid(item) for item in error.problems)
        )
    reports = [count(table, variant=each, engine=engine, heads=True) for each in _variants(table)]
    report = compare(reports[0], table)
    comparison = report.record.comparison
    assert comparison is not None
    verdicts = Counter(
        cell.verdict.status for row in comparison.rows for cell in row.cells.values()
    ) + Counter(claim.verdict.status for claim in comparison.claims)
    found = [item for each in reports for item in _engines(each)]
    found += _verdicts(table, report, fail_on)
    found += [
        Finding(kind="warning", what=str(warning), failing="warning" in fail_on)
        for warning in report.record.warnings
    ]
    return CheckReport(
        name=str(name),
        path=path,
        variants=len(reports),
        engines=tuple(each.engine for each in report.counts),
        verdicts={
            word: verdicts[word] for word in VERDICTS if verdicts[word] and word != "unpublished"
        },
        declared=len(table.printed.errata)
        + len(table.printed.readings)
        + sum(claim.erratum is not None for claim in table.printed.claims),
        findings=tuple(found),
    )


def _variants(table: Table) -> tuple[str, ...]:
    return ("", *table.variants)


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
    """List the verdicts that the file does not expect, and those that may not stand at all."""
    comparison = report.record.comparison
    assert comparison is not None
    for item in surprises(table.printed, comparison):
        found = f"{item.found}, not {item.expected}" if item.found else f"no {item.expected}"
        yield Finding(
            kind="surprise",
            what=f"{item.about}: {found}. {item.sentence}",
            remedy=item.remedy,
            where=item.where,
            failing="surprise" in fail_on,
        )
    rows = {row.id: row for row in comparison.rows}
    for row in table.printed.rows:
        for column, cell in rows[row.id].cells.items():
            if cell.verdict.status in fail_on:
                yield Finding(
                    kind=cell.verdict.status,
                    what=f"row {row.id}, {column}: {cell.verdict.sentence}",
                    where=row.cells[column].where,
                )
    for claim, compared in zip(table.printed.claims, comparison.claims, strict=True):
        if compared.verdict.status in fail_on:
            yield Finding(
                kind=compared.verdict.status,
                what=f"the claim {claim.printed} ({claim.what}): {compared.verdict.sentence}",
                where=claim.where,
            )
