"""`archcount errata`: what is known to be wrong in print."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from archcount.api.errata_report import errata
from archcount.cli import complete
from archcount.cli.emit import emitting
from archcount.cli.options import Format, Output, Quiet, detail_of


def show_errata(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Tables' names or table files; every table that has a name by default.",
            autocompletion=complete.tables,
        ),
    ] = None,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Show the arithmetic and the command of each too."),
    ] = False,
    quiet: Quiet = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """List printed numbers known not to match, with the reasons.

    Tables declare them under `errata:`; `archcount check` fails where one no longer disagrees.

    Examples:
        archcount errata googlenet
    """
    detail = detail_of(verbose, quiet)
    with emitting(form, output) as emit:
        emit(replace(errata(*(names or ())), detail=detail))
