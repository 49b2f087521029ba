"""The program: its name, its options, and its commands, which are imported when they are run."""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from archcount import __version__
from archcount.cli.help import START, HelpfulCommand, grouped, write_options
from archcount.cli.more_tables import OPTION, more_tables, to_the_front
from archcount.errors import UsageError, quote, suggestion
from archcount.loading.programs import is_model_name

GROUPS = {
    "Papers' tables": "table explain report check infer list errata site new schema formula sweep",
    "Any model": "count draw diff bench",
    "Other commands": "",
}
"""The commands as help lists them; the last group has those that none names."""


class LazyGroup(TyperGroup):
    """A group that finds its commands by their modules, and imports the one that is run."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands, in the order of help."""
        found = [
            name for _, name, _ in iter_modules([str(Path(__file__).parent)]) if sentence(name)
        ]
        return [name for _, names in grouped(found, GROUPS) for name in names]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take the options that are of every command wherever they stand."""
        return super().parse_args(ctx, to_the_front(args))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command of the first word; raise a UsageError where it is none."""
        if not (ctx.resilient_parsing or args[0].startswith("-") or self.get_command(ctx, args[0])):
            raise _no_command(args[0], self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.commands and sentence(cmd_name):
            self.commands[cmd_name] = _imported(cmd_name)
        return self.commands.get(cmd_name)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the commands for help, without importing them, and the options."""
        names = self.list_commands(ctx)
        width = max(map(len, names))
        for heading, group in grouped(names, GROUPS):
            with formatter.section(heading):
                formatter.write_dl([(name.ljust(width), sentence(name)) for name in group])
        write_options(self.get_params(ctx), ctx, formatter)


def _no_command(word: str, commands: list[str]) -> UsageError:
    """Return the error for a word that is no command, which may be a table's or model's name."""
    remedy = suggestion(word, commands)
    if not remedy and is_model_name(word):
        remedy = f"write archcount count {word}"
    elif not remedy:
        with suppress(UsageError):
            from archcount.spec.catalogue import find_network

            find_network(word)
            remedy = f"write archcount table {word}"
    return UsageError.of(f"no command {quote(word)}", allowed=", ".join(commands), remedy=remedy)


def sentence(name: str) -> str:
    """Return what a command does: the first line of its function's docstring, read as text.

    A command is a module of this package with a function `show_NAME`; empty where there is none.

    >>> sentence("env")
    'Show the versions and devices that a report depends on.'
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
    alone.command(name, cls=HelpfulCommand)(getattr(module, f"show_{name}"))
    return typer.main.get_command(alone)


app = typer.Typer(
    name="archcount",
    cls=LazyGroup,
    help="Check papers' architecture tables; count, compare and time PyTorch models.",
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
            help="A folder of tables that the command knows by name, as those of ARCHCOUNT_TABLES.",
        ),
    ] = None,
) -> None:
    """Check papers' architecture tables; count, compare and time PyTorch models."""
    if version:
        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(START, nl=False)
    if tables:
        context.with_resource(more_tables(tables))


def run() -> NoReturn:
    """Run the command line, and exit.

    Raises:
        UsageError: an option or an argument is unknown, missing, or of another type.
    """
    try:
        code = app(standalone_mode=False)
    except _WRONG_ARGUMENT as error:
        raise _wrong_argument(error) from None
    sys.exit(code or 0)


_WRONG_ARGUMENT: Any = typer.BadParameter.__base__
"""What the parser raises for any wrong argument; typer has no public name for it."""


def _wrong_argument(error: Any) -> UsageError:
    """Return the parser's error in the words of all others."""
    command = next((f"archcount {word}" for word in sys.argv[1:] if sentence(word)), "archcount")
    said, remedy = error.format_message().rstrip("."), f"see `{command} --help`"
    if known := getattr(error, "possibilities", None):
        name = error.option_name
        said, remedy = f"no such option: {quote(name)}", suggestion(name, known)
    return UsageError.of(said[:1].lower() + said[1:], remedy=remedy)
