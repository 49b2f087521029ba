"""The check of a table: valid, counted alike by every engine, verdicts as its file declares."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount import engines
from archcount.api.comparing import Known, compare_with_references
from archcount.api.table_report import TableReport, count_table
from archcount.api.tables import Table, meant, refuse_program
from archcount.comparison import VERDICTS
from archcount.comparison.errata import Unexpected, unexpected
from archcount.errors import InvalidTableError, UsageError, unknown_name
from archcount.reporting.check_sheets import (
    GITHUB,
    Finding,
    TableCheck,
    check_answer,
    check_lines,
    check_sheets,
    invalid,
)
from archcount.reporting.detail import Detail
from archcount.reporting.formats import FORMATS
from archcount.reporting.report import Lines, Parts, Report
from archcount.spec.catalogue import catalogue, find_network
from archcount.spec.load import load_table

if TYPE_CHECKING:
    from torch import nn

FAILING = (
    "surprise",
    "warning",
    *(word for word in VERDICTS if word not in ("match", "unpublished")),
)
"""What a check may be asked to fail on; an invalid file and engines that disagree always do."""

CHECK_FORMATS = {**FORMATS, "github": GITHUB}
"""The formats that a check can be written in."""


@dataclass(frozen=True)
class CheckReport(Report):
    """What a check found of some tables.

    Attributes:
        detail: how much of it people are shown; "answer" is one line.
    """

    command = "check"
    schema = "archcount.check/2"
    formats = CHECK_FORMATS
    items = "tables"

    record: tuple[TableCheck, ...]
    detail: Detail = "findings"

    @property
    def answer(self) -> str:
        """In a line which tables pass, and how many printed numbers are off with no reason."""
        return check_answer(self.record)

    @property
    def passed(self) -> bool:
        """Whether nothing found fails the check."""
        return all(check.passed for check in self.record)

    @property
    def invalid(self) -> bool:
        """Whether a file could not be read."""
        return any(check.invalid for check in self.record)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found, of all tables."""
        return tuple(finding for check in self.record for finding in check.findings)

    def _gist(self) -> str:
        passed = sum(check.passed for check in self.record)
        return f"{passed} of {len(self.record)} passed"

    def _tidy(self) -> Lines:
        return check_lines(self.record)

    def _sheets(self) -> Parts:
        return check_sheets(self.record, self.detail)


def check(
    *names: str | Path,
    engine: str = "auto",
    fail_on: Collection[str] = ("surprise",),
    model: str | nn.Module = "",
    expect: str | Path = "",
    **options: Any,
) -> CheckReport:
    """Check tables, or an implementation; a file that is not valid is a finding, not an error.

    An implementation fails where it differs from the table otherwise than its file of expectations
    declares, and where it no longer differs as declared.

    Args:
        *names: names of tables, or files; every table that has a name where there is none. With
            `@variant` behind it, one network of the table is checked.
        engine: the engine that is compared with the formula, as `count_table` takes it; networks
            that are too large to be run with numbers are counted by torch under `all`.
        fail_on: what fails the check, words of `FAILING`; a verdict there fails it though the
            file declares it.
        model: an implementation of the one table named, as `compare` takes it.
        expect: a file that declares what the implementation does otherwise, and may name the table
            and the implementation.
        **options: with an implementation, `variant`, `input`, `let`, `arguments`, `map` and
            `device`, as `compare` takes them.

    Raises:
        UsageError: there is no such table, engine, or word; with an implementation, several tables
            are named, or errors as of `compare`.

    >>> check("googlenet", engine="formula").passed
    True
    """
    for word in fail_on:
        if word not in FAILING:
            raise unknown_name("unknown reason to fail", word, FAILING)
    engines.check_name(engine)
    if options or model or expect:
        return _check_model(names, model, expect, fail_on, options)
    for name in names:
        refuse_program(name)
    found = [
        (str(name), *((name, str(name), "") if isinstance(name, Path) else find_network(name)))
        for name in names or catalogue().files
    ]
    known = Known()
    return CheckReport(tuple(_check(*each, engine, fail_on, known) for each in found))


def _check_model(
    names: Sequence[str | Path],
    model: str | nn.Module,
    expect: str | Path,
    fail_on: Collection[str],
    options: Mapping[str, Any],
) -> CheckReport:
    from archcount.api.model_check import check_model

    if len(names) > 1:
        what = f"an implementation of {len(names)} tables"
        raise UsageError.of(what, allowed="one table")
    table = names[0] if names else ""
    return CheckReport((check_model(table, model, expect, fail_on=fail_on, **options),))


def _check(
    name: str,
    path: Path,
    label: str,
    variant: str,
    engine: str,
    fail_on: Collection[str],
    known: Known,
) -> TableCheck:
    try:
        table = load_table(path, label, variant=variant, every_variant=not variant)
    except InvalidTableError as error:
        return TableCheck(name=name, path=path, findings=tuple(map(invalid, error.problems)))
    return _checked(table, name, engine, fail_on, known)


def _checked(
    table: Table,
    name: str,
    engine: str,
    fail_on: Collection[str],
    known: Known,
) -> TableCheck:
    """Check the networks that are meant of a table that is valid."""
    verdicts: Counter[str] = Counter()
    found: list[Finding] = []
    counted_by: dict[str, None] = {}
    undeclared = 0
    for variant in meant(table):
        report = count_table(
            table, variant=variant, engine=_engine(engine, table, variant), heads=True
        )
        found += _engines(report)
        report = compare_with_references(report, table, known)
        surprises = _unexpected(table, report)
        undeclared += sum(item.found == "off" for item in surprises)
        found += _verdicts(table, report, surprises, fail_on)
        verdicts += Counter(report.verdicts)
        counted_by |= dict.fromkeys(each.engine for each in report.counts)
    papers = [table.variant(variant).printed for variant in meant(table)]
    return TableCheck(
        name=name,
        path=table.path,
        paper=", ".join(filter(None, (table.source.short_authors, table.source.table))),
        variants=len(papers),
        engines=tuple(sorted(counted_by, key="formula".__eq__)),
        verdicts={word: verdicts[word] for word in VERDICTS if verdicts[word]},
        declared=sum(
            len(paper.errata)
            + len(paper.readings)
            + sum(claim.erratum is not None for claim in paper.claims)
            for paper in papers
        ),
        undeclared=undeclared,
        findings=tuple(dict.fromkeys(found)),
    )


def _engine(name: str, table: Table, variant: str) -> str:
    """Leave out of `all` what would run a large network with numbers, as `auto` does."""
    too_much = name == "all" and engines.is_large(table.architecture(variant=variant))
    return engines.AUTO if too_much else name


def _engines(report: TableReport) -> Iterator[Finding]:
    """List where engines disagree, and what one of them cannot count."""
    variant = f" of variant {report.record.variant}" if report.record.variant else ""
    for item in report.record.disagreements:
        values = ", ".join(f"{engine} {value}" for engine, value in item.values.items())
        yield Finding(kind="engines", what=f"{item.what} of row {item.row}{variant}: {values}")
    for op in report.record.uncounted:
        yield Finding(kind="uncounted", what=f"{op.op} in {op.place}{variant}, {op.times} times")


def _unexpected(table: Table, report: TableReport) -> tuple[Unexpected, ...]:
    comparison = report.record.comparison
    assert comparison is not None, "a report is compared"
    return unexpected(table.variant(report.architecture.variant).printed, comparison)


def _verdicts(
    table: Table,
    report: TableReport,
    surprises: Collection[Unexpected],
    fail_on: Collection[str],
) -> Iterator[Finding]:
    """List the verdicts that the file does not expect, those that may not stand, and warnings."""
    comparison, variant = report.record.comparison, report.architecture.variant
    assert comparison is not None
    paper = table.variant(variant).printed
    of = f"variant {variant}, " if variant else ""
    for item in surprises:
        found = f"{item.found}, not {item.expected}" if item.found else f"no {item.expected}"
        yield Finding(
            kind="surprise",
            what=f"{of}{item.about}: {found}. {item.sentence}",
            remedy=item.remedy,
            where=item.where,
            failing="surprise" in fail_on,
        )
    rows = {row.id: row for row in comparison.printed}
    for row in paper.compared:
        for column, cell in rows[row.id].cells.items():
            if cell.verdict.status in fail_on:
                yield Finding(
                    kind=cell.verdict.status,
                    what=f"{of}row {row.id}, {column}: {cell.verdict.sentence}",
                    where=row.cells[column].where,
                )
    for claim, compared in zip(paper.claims, comparison.claims, strict=True):
        if compared.verdict.status in fail_on:
            yield Finding(
                kind=compared.verdict.status,
                what=f"{of}the claim {claim.printed} ({claim.what}): {compared.verdict.sentence}",
                where=claim.where,
            )
    for warning in report.record.warnings:
        # What is said of a column of models is said of all of them.
        what = f"{'' if paper.whole else of}{warning}"
        yield Finding(kind="warning", what=what, failing="warning" in fail_on)
