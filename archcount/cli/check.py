"""`archcount check`: the gate for a pull request that adds or changes a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from archcount.api.check_report import CHECK_FORMATS, FAILING
from archcount.cli import complete
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.implementation import Implemented, ImplementedBy, Maps
from archcount.cli.model_options import Arguments, Device
from archcount.cli.options import Output, Quiet, format_option
from archcount.engines import AUTO
from archcount.errors import UsageError

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME",
        help="Tables' names or table files; googlenet where none is named.",
        autocompletion=complete.tables,
    ),
]
Every = Annotated[bool, typer.Option("--all", help="Check every table that has a name.")]
FailsOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        help=f"What fails the check (may be repeated, or joined by commas): "
        f"{', '.join(FAILING)}. By default surprise.",
        metavar="WHAT",
        autocompletion=complete.words(*FAILING),
    ),
]
Expect = Annotated[
    list[str] | None,
    typer.Option(
        "--expect",
        help="A file that declares what an implementation does otherwise; it may name the "
        "table and the model (may be repeated).",
        metavar="FILE",
        autocompletion=complete.files(".yaml", ".yml"),
    ),
]


def show_check(
    names: Names = None,
    every: Every = False,
    fail_on: FailsOn = None,
    engine: Engine = AUTO,
    model: ImplementedBy = "",
    expect: Expect = None,
    maps: Maps = None,
    arguments: Arguments = None,
    device: Device = "meta",
    quiet: Quiet = False,
    form: Annotated[str | None, format_option(CHECK_FORMATS)] = None,
    output: Output = None,
) -> None:
    """Check tables: valid, counted alike, every verdict as declared.

    A surprise in either direction fails: a printed number that is not right and not declared,
    or a declared one that no longer disagrees. With --model or --expect an implementation is
    checked: it differs from the table as the file declares, and not otherwise. Exit code 1 if a
    check fails, 2 if a file is not valid.

    Examples:
        archcount check mine.yaml
        archcount check --all --engine formula
        archcount check googlenet --model torchvision:googlenet
    """
    if every and names:
        raise UsageError.of("--all and names", allowed="one of them")
    words = [word.strip() for item in fail_on or ["surprise"] for word in item.split(",")]
    run = Implemented(model, arguments or [], device, maps or [])
    chosen = [] if every else names or ([] if expect else ["googlenet"])
    with emitting(form, output, CHECK_FORMATS) as emit:
        with progress(f"checking {', '.join([*chosen, *(expect or [])]) or 'every table'}"):
            report = run.check(chosen, expect or [], engine=engine, fail_on=words)
        emit(replace(report, detail="answer") if quiet else report)
    if report.invalid:
        raise typer.Exit(2)
    if not report.passed:
        raise typer.Exit(1)
