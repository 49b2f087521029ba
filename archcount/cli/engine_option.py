"""The option that chooses the engine."""

from __future__ import annotations

from typing import Annotated

import typer

from archcount.cli import complete
from archcount.engines import ENGINES

Engine = Annotated[
    str,
    typer.Option(
        help=f"{', '.join(ENGINES)}, or all; formula checks the others. auto is fvcore, and torch "
        "for networks too large to be run with numbers.",
        metavar="ENGINE",
        autocompletion=complete.words(*ENGINES, "all", "auto"),
    ),
]
