"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from archcount.cli import complete
from archcount.errors import UsageError, quote
from archcount.reporting.detail import Detail
from archcount.reporting.formats import FORMATS, OutputFormat

TableName = Annotated[
    str,
    typer.Argument(
        help="A table's name (see `archcount list`) or the path of a table file, with @variant "
        "behind it or not.",
        autocompletion=complete.tables,
    ),
]
Variant = Annotated[
    str,
    typer.Option(
        help="A variant of the table, as NAME@VARIANT names it.", autocompletion=complete.variants
    ),
]


def format_option(formats: Mapping[str, OutputFormat]) -> Any:
    """Return the option that chooses one of some formats."""
    return typer.Option(
        "--format",
        help=f"{', '.join(formats)}; by default rich on a terminal and plain in a pipe.",
        metavar="FORMAT",
        autocompletion=complete.words(*formats),
    )


Format = Annotated[str | None, format_option(FORMATS)]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every verdict and note in words.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show the answer alone, in one line.")]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="Write to a file; its ending chooses the format."
    ),
]


def detail_of(verbose: bool, quiet: bool) -> Detail:
    """Return how much is shown; raise a UsageError for all and little at once."""
    if verbose and quiet:
        raise UsageError.of("--verbose and --quiet", allowed="one of them")
    return "everything" if verbose else "answer" if quiet else "findings"


def pairs_of(option: str, texts: list[str]) -> dict[str, str]:
    """Read the NAME=VALUE pairs of an option; raise a UsageError for another or a repeated one."""
    values: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError.of(f"{option} {quote(text)}", allowed="NAME=VALUE, such as classes=10")
        if name in values:
            raise UsageError.of(f"duplicate {name}", allowed="one value for each name")
        values[name] = value
    return values
