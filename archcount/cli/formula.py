"""`archcount formula`: a table's counts as exact expressions."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.cli import complete
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.errors import Problem, UsageError, quote


def show_formula(
    name: Annotated[
        str,
        typer.Argument(
            help="A shipped table's name, or the path of a table file.",
            autocompletion=complete.tables,
        ),
    ] = "googlenet",
    row: Annotated[
        str,
        typer.Argument(
            help="A row's name; the whole network without one.", autocompletion=complete.rows
        ),
    ] = "",
    symbols: Annotated[
        str | None,
        typer.Option(
            "--in",
            metavar="NAMES",
            help="What stays a symbol, such as H,W,batch,classes: C, H, W (or size, of a square), "
            "batch, and the names under let:. By default H, W and every such name that can be.",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--rows", help="Every row, and the whole network.")
    ] = False,
    variant: Annotated[
        str, typer.Option(help="A variant of the table.", autocompletion=complete.variants)
    ] = "",
    form: Format = None,
    output: Output = None,
) -> None:
    """Give params and MACs as exact expressions in the input size and a table's `let` names.

    In closed form, of one image unless batch is among the names; sympy reads the expressions. The
    values for which they were shown to hold stand below.
    """
    from archcount.api.formulas import formula
    from archcount.api.tables import load
    from archcount.reporting.formulas import formula_csv, formula_json, formula_sheets
    from archcount.reporting.render import render_sheets

    if row and every:
        raise UsageError(Problem(what="a row beside --rows", allowed="one of them"))
    names = [] if symbols is None else [each.strip() for each in symbols.split(",")]
    if symbols is not None and not all(names):
        raise UsageError(
            Problem(
                what=f"--in {quote(symbols)}",
                allowed="names with commas between, such as H,W,batch",
            )
        )
    chosen = choose_format(form, output)
    with destination(output) as write:
        table = load(name)
        report = formula(table, row, variant=variant, symbols=names, every=every)
        if chosen == "json":
            write(formula_json(report))
        elif chosen == "csv":
            write(formula_csv(report))
        else:
            heading = f"archcount formula {table.name}"
            width = None if output is None else 160
            colour = write_colour(output)
            sheets = formula_sheets(report)
            write(render_sheets(sheets, chosen, width=width, colour=colour, heading=heading))
