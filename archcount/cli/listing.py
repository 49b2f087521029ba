"""`archcount list`: the shipped tables."""

from __future__ import annotations

from archcount import api
from archcount.cli.options import Format, Output
from archcount.cli.output import choose_format, destination, write_colour
from archcount.reporting import render_listing
from archcount.spec import shipped_tables

SCHEMA = "archcount.list/1"


def show_list(form: Format = None, output: Output = None) -> None:
    """List the shipped tables."""
    chosen = choose_format(form, output)
    with destination(output) as write:
        records = [_record(api.load(name)) for name in shipped_tables()]
        write(
            render_listing("Shipped tables", SCHEMA, records, chosen, colour=write_colour(output))
        )


def _record(table: api.Table) -> dict[str, str | int | float | None]:
    return {
        "name": table.name,
        "rows": len(table.printed.rows),
        "input": "x".join(str(side) for side in table.input),
        "variants": " ".join(table.variants) or None,
        "source": str(table.source),
    }
