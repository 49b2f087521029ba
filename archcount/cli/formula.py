"""`archcount formula`: a table's counts as exact expressions."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.formula_report import FormulaReport, formula
from archcount.cli import complete
from archcount.cli.emit import emitting
from archcount.cli.options import Output, TableName, Variant, format_option
from archcount.errors import UsageError


def show_formula(
    name: TableName = "googlenet",
    rows: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ROW]...",
            help="Rows; the whole network where there is none.",
            autocompletion=complete.rows,
        ),
    ] = None,
    symbols: Annotated[
        str,
        typer.Option(
            "--in",
            metavar="NAMES",
            help="What stays a symbol: H,W (or size), tokens, C, batch, names under let; by "
            "default the sizes of the input and the names under let.",
        ),
    ] = "",
    variant: Variant = "",
    multiple: Annotated[
        int,
        typer.Option(
            metavar="N", help="Take the sides for multiples of N, for simpler expressions."
        ),
    ] = 1,
    every_row: Annotated[
        bool, typer.Option("--rows", help="Every row, and the whole network.")
    ] = False,
    form: Annotated[str | None, format_option(FormulaReport.formats)] = None,
    output: Output = None,
) -> None:
    """Show a table's counts as exact expressions.

    Their domain is printed below them. They come from one run of the counting over symbols, and
    are checked by counting at points of that domain.

    Examples:
        archcount formula resnet@50 --in H,W
        archcount formula googlenet inception_3a
    """
    if rows and every_row:
        raise UsageError.of("--rows and names of rows", allowed="one of the two")
    with emitting(form, output, FormulaReport.formats) as emit:
        report = formula(
            name,
            *(rows or []),
            variant=variant,
            symbols=_names(symbols),
            multiple=multiple,
            every_row=every_row,
        )
        emit(report)


def _names(text: str) -> list[str]:
    names = [word.strip() for word in text.split(",")] if text else []
    if not all(names):
        raise UsageError.of(f"--in {text!r} has an empty name", allowed="names such as H,W,classes")
    return names
