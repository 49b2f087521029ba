"""Findings as annotations of GitHub Actions, which show them beside the lines of a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from archcount.errors import Location
from archcount.reporting.check_sheets import TableCheck, result
from archcount.reporting.formats import OutputFormat
from archcount.reporting.report import Report


def _github(report: Report, width: int | None, colour: bool) -> str:
    root = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    return workflow_commands(report.record, root)


GITHUB = OutputFormat("annotations with file, line and column", _github)
"""The format, which checks alone can be written in."""


def workflow_commands(checks: Iterable[TableCheck], folder: Path) -> str:
    """Return findings as annotations of GitHub Actions, then the result of each table.

    Args:
        checks: the checks.
        folder: what the files' paths are written relative to: the root of the checkout.
    """
    lines = []
    for check in checks:
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
            shown = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
            lines.append(f"::{level} {shown}::{_message(finding.message)}")
        lines.append(f"{check.name}: {result(check).text}")
    return "\n".join(lines) + "\n"


def _message(text: str) -> str:
    """Escape a message as GitHub Actions' workflow commands want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
