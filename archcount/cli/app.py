"""The program: its name, its options, and its commands, which are imported when they are run."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from archcount import __version__
from archcount.cli.more_tables import OPTION, more_tables, to_the_front

FIRST = ("table", "count", "diff", "bench")
"""The commands that help lists first, since they are used most."""


class LazyGroup(TyperGroup):
    """A group that finds its commands by their modules, and imports the one that is run."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, those that are used most first."""
        found = [
            name for _, name, _ in iter_modules([str(Path(__file__).parent)]) if sentence(name)
        ]
        return sorted(found, key=lambda name: (name not in FIRST, *map(name.__ne__, FIRST), name))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options that are of every command wherever they stand."""
        return super().parse_args(ctx, to_the_front(args))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.commands and sentence(cmd_name):
            self.commands[cmd_name] = _imported(cmd_name)
        return self.commands.get(cmd_name)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands for help, without importing them."""
        names = self.list_commands(ctx)
        width = max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name.ljust(width), sentence(name)) for name in names])


def sentence(name: str) -> str:
    """Return what a command does: the first line of its function's docstring, read as text.

    A command is a module of this package with a function `show_NAME`; empty where there is none.

    >>> sentence("env")
    'Show the versions and devices that a report or a measurement depends on.'
    >>> sentence("output"), sentence("a/path.pt")
    ('', '')
    """
    if not name.isidentifier():  # such as a path, in the place of a command
        return ""
    file = Path(__file__).with_name(f"{name}.py")
    if not file.exists():
        return ""
    _, _, function = file.read_text(encoding="utf-8").partition(f"\ndef show_{name}(")
    return function.split('"""')[1].splitlines()[0] if function else ""


def _imported(name: str) -> Any:
    module = import_module(f"archcount.cli.{name}")
    group = getattr(module, name, None)
    if isinstance(group, typer.Typer):
        group.info.help = sentence(name)
        return typer.main.get_command(group)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name)(getattr(module, f"show_{name}"))
    return typer.main.get_command(alone)


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
def entry(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
    tables: Annotated[
        list[Path] | None,
        typer.Option(
            OPTION,
            metavar="DIR",
            help="A folder of tables that every command knows by name, as those of the "
            "environment variable ARCHCOUNT_TABLES; before or behind the command's name.",
        ),
    ] = None,
) -> None:
    """Check a neural-network paper's architecture table: build it, count it, compare it."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if tables:
        context.with_resource(more_tables(tables))
