"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from archcount.cli import complete
from archcount.counting import ENGINES
from archcount.reporting import FORMATS

TableName = Annotated[
    str,
    typer.Argument(
        help="A shipped table's name (see `archcount list`) or the path of a table file.",
        autocompletion=complete.tables,
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(ENGINES)}, or all; formula checks the others.", metavar="ENGINE"
    ),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        help=f"{', '.join(FORMATS)}; by default rich on a terminal and plain in a pipe.",
        metavar="FORMAT",
        autocompletion=lambda incomplete: [form for form in FORMATS if form.startswith(incomplete)],
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write to a file; its ending chooses the format."),
]
