"""`archcount site`: a static site of the catalogue."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archcount.api.site_report import GUIDE, site
from archcount.cli import complete
from archcount.cli.emit import progress
from archcount.reporting.figures import size


def show_site(
    *,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names of tables; every table that has a name by default.",
            autocompletion=complete.tables,
        ),
    ] = None,
    folder: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="DIR",
            help="A new or empty folder, or a site made before, which is replaced whole.",
        ),
    ],
    guide: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Where links to the guide lead: https://..., or a page in the folder.",
            show_default=False,
        ),
    ] = GUIDE,
) -> None:
    """Write a site of all tables: an index, a page for each, the errata.

    The pages are those of archcount report, one for each table and network, counted in closed form,
    with an index, charts of all networks, and the errata. They need no server, no network and no
    scripts. The folder appears when it is whole.

    Examples:
        archcount site -o site
        archcount site googlenet resnet -o site
    """
    with progress("reading tables") as tell:
        made = site(folder, *(names or ()), guide=guide, told=tell)
    for problem in made.problems:
        typer.echo(problem, err=True)
    typer.echo(f"{made.folder}: {made.pages} pages, {size(made.bytes)}", err=True)
