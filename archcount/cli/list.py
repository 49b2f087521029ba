"""`archcount list`: the shipped tables, or the totals of every network of theirs."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.list_report import list as list_tables
from archcount.cli import complete
from archcount.cli.emit import emitting
from archcount.cli.options import Format, Output


def show_list(
    totals: Annotated[
        bool,
        typer.Option(
            "--totals", help="One line a network: params, weights, MACs, depth, verdicts."
        ),
    ] = False,
    year: Annotated[
        str, typer.Option(help="Of papers of this year alone, or of years such as 2014..2016.")
    ] = "",
    task: Annotated[
        str,
        typer.Option(
            help="Of networks for this task alone, such as segmentation.",
            autocompletion=complete.tasks,
        ),
    ] = "",
    kind: Annotated[
        str,
        typer.Option(
            help="Of networks of this kind alone, such as transformer.",
            autocompletion=complete.kinds,
        ),
    ] = "",
    form: Format = None,
    output: Output = None,
) -> None:
    """List the shipped tables, or with --totals every network.

    Examples:
        archcount list --year 2014..2016
        archcount list --totals --kind transformer
    """
    with emitting(form, output) as emit:
        emit(list_tables(totals=totals, year=year, task=task, kind=kind))
