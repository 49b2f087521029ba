"""The check of an implementation: it differs from a paper's table as is declared, and not else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcount.api.implementation_report import ImplementationReport, compare_model
from archcount.api.tables import Table
from archcount.difference.expected_differences import unexpected_differences
from archcount.errors import InvalidTableError, UsageError
from archcount.loading.arguments import read_value
from archcount.printed.expected import Expectations
from archcount.reporting.check_sheets import Finding, TableCheck, invalid
from archcount.spec.expectation_file import read_expectations

if TYPE_CHECKING:
    from torch import nn


def check_model(
    table: str | Path | Table = "",
    model: str | nn.Module = "",
    expect: str | Path = "",
    *,
    fail_on: Collection[str] = ("surprise",),
    **options: Any,
) -> TableCheck:
    """Check an implementation against a table and the differences that a file declares.

    Args:
        table: the table; that of the file where it is empty.
        model: the implementation, likewise.
        expect: a file of expectations; nothing is expected to differ where it is empty.
        fail_on: what fails the check, words of `archcount.api.check_report.FAILING`.
        **options: as `compare_model` takes them; what is given here is taken before the file's.

    Raises:
        UsageError: neither says which table or which model; or errors as `compare_model`.
    """
    path = Path(expect)
    declared = Expectations()
    if expect:
        try:
            declared = read_expectations(path)
        except InvalidTableError as error:
            found = tuple(map(invalid, error.problems))
            return TableCheck(name=str(expect), path=path, findings=found)
    report = _compared(table, model, declared, options)
    record = report.record
    verdicts = report.verdicts
    findings = (
        *_surprises(report, declared, failing="surprise" in fail_on),
        *_bad(verdicts, fail_on),
        *(
            Finding(kind="warning", what=str(each), failing="warning" in fail_on)
            for each in record.warnings
        ),
    )
    return TableCheck(
        name=f"{record.model} against {record.name}",
        path=path if expect else Path(str(table)),
        paper=", ".join(filter(None, (record.source.short_authors, record.source.table))),
        variants=1,
        engines=("torch",),
        verdicts=verdicts,
        declared=len(declared.differences),
        findings=findings,
    )


def _compared(
    table: str | Path | Table,
    model: str | nn.Module,
    declared: Expectations,
    options: Mapping[str, Any],
) -> ImplementationReport:
    """Compare what is named here, or else in the file."""
    table, model = table or declared.table, model or declared.model
    for what, side in (("table", table), ("model", model)):
        if side == "":
            where = f": {declared.label} has no {what}:" if declared.label else ""
            remedy = f"name the {what}" + (", here or in the file" if declared.label else "")
            raise UsageError.of(f"no {what} is named{where}", remedy=remedy)
    arguments = {name: read_value(text) for name, text in declared.arguments.items()}
    own = {"input": declared.input, "map": declared.map, "arguments": arguments}
    given = {name: value for name, value in options.items() if value}
    return compare_model(model, table, **{**own, **given})


def _surprises(
    report: ImplementationReport, declared: Expectations, *, failing: bool
) -> Iterator[Finding]:
    """List the differences that are not declared, and declarations that nothing bears out."""
    record = report.record
    if record.is_another:
        yield Finding(kind="surprise", what=report.summary, failing=failing)
        return
    totals = {"params": record.total.count.params, "macs": record.total.count.cost.macs}
    outside = [count.id for count in record.outside]
    told = [record.results] if record.results else []
    if report.is_changed and not (record.findings or outside or told or declared.totals):
        told = [f"no layer differs, and the totals do: {report.summary}"]
    for what in told:
        yield Finding(kind="surprise", what=what, failing=failing)
    for item in unexpected_differences(record.findings, outside, totals, declared):
        yield Finding(
            kind="surprise", what=item.what, remedy=item.remedy, where=item.where, failing=failing
        )


def _bad(verdicts: Mapping[str, int], fail_on: Collection[str]) -> Iterator[Finding]:
    for word, number in verdicts.items():
        if word in fail_on:
            what = f"{number} printed number{'s' * (number > 1)}"
            yield Finding(kind=word, what=what, remedy="table --model shows which")
