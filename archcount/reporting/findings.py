"""What `archcount check` says of tables: one line a table, and every finding with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from archcount.errors import Location
from archcount.reporting.exports import to_csv, to_json
from archcount.reporting.sheet import Column, Sheet, Text, make_sheet

SCHEMA = "archcount.check/1"
"""The name and version of the JSON form of a check."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        kind: `surprise`, `invalid`, `engines`, `uncounted`, `warning`, or a verdict that was
            asked to fail.
        what: what was found, in words.
        remedy: what to do.
        where: its place in the file, where it has one.
        failing: whether it fails the check.
    """

    kind: str
    what: str
    remedy: str = ""
    where: Location | None = None
    failing: bool = True

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.kind}: {self.message}"

    @property
    def message(self) -> str:
        """What was found and what to do, on one line."""
        return f"{self.what.rstrip('.')}; {self.remedy}" if self.remedy else self.what


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckReport:
    """What a check found of one table.

    Attributes:
        name: what the user called it.
        path: its file.
        variants: how many variants were counted, the table as printed included.
        engines: the engines that counted.
        verdicts: how many printed cells got each verdict.
        declared: how many errata and readings the file declares.
        findings: what was found.
    """

    name: str
    path: Path
    variants: int = 0
    engines: tuple[str, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    declared: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing found fails the check."""
        return not any(finding.failing for finding in self.findings)

    @property
    def invalid(self) -> bool:
        """Whether the file could not be read."""
        return any(finding.kind == "invalid" for finding in self.findings)


def check_sheet(reports: Iterable[CheckReport]) -> Sheet:
    """Lay checks out: one line a table, the findings below."""
    reports = tuple(reports)
    passed = sum(report.passed for report in reports)
    title = f"checked {len(reports)} table{'s' * (len(reports) != 1)}: {passed} passed"
    columns: list[Column[CheckReport]] = [
        Column(heading="Table", text=lambda report: report.name),
        Column(heading="Result", text=_result),
        Column(heading="Variants", text=lambda report: f"{report.variants or ''}", right=True),
        Column(heading="Engines", text=lambda report: ", ".join(report.engines)),
        Column(heading="Verdicts", text=_verdicts),
        Column(heading="Declared", text=lambda report: f"{report.declared}", right=True),
    ]
    return make_sheet(title, columns, reports, notes=_notes(reports))


def _result(report: CheckReport) -> Text:
    if report.invalid:
        return Text("invalid", "bad")
    failing = sum(finding.failing for finding in report.findings)
    return Text(f"{failing} found", "bad") if failing else Text("ok", "good")


def _verdicts(report: CheckReport) -> str:
    return ", ".join(f"{number} {status}" for status, number in report.verdicts.items())


def _notes(reports: Iterable[CheckReport]) -> Iterator[Text]:
    for report in reports:
        for finding in report.findings:
            yield Text(str(finding), "bad" if finding.failing else "told")


def check_json(reports: Iterable[CheckReport]) -> str:
    """Write checks as JSON, `archcount.check/1`."""
    return to_json(
        {
            "schema": SCHEMA,
            "tables": [
                {
                    "name": report.name,
                    "path": str(report.path),
                    "passed": report.passed,
                    "variants": report.variants,
                    "engines": list(report.engines),
                    "verdicts": dict(report.verdicts),
                    "declared": report.declared,
                    "findings": [_finding(finding) for finding in report.findings],
                }
                for report in reports
            ],
        }
    )


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind,
        "failing": finding.failing,
        "line": finding.where.line if finding.where else None,
        "column": finding.where.column if finding.where else None,
        "what": finding.what,
        "remedy": finding.remedy,
    }


def check_csv(reports: Iterable[CheckReport]) -> str:
    """Write checks as CSV, one line a finding, and one for a table without any."""
    return to_csv(
        {
            "table": report.name,
            "path": str(report.path),
            "passed": int(report.passed),
            "kind": finding.kind if finding else None,
            "failing": int(finding.failing) if finding else None,
            "line": finding.where.line if finding and finding.where else None,
            "column": finding.where.column if finding and finding.where else None,
            "what": finding.what if finding else None,
            "remedy": finding.remedy if finding else None,
        }
        for report in reports
        for finding in (report.findings or (None,))
    )


def check_github(reports: Iterable[CheckReport], folder: Path) -> str:
    """Write findings as annotations of GitHub Actions, then the result of each table.

    Args:
        reports: the checks.
        folder: what the files' paths are written relative to: the root of the checkout.
    """
    lines = []
    for report in reports:
        path = report.path.resolve()
        file = path.relative_to(folder) if path.is_relative_to(folder) else path
        for finding in report.findings:
            level = "error" if finding.failing else "warning"
            place = finding.where or Location(str(file), 1, 1)
            properties = {
                "file": str(file),
                "line": str(place.line),
                "col": str(place.column),
                "title": f"archcount: {finding.kind}",
            }
            told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
            lines.append(f"::{level} {told}::{_message(finding.message)}")
        lines.append(f"{report.name}: {_result(report).text}")
    return "\n".join(lines) + "\n"


def _message(text: str) -> str:
    """Escape a message as GitHub Actions' workflow commands want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
