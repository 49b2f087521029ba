"""The program: its name, its options, and its commands, which are imported when they are run."""

from __future__ import annotations

import typer

from archcount import __version__
from archcount.cli.lazy import LazyGroup

app = typer.Typer(
    name="archcount",
    cls=LazyGroup,
    help="Check a neural-network paper's architecture table: build it, count it, compare it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def entry(version: bool = typer.Option(False, "--version", help="Show the version.")) -> None:
    """Check a neural-network paper's architecture table: build it, count it, compare it."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
