"""What `--help` writes: usage, examples, then arguments and options in groups; and the start."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from typer.core import TyperCommand

from archcount.cli.panels import COMMON, PANELS, panel_of

START = """\
archcount checks the architecture table of a neural-network paper, and counts,
compares and times any PyTorch model. To start with:

  archcount table googlenet --compare-paper      judge every printed number
  archcount count torchvision:resnet50           count a model by module
  archcount diff resnet@50 torchvision:resnet50  compare code with its paper
  archcount bench googlenet --batch 1            time it forward and backward
  archcount list                                 list the tables that it knows

archcount --help lists every command, archcount COMMAND --help its options.
"""
"""What is shown where no command is given."""


class HelpfulCommand(TyperCommand):
    """A command whose docstring ends with examples, which help shows below its usage."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the command."""
        text, _, examples = inspect.cleandoc(self.help or "").partition("\n\nExamples:\n")
        about, _, details = text.partition("\n\n")
        parameters = self.get_params(ctx)
        arguments = [each for each in parameters if each.param_type_name == "argument"]
        self.format_usage(ctx, formatter)
        _write_paragraph(about, formatter)
        if examples:
            with formatter.section("Examples"):
                for line in inspect.cleandoc(examples).splitlines():
                    formatter.write(f"{'':{formatter.current_indent}}{line}\n")
        common, *groups = _option_groups(parameters, ctx, _path(ctx).split()[-1])
        _write_groups([common], formatter)
        _write_paragraph(details, formatter)
        taken = ("Arguments", [(_name(each), _help(each, ctx)) for each in arguments])
        _write_groups([taken, *groups], formatter)

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write how the command is called, below an error too."""
        taken = (each for each in self.get_params(ctx) if each.param_type_name == "argument")
        formatter.write_usage(_path(ctx), " ".join(["[OPTIONS]", *map(_in_usage, taken)]))


def _path(ctx: Any) -> str:
    return str(ctx.command_path).removesuffix(" run")  # the default command of a group


_Group = tuple[str, list[tuple[str, str]]]
"""A heading, and below it names with what they are."""


def _write_paragraph(text: str, formatter: Any) -> None:
    if text:
        formatter.write_paragraph()
        formatter.indent()
        formatter.write_text(text)
        formatter.dedent()


def write_options(parameters: list[Any], ctx: Any, formatter: Any) -> None:
    """Write options in groups, in the order of `PANELS`."""
    _write_groups(_option_groups(parameters, ctx), formatter)


def _write_groups(groups: list[_Group], formatter: Any) -> None:
    for heading, lines in groups:
        if lines:
            with formatter.section(heading):
                formatter.write_dl(lines)


def _option_groups(parameters: list[Any], ctx: Any, command: str = "") -> list[_Group]:
    """Return the options of a command in groups: the common ones, then in the order of `PANELS`."""
    lines: dict[str, list[tuple[str, str]]] = {panel: [] for panel in (COMMON, *PANELS)}
    for parameter in parameters:
        if parameter.param_type_name != "option":
            continue
        if parameter.metavar is None and not parameter.is_flag:
            word = parameter.opts[-1].lstrip("-").upper()
            parameter.metavar = "N" if isinstance(parameter.default, int) else word
        record = parameter.get_help_record(ctx)
        if record is not None:
            lines[panel_of(parameter.opts, command)].append(record)
    # As wide in every group, so that the texts stand below one another.
    width = min(30, max(len(names) for panel in lines.values() for names, _ in panel))
    return [
        (panel, [(names.ljust(width), text) for names, text in records])
        for panel, records in lines.items()
    ]


def _name(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper()).strip("[].")


def _in_usage(argument: Any) -> str:
    name = _name(argument) + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _help(argument: Any, ctx: Any) -> str:
    default = argument.default
    said = f"  [default: {default}]" if isinstance(default, str) and default else ""
    return f"{argument.help or ''}{said}"


def grouped(names: list[str], groups: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the headings of groups with those of the names that stand under them.

    >>> list(grouped(["count", "env", "table"], {"Papers": "table check", "Others": ""}))
    [('Papers', ['table']), ('Others', ['count', 'env'])]
    """
    left = list(names)
    for heading, members in groups.items():
        found = [name for name in members.split() if name in left] if members else [*left]
        left = [name for name in left if name not in found]
        if found:
            yield heading, found
