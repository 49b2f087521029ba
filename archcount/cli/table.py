"""`archcount table`: count a table row by row and compare it with its paper."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.comparing import compare
from archcount.api.counting import count
from archcount.api.printed_report import printed_report
from archcount.api.tables import load
from archcount.cli import complete
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.options import Format, Output, TableName, Variant, pairs_of
from archcount.engines import AUTO
from archcount.errors import UsageError


def show_table(
    name: TableName = "googlenet",
    compare_paper: Annotated[
        bool, typer.Option("--compare-paper", help="Give a verdict on every printed number.")
    ] = False,
    variant: Variant = "",
    size: Annotated[
        str, typer.Option("--input", help="Another input size, CxHxW.", metavar="CxHxW")
    ] = "",
    classes: Annotated[
        str, typer.Option(help="Another number of classes: --let classes=N.", metavar="N")
    ] = "",
    let: Annotated[
        list[str] | None,
        typer.Option(
            help="Another value of a name under let: in the table's file (may be repeated).",
            metavar="NAME=VALUE",
            autocompletion=complete.lets,
        ),
    ] = None,
    as_printed: Annotated[
        bool,
        typer.Option("--as-printed", help="Show the paper's own rows and headings; count nothing."),
    ] = False,
    batch: Annotated[int, typer.Option(help="Count operations for this many images.")] = 1,
    aux: Annotated[bool, typer.Option("--aux", help="Count the auxiliary heads too.")] = False,
    row: Annotated[
        list[str] | None,
        typer.Option(help="Show only this row (may be repeated).", autocompletion=complete.rows),
    ] = None,
    engine: Engine = AUTO,
    form: Format = None,
    output: Output = None,
) -> None:
    """Count a table row by row, and with --compare-paper judge what the paper printed.

    Every number is for one image (or --batch) at inference. MACs are multiply-accumulates of
    convolutions and linear layers; weights are parameters of kernels, params all of them.
    """
    with emitting(form, output) as emit:
        table = load(name, variant)
        if as_printed:
            counting = (batch != 1, engine != AUTO)
            _count_nothing(compare_paper, table.chosen, size, classes, let, aux, *counting)
            emit(printed_report(table.written, row or []))
            return
        lets = pairs_of("--let", [*(let or []), *([f"classes={classes}"] if classes else [])])
        with progress(f"counting {table.name}"):
            report = count(table, input=size, let=lets, engine=engine, heads=aux, batch=batch)
        if compare_paper:
            report = compare(report, table)
        emit(report.select(row) if row else report)


def _count_nothing(*options: object) -> None:
    """Raise a UsageError where an option of counting stands beside --as-printed."""
    if any(options):
        raise UsageError.of(
            "--as-printed shows what the paper prints, and counts nothing",
            allowed="--row, --format and -o beside it",
        )
