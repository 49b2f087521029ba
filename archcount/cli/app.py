"""The commands, and what an error or an interrupt becomes."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from archcount.cli.env import show_env
from archcount.cli.listing import show_list
from archcount.cli.schema import show_schema
from archcount.cli.table import show_table
from archcount.errors import ArchcountError

app = typer.Typer(
    name="archcount",
    help="Check a neural-network paper's architecture table: build it, count it, compare it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("table")(show_table)
app.command("list")(show_list)
app.command("schema")(show_schema)
app.command("env")(show_env)


@app.callback(invoke_without_command=True)
def entry(version: bool = typer.Option(False, "--version", help="Show the version.")) -> None:
    """Check a neural-network paper's architecture table: build it, count it, compare it."""
    if version:
        from importlib.metadata import version as installed

        typer.echo(installed("archcount"))
        raise typer.Exit


def main() -> NoReturn:
    """Run the command line; exit 0 done, 1 gate failed, 2 usage, 3 unavailable, 130 stopped."""
    try:
        app()
    except ArchcountError as error:
        for problem in error.problems:
            typer.echo(f"error: {problem}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    raise AssertionError("typer exits by itself")  # pragma: no cover
