"""What the options of `archcount bench` are written like."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

from archcount.errors import Problem, UsageError, quote

_MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


class DefaultGroup(TyperGroup):
    """A group whose first command is meant where none is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command's name and the default of `--compile` where they are left away."""
        if args[:1] and args[0] in self.commands:
            named, rest = args[:1], args[1:]
        else:
            named, rest = [next(iter(self.commands))], args
        return super().parse_args(ctx, [*named, *_with_modes(rest)])


def _with_modes(args: list[str]) -> list[str]:
    """Let `--compile` stand without a mode."""
    found: list[str] = []
    for place, argument in enumerate(args):
        found.append(argument)
        if argument == "--compile" and args[place + 1 : place + 2] not in [
            [mode] for mode in _MODES
        ]:
            found.append("default")
    return found


def words_of(text: str) -> list[str]:
    """Read words with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def numbers_of(option: str, text: str) -> list[int]:
    """Read whole numbers with commas between them.

    Raises:
        UsageError: one is none.
    """
    found: list[Any] = words_of(text)
    if not found or not all(word.isdecimal() for word in found):
        raise UsageError(
            Problem(what=f"{option} {quote(text)}", allowed="whole numbers, such as 32 or 1,32,128")
        )
    return [int(word) for word in found]
