"""`archcount explain`: the arithmetic of one row, and what its printed numbers may have been."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.explaining import explain
from archcount.api.tables import load
from archcount.cli import complete
from archcount.cli.engine_option import Engine
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.cli.progress import progress
from archcount.reporting.explained import explained_csv, explained_json
from archcount.reporting.explained_sheets import explained_sheets
from archcount.reporting.render import render_sheets


def show_explain(
    name: Annotated[
        str,
        typer.Argument(
            help="A shipped table's name, or the path of a table file.",
            autocompletion=complete.tables,
        ),
    ],
    row: Annotated[str, typer.Argument(help="The row's name.", autocompletion=complete.rows)],
    variant: Annotated[
        str, typer.Option(help="A variant of the table.", autocompletion=complete.variants)
    ] = "",
    engine: Engine = "formula",
    form: Format = None,
    output: Output = None,
) -> None:
    """Explain one row: its arithmetic, each convention tried, and the readings that fit.

    A reading changes one thing of the row (the input width, one filter count, kernel or stride,
    groups, a separable kernel, one layer more or less) and gives every printed number at once.
    The likeliest stands first; it is marked which engines counted it. With --engine fvcore, torch
    or all, readings are built as modules and run.
    """
    chosen = choose_format(form, output)
    with destination(output) as write:
        table = load(name)
        with progress(f"explaining {row} of {table.name} with {engine}"):
            explained = explain(table, row, variant=variant, engine=engine)
        if chosen == "json":
            write(explained_json(explained))
        elif chosen == "csv":
            write(explained_csv(explained))
        else:
            sheets = explained_sheets(explained)
            width = None if output is None else 160
            heading = f"archcount explain {table.name} {row}"
            write(
                render_sheets(
                    sheets, chosen, width=width, colour=write_colour(output), heading=heading
                )
            )
