"""`archcount env`: what this machine runs, for a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from archcount import __version__
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.cli.progress import progress
from archcount.reporting.render import render_listing

SCHEMA = "archcount.env/1"
_PACKAGES = ("torch", "fvcore", "pandas", "pydantic", "PyYAML", "rich", "typer")


def show_env(form: Format = None, output: Output = None) -> None:
    """Show the versions and devices that a report or a measurement depends on."""
    chosen = choose_format(form, output)
    with destination(output) as write:
        with progress("asking torch for its devices"):
            records = [{"what": what, "value": value} for what, value in _facts()]
        write(render_listing("Environment", SCHEMA, records, chosen, colour=write_colour(output)))


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
