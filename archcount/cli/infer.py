"""`archcount infer`: how a paper counts, from all its printed numbers."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.api.inferring import infer
from archcount.api.tables import load
from archcount.cli import complete
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.reporting.inferred import inferred_csv, inferred_json, inferred_sheets
from archcount.reporting.render import render_sheets


def show_infer(
    name: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="The path of a table file, or a shipped table's name.",
            autocompletion=complete.tables,
        ),
    ],
    form: Format = None,
    output: Output = None,
) -> None:
    """Infer the conventions of a table and propose its `conventions:` line.

    Every listed convention (K, weights or all params, MACs or FLOPs, what is included, rounded
    or cut off) is held against every printed number of its column; what the file declares is
    left aside.
    """
    chosen = choose_format(form, output)
    with destination(output) as write:
        inference = infer(load(name))
        if chosen == "json":
            write(inferred_json(inference))
        elif chosen == "csv":
            write(inferred_csv(inference))
        else:
            width = None if output is None else 160
            write(
                render_sheets(
                    [[sheet] for sheet in inferred_sheets(inference)],
                    chosen,
                    width=width,
                    colour=write_colour(output),
                    heading=f"archcount infer {inference.name}",
                )
            )
