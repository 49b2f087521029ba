"""Commands that are imported when they are run, so that help comes at once."""

from __future__ import annotations

from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and sentence, and imports the one that is run.

    Attributes:
        known: the module and the function (or the `Typer` of a group) of each command, and the
            sentence that help shows; a test holds the sentence to the function's own.
    """

    known: ClassVar[dict[str, tuple[str, str, str]]] = {
        "table": (
            "archcount.cli.table",
            "show_table",
            "Count a table row by row, and with --compare-paper judge what the paper printed.",
        ),
        "count": (
            "archcount.cli.count",
            "show_count",
            "Count any PyTorch model: output sizes, parameters, operations and memory by module.",
        ),
        "diff": (
            "archcount.cli.diff",
            "show_diff",
            "Compare two architectures layer by layer, however their code is written.",
        ),
        "bench": (
            "archcount.cli.bench",
            "bench",
            "Measure how fast models run forward and backward; compare two results.",
        ),
        "sweep": (
            "archcount.cli.sweep",
            "show_sweep",
            "Count a table at many input sizes, values of its `let` names and batches.",
        ),
        "formula": (
            "archcount.cli.formula",
            "show_formula",
            "Give a table's counts as exact expressions in its input size and `let` names.",
        ),
        "explain": (
            "archcount.cli.explain",
            "show_explain",
            "Explain one row: its arithmetic, each convention tried, and the readings that fit.",
        ),
        "check": (
            "archcount.cli.check",
            "show_check",
            "Check tables: valid, counted alike by every engine, every verdict as its file "
            "declares.",
        ),
        "infer": (
            "archcount.cli.infer",
            "show_infer",
            "Infer the conventions of a table and propose its `conventions:` line.",
        ),
        "list": (
            "archcount.cli.list",
            "show_list",
            "List the shipped tables, or with --totals every network of theirs, counted and "
            "judged.",
        ),
        "schema": (
            "archcount.cli.schema",
            "show_schema",
            "Print the JSON Schema of a table file, for editors and other tools.",
        ),
        "env": (
            "archcount.cli.env",
            "show_env",
            "Show the versions and devices that a report or a measurement depends on.",
        ),
    }

    def list_commands(self, ctx: Any) -> list[str]:
        """Name the commands, the most used first."""
        return list(self.known)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None where there is none of that name."""
        if cmd_name not in self.known:
            return None
        if cmd_name not in self.commands:
            module, name, _ = self.known[cmd_name]
            self.commands[cmd_name] = _made(cmd_name, getattr(import_module(module), name))
        return self.commands[cmd_name]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands for help, without importing them."""
        width = max(map(len, self.known))
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name.ljust(width), sentence) for name, (_, _, sentence) in self.known.items()]
            )


def _made(name: str, what: Any) -> Any:
    if isinstance(what, typer.Typer):
        return typer.main.get_command(what)
    alone = typer.Typer(rich_markup_mode=None, add_completion=False)
    alone.command(name)(what)
    return typer.main.get_command(alone)
