"""The layout of `archcount check`: a line a table, every finding with its place, for GitHub too."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archcount.comparison import VERDICTS
from archcount.control_characters import visible
from archcount.errors import Location, Problem
from archcount.reporting.detail import Detail
from archcount.reporting.encoding import Value, encode, fields_of
from archcount.reporting.formats import OutputFormat
from archcount.reporting.report import Report, how_many
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet
from archcount.reporting.table_sheets import tallied

TOTAL = "total"
"""What the line of sums is called, which no table is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a check found.

    Attributes:
        kind: `surprise`, `invalid`, `engines`, `uncounted`, `warning`, or a verdict that was
            asked to fail.
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


def invalid(problem: Problem) -> Finding:
    """Return the finding of a problem that keeps a file from being read."""
    allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
    return Finding(
        kind="invalid", what=problem.what + allowed, remedy=problem.remedy, where=problem.where
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TableCheck:
    """What a check found of one table.

    Attributes:
        name: what the user called it.
        paper: its authors, year and place in few words.
        variants: how many networks were counted, the table as printed included.
        verdicts: how many printed numbers got each verdict.
        declared: how many errata and readings the file declares.
        undeclared: how many numbers are `off` with no erratum that gives a reason.
    """

    name: str
    path: Path
    paper: str = ""
    variants: int = 0
    engines: tuple[str, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    declared: int = 0
    undeclared: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def numbers(self) -> int:
        """How many printed numbers got a verdict."""
        return sum(self.verdicts.values()) - self.verdicts.get("unpublished", 0)

    @property
    def passed(self) -> bool:
        """Whether nothing found fails the check."""
        return not any(finding.failing for finding in self.findings)

    @property
    def invalid(self) -> bool:
        """Whether the file could not be read."""
        return any(finding.kind == "invalid" for finding in self.findings)


def check_sheets(checks: Sequence[TableCheck], detail: Detail = "findings") -> list[list[Sheet]]:
    """Lay checks out: the answer, one line a table, their sums, the findings, the answer again."""
    title = check_answer(checks)
    answer = [make_sheet(title, (), ())]
    if detail == "answer":
        return [answer]
    found = [finding for check in checks for finding in check.findings]
    notes = [
        Span(str(finding), "bad" if finding.failing else "warn", f"{finding.kind}:")
        for finding in found
    ]
    sums = [_sum(checks)] if len(checks) > 1 else []
    notes += [Span(_shares(total)) for total in sums if total.numbers]
    table = [
        make_sheet(
            title, columns, [*checks, *sums], rule_before=(len(checks),) * len(sums), notes=notes
        )
        for columns in (_columns(), _narrow_columns())
    ]
    return [table, answer] if sums or found else [table]


def check_answer(checks: Sequence[TableCheck]) -> str:
    """Return in a line which tables pass, and how many printed numbers are off with no reason.

    >>> check_answer([TableCheck(name="lenet5", path=Path(), verdicts={"match": 21})])
    'lenet5: passes; none of 21 printed numbers is off'
    >>> check_answer([TableCheck(name="x", path=Path(), verdicts={"off": 3}, undeclared=1)])
    'x: passes; 3 of 3 printed numbers are off, 1 of them with no reason declared'
    """
    total = _sum(checks)
    return _passed(checks) + (f"; {_off(total)}" if total.numbers else "")


def _off(total: TableCheck) -> str:
    off, new = total.verdicts.get("off", 0), total.undeclared
    some = f"{off or 'none'} of {how_many(total.numbers, 'printed number')}"
    said = f"{some} {'are' if off > 1 else 'is'} off"
    if not off:
        return said
    if not new:
        return f"{said}, {'each ' if off > 1 else ''}for a declared reason"
    return f"{said}, {'' if new == off else f'{new} of them '}with no reason declared"


def _passed(checks: Sequence[TableCheck]) -> str:
    ends = Counter(
        "invalid" if check.invalid else "passes" if check.passed else "fails" for check in checks
    )
    if len(checks) == 1:
        return f"{checks[0].name}: {' '.join(ends)}"
    words = {"passes": "pass", "fails": "fail", "invalid": "invalid"}
    told = [f"{ends[end] if len(ends) > 1 else 'all'} {words[end]}" for end in words if ends[end]]
    return f"{how_many(len(checks), 'table')}: {', '.join(told)}"


def _sum(checks: Sequence[TableCheck]) -> TableCheck:
    verdicts = sum((Counter(check.verdicts) for check in checks), Counter[str]())
    return TableCheck(
        name=TOTAL,
        path=Path(),
        variants=sum(check.variants for check in checks),
        verdicts={word: verdicts[word] for word in VERDICTS if verdicts[word]},
        declared=sum(check.declared for check in checks),
        undeclared=sum(check.undeclared for check in checks),
    )


def _shares(total: TableCheck) -> str:
    """Say how much of what is printed got each verdict."""
    share = {word: 100 * number / total.numbers for word, number in total.verdicts.items()}
    words = ", ".join(f"{share[word]:.1f}% {word}" for word in VERDICTS if share.get(word))
    undeclared = 100 * total.undeclared / total.numbers
    return (
        f"of {total.numbers:,} printed numbers {words}; "
        f"{undeclared:.1f}% off with no reason declared"
    )


def _columns() -> list[Column[TableCheck]]:
    def number_of(word: str) -> Column[TableCheck]:
        return Column(word, lambda check: f"{check.verdicts.get(word) or ''}", right=True)

    return [
        Column("Table", lambda check: check.name),
        Column("Result", result),
        Column("Paper", lambda check: check.paper),
        Column("Engines", lambda check: ", ".join(check.engines)),
        Column("Networks", lambda check: f"{check.variants or ''}", right=True),
        Column("Numbers", lambda check: f"{check.numbers:,}", right=True),
        *(number_of(word) for word in VERDICTS if word != "unpublished"),
        Column("declared", lambda check: f"{check.declared or ''}", right=True),
        Column("off, undeclared", lambda check: f"{check.undeclared or ''}", right=True),
    ]


def _narrow_columns() -> list[Column[TableCheck]]:
    return [
        Column("Table", lambda check: check.name),
        Column("Result", result),
        Column("Networks", lambda check: f"{check.variants or ''}", right=True),
        Column("Verdicts", lambda check: tallied(check.verdicts)),
        Column("Declared", lambda check: f"{check.declared}", right=True),
    ]


def result(check: TableCheck) -> Span:
    """Return in a word how a check ended."""
    if check.name == TOTAL:
        return Span("")
    if check.invalid:
        return Span("invalid", "bad")
    failing = sum(finding.failing for finding in check.findings)
    return Span(f"{failing} found", "bad") if failing else Span("ok", "good")


@encode.register
def _(check: TableCheck) -> dict[str, Any]:
    return {**fields_of(check), "passed": check.passed}


@encode.register
def _(finding: Finding) -> dict[str, Any]:
    line, column = (finding.where.line, finding.where.column) if finding.where else (None, None)
    return {**fields_of(finding, "where"), "line": line, "column": column}


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


def _github(report: Report, width: int | None, colour: bool) -> str:
    """Return findings as annotations of GitHub Actions, paths relative to the checkout's folder."""
    folder = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    lines = []
    for check in report.record:
        path = check.path.resolve()
        file = path.relative_to(folder) if path.is_relative_to(folder) else path
        for finding in check.findings:
            level = "error" if finding.failing else "warning"
            place = finding.where or Location(str(file), 1, 1)
            properties = {
                "file": str(file),
                "line": str(place.line),
                "col": str(place.column),
                "title": f"archcount: {finding.kind}",
            }
            shown = ",".join(
                f"{key}={_message(value).replace(':', '%3A').replace(',', '%2C')}"
                for key, value in properties.items()
            )
            lines.append(f"::{level} {shown}::{_message(finding.message)}")
        lines.append(f"{visible(check.name)}: {result(check).text}")
    return "\n".join(lines) + "\n"


def _message(text: str) -> str:
    """Escape a message as GitHub Actions' workflow commands want it."""
    return visible(text).replace("%", "%25")


GITHUB = OutputFormat("annotations with file, line and column", _github)
"""The format, which checks alone can be written in."""
