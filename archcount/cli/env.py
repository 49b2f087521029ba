"""`archcount env`: what this machine runs, for a bug report."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from archcount import __version__
from archcount.cli.emit import emitting, progress
from archcount.cli.options import Format, Output
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import sheet_of

_PACKAGES = ("torch", "fvcore", "pandas", "pydantic", "PyYAML", "rich", "typer")


@dataclass(frozen=True)
class EnvReport(Report):
    """Versions and devices."""

    command = "env"
    schema = "archcount.env/2"

    record: Lines

    def _tidy(self) -> Lines:
        return self.record

    def _sheets(self) -> Parts:
        return [[sheet_of("Environment", self._tidy())]]


def show_env(form: Format = None, output: Output = None) -> None:
    """Show the versions and devices that a report depends on.

    Examples:
        archcount env --format json
    """
    with emitting(form, output) as emit:
        with progress("asking torch for its devices"):
            report = EnvReport([{"what": what, "value": value} for what, value in _facts()])
        emit(report)


def _facts() -> list[tuple[str, str | None]]:
    facts: list[tuple[str, str | None]] = [("archcount", __version__)]
    facts += [(name, _version(name)) for name in _PACKAGES]
    facts += [
        ("python", platform.python_version()),
        ("platform", platform.platform()),
        ("processor", platform.processor() or platform.machine()),
    ]
    return facts + _torch_facts()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _torch_facts() -> list[tuple[str, str | None]]:
    import torch

    facts: list[tuple[str, str | None]] = [
        ("torch threads", str(torch.get_num_threads())),
        ("torch CUDA", torch.version.cuda),
    ]
    if torch.cuda.is_available():
        for number in range(torch.cuda.device_count()):
            facts.append((f"cuda:{number}", torch.cuda.get_device_name(number)))
    else:
        facts.append(("devices", "cpu"))
    return facts
