"""`archcount explain`: the arithmetic of one row, and what its printed numbers may have been."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.explain_report import explain
from archcount.api.tables import load
from archcount.cli import complete
from archcount.cli.emit import emitting, progress
from archcount.cli.engine_option import Engine
from archcount.cli.options import Format, Output, TableName, Variant


def show_explain(
    name: TableName,
    row: Annotated[str, typer.Argument(help="The row's name.", autocompletion=complete.rows)],
    variant: Variant = "",
    engine: Engine = "formula",
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Show the conventions tried, and every reading."),
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """Explain one row: its arithmetic, its printed numbers, and why.

    With -v each convention tried and all readings that fit are shown.

    A reading changes one thing of the row (the input width, one filter count, kernel or stride,
    groups, a separable kernel, one layer more or less) and gives every printed number at once.
    The likeliest stands first; it is marked which engines counted it. With --engine fvcore, torch
    or all, readings are built as modules and run.

    Examples:
        archcount explain googlenet inception_5a
    """
    with emitting(form, output) as emit:
        table = load(name, variant)
        with progress(f"explaining {row} of {table.name} with {engine}"):
            report = explain(table, row, engine=engine, verbose=verbose)
        emit(report)
