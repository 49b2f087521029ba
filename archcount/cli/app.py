"""The commands."""

from __future__ import annotations

import typer

from archcount.cli.bench import bench
from archcount.cli.check import show_check
from archcount.cli.count import show_count
from archcount.cli.diff import show_diff
from archcount.cli.env import show_env
from archcount.cli.explain import show_explain
from archcount.cli.infer import show_infer
from archcount.cli.listing import show_list
from archcount.cli.schema import show_schema
from archcount.cli.table import show_table

app = typer.Typer(
    name="archcount",
    help="Check a neural-network paper's architecture table: build it, count it, compare it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("table")(show_table)
app.command("count")(show_count)
app.command("diff")(show_diff)
app.add_typer(bench, name="bench")
app.command("explain")(show_explain)
app.command("check")(show_check)
app.command("infer")(show_infer)
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
