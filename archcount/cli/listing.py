"""`archcount list`: the shipped tables, or the totals of every network of theirs."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.reporting.render import render_listing, render_sheets
from archcount.spec.catalogue import shipped_tables
from archcount.spec.heading import Heading, read_heading

SCHEMA = "archcount.list/1"


def show_list(
    totals: Annotated[
        bool,
        typer.Option(
            "--totals", help="One line a network: params, weights, MACs, depth, verdicts."
        ),
    ] = False,
    form: Format = None,
    output: Output = None,
) -> None:
    """List the shipped tables, or with --totals every network of theirs, counted and judged."""
    chosen = choose_format(form, output)
    with destination(output) as write:
        if totals:
            write(_totals(chosen, None if output is None else 160, colour=write_colour(output)))
            return
        records = [_record(read_heading(path, path.name)) for path in shipped_tables().values()]
        write(
            render_listing("Shipped tables", SCHEMA, records, chosen, colour=write_colour(output))
        )


def _record(heading: Heading) -> dict[str, str | int | float | None]:
    return {
        "name": heading.name,
        "rows": heading.rows,
        "input": heading.input,
        "variants": " ".join(heading.variants) or None,
        "source": str(heading.source),
    }


def _totals(form: str, width: int | None, *, colour: bool) -> str:
    from archcount.api.totals import totals
    from archcount.reporting.totals import totals_csv, totals_json, totals_sheets

    networks = totals()
    if form == "json":
        return totals_json(networks)
    if form == "csv":
        return totals_csv(networks)
    return render_sheets(
        [totals_sheets(networks)],
        form,
        width=width,
        colour=colour,
        heading="archcount list --totals",
    )
