"""The layout of `archcount check`: one line a table, and every finding with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archcount.errors import Location
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


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
class TableCheck:
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


def check_sheet(checks: Iterable[TableCheck]) -> Sheet:
    """Lay checks out: one line a table, the findings below."""
    checks = tuple(checks)
    passed = sum(check.passed for check in checks)
    title = f"checked {len(checks)} table{'s' * (len(checks) != 1)}: {passed} passed"
    columns: list[Column[TableCheck]] = [
        Column(heading="Table", text=lambda check: check.name),
        Column(heading="Result", text=result),
        Column(heading="Variants", text=lambda check: f"{check.variants or ''}", right=True),
        Column(heading="Engines", text=lambda check: ", ".join(check.engines)),
        Column(heading="Verdicts", text=_verdicts),
        Column(heading="Declared", text=lambda check: f"{check.declared}", right=True),
    ]
    return make_sheet(title, columns, checks, notes=_notes(checks))


def result(check: TableCheck) -> Span:
    """Return in a word how a check ended."""
    if check.invalid:
        return Span("invalid", "bad")
    failing = sum(finding.failing for finding in check.findings)
    return Span(f"{failing} found", "bad") if failing else Span("ok", "good")


def _verdicts(check: TableCheck) -> str:
    return ", ".join(f"{number} {status}" for status, number in check.verdicts.items())


def _notes(checks: Iterable[TableCheck]) -> Iterator[Span]:
    for check in checks:
        for finding in check.findings:
            yield Span(str(finding), "bad" if finding.failing else "warn")


@encode.register
def _(check: TableCheck) -> dict[str, Any]:
    return {**fields_of(check), "passed": check.passed}


@encode.register
def _(finding: Finding) -> dict[str, Any]:
    return {**fields_of(finding, "where"), **_place(finding)}


def check_lines(checks: Iterable[TableCheck]) -> list[dict[str, Value]]:
    """Return one line a finding, and one for a table without any."""
    keys = ("kind", "failing", "line", "column", "what", "remedy")
    lines: list[dict[str, Value]] = []
    for check in checks:
        table: dict[str, Value] = {
            "table": check.name,
            "path": str(check.path),
            "passed": int(check.passed),
        }
        lines += [
            {**table, **{key: found[key] for key in keys}, "failing": int(found["failing"])}
            for found in map(encode, check.findings)
        ] or [{**table, **dict.fromkeys(keys)}]
    return lines


def _place(finding: Finding) -> dict[str, int | None]:
    where = finding.where
    return {"line": where.line if where else None, "column": where.column if where else None}
