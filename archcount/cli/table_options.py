"""The options of `archcount table`."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.cli import complete

ComparePaper = Annotated[
    bool, typer.Option("--compare-paper", help="Give a verdict on every printed number.")
]
Size = Annotated[str, typer.Option("--input", help="Another input size, CxHxW.", metavar="CxHxW")]
Classes = Annotated[
    str, typer.Option(help="Another number of classes: --let classes=N.", metavar="N")
]
Lets = Annotated[
    list[str] | None,
    typer.Option(
        "--let",
        help="Another value of a name under let: in the table's file (may be repeated).",
        metavar="NAME=VALUE",
        autocompletion=complete.lets,
    ),
]
AsPrinted = Annotated[
    bool,
    typer.Option("--as-printed", help="Show the paper's own rows and headings; count nothing."),
]
Images = Annotated[int, typer.Option("--batch", help="Count operations for this many images.")]
Heads = Annotated[bool, typer.Option("--aux", help="Count the auxiliary heads too.")]
Rows = Annotated[
    list[str] | None,
    typer.Option(
        "--row", help="Show only this row (may be repeated).", autocompletion=complete.rows
    ),
]
