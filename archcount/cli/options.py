"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archcount.cli import complete
from archcount.errors import UsageError, quote
from archcount.reporting.formats import FORMATS, OutputFormat

if TYPE_CHECKING:
    from archcount.spec.table import Table

TableName = Annotated[
    str,
    typer.Argument(
        help="A table's name (see `archcount list`) or the path of a table file.",
        autocompletion=complete.tables,
    ),
]
Variant = Annotated[
    str, typer.Option(help="A variant of the table.", autocompletion=complete.variants)
]


def format_option(formats: Mapping[str, OutputFormat]) -> Any:
    """Return the option that chooses one of some formats."""
    return typer.Option(
        "--format",
        help=f"{', '.join(formats)}; by default rich on a terminal and plain in a pipe.",
        metavar="FORMAT",
        autocompletion=lambda incomplete: [form for form in formats if form.startswith(incomplete)],
    )


Format = Annotated[str | None, format_option(FORMATS)]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Write to a file; its ending chooses the format."),
]


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


def loaded(name: str, variant: str) -> tuple[Table, str]:
    """Return the table and the variant that a name stands for, which may end in `@variant`."""
    from archcount.loading.model_target import ModelTarget
    from archcount.spec.load import load_table

    target = ModelTarget.read(name, variant)
    if target.table is None:
        raise UsageError.of(f"{quote(name)} is not a table", allowed="a table's name or file")
    table = load_table(target.table, target.label, variant=target.variant)
    return table, target.variant
