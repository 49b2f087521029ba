"""`archcount check`: the gate for a pull request that adds or changes a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from archcount.api.checks import FAILING, check
from archcount.cli import complete
from archcount.cli.engine_option import Engine
from archcount.cli.options import Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.cli.progress import progress
from archcount.errors import Problem, UsageError
from archcount.reporting.findings import (
    CheckReport,
    check_csv,
    check_github,
    check_json,
    check_sheet,
)
from archcount.reporting.render import FORMATS, render_sheets
from archcount.spec.catalogue import find_table, shipped_tables

GITHUB = "github"


def show_check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME",
            help="Shipped tables or table files; googlenet where none is named.",
            autocompletion=complete.tables,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Check every shipped table.")] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What fails the check (may be repeated, or joined by commas): "
            f"{', '.join(FAILING)}. By default surprise.",
            metavar="WHAT",
        ),
    ] = None,
    engine: Engine = "fvcore",
    form: Annotated[
        str | None,
        typer.Option(
            "--format",
            help=f"{', '.join(FORMATS)}, or {GITHUB} for annotations with file, line and column.",
            metavar="FORMAT",
        ),
    ] = None,
    output: Output = None,
) -> None:
    """Check tables: valid, counted alike by every engine, every verdict as its file declares.

    A surprise in either direction fails: a printed number that is not right and not declared,
    or a declared one that no longer disagrees. Exit code 1 if a check fails, 2 if a file is not
    valid.
    """
    if every and names:
        raise UsageError(Problem(what="--all and names", allowed="one of them"))
    chosen = GITHUB if form == GITHUB else choose_format(form, output)
    words = [word.strip() for item in fail_on or ["surprise"] for word in item.split(",")]
    chosen_names = [*shipped_tables()] if every else names or ["googlenet"]
    for name in chosen_names:
        find_table(name)  # a name that is none is said before any work is done
    reports: list[CheckReport] = []
    with destination(output) as write:
        for name in chosen_names:
            with progress(f"checking {name} with {engine}"):
                reports.append(check(name, engine=engine, fail_on=words))
        write(_written(reports, chosen, output))
    if any(report.invalid for report in reports):
        raise typer.Exit(2)
    if not all(report.passed for report in reports):
        raise typer.Exit(1)


def _written(reports: list[CheckReport], chosen: str, output: Path | None) -> str:
    if chosen == GITHUB:
        return check_github(reports, Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve())
    if chosen == "json":
        return check_json(reports)
    if chosen == "csv":
        return check_csv(reports)
    width = None if output is None else 160
    return render_sheets(
        [[check_sheet(reports)]],
        chosen,
        width=width,
        colour=write_colour(output),
        heading="archcount check",
    )
