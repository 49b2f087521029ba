"""`archcount table`: count a table row by row and compare it with its paper."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount import api
from archcount.cli import complete
from archcount.cli.options import Engine, Format, Output, TableName
from archcount.cli.output import choose_format, destination, warn, write_colour
from archcount.cli.progress import progress
from archcount.reporting import render_table


def show_table(
    name: TableName = "googlenet",
    compare_paper: Annotated[
        bool, typer.Option("--compare-paper", help="Give a verdict on every printed number.")
    ] = False,
    variant: Annotated[
        str,
        typer.Option(help="A variant of the table.", autocompletion=complete.variants),
    ] = "",
    input_size: Annotated[
        str, typer.Option("--input", help="Another input size, CxHxW.", metavar="CxHxW")
    ] = "",
    batch: Annotated[int, typer.Option(help="Count operations for this many images.")] = 1,
    aux: Annotated[bool, typer.Option("--aux", help="Count the auxiliary heads too.")] = False,
    row: Annotated[
        list[str] | None,
        typer.Option(help="Show only this row (may be repeated).", autocompletion=complete.rows),
    ] = None,
    engine: Engine = "fvcore",
    form: Format = None,
    output: Output = None,
) -> None:
    """Count a table row by row, and with --compare-paper judge what the paper printed.

    Every number is for one image (or --batch) at inference. MACs are multiply-accumulates of
    convolutions and linear layers; weights are parameters of kernels, params all of them.
    """
    chosen = choose_format(form, output)
    with destination(output) as write:
        table = api.load(name)
        with progress(f"counting {table.name} with {engine}"):
            report = api.count(
                table, variant=variant, input=input_size, engine=engine, heads=aux, batch=batch
            )
        if compare_paper:
            report = api.compare(report, table)
        if row:
            report = report.select(row)
        if chosen == "csv" or output is not None:
            warn(report.record)
        width = None if output is None else 160
        write(render_table(report.record, chosen, width=width, colour=write_colour(output)))
