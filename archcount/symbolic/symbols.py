"""What may stay a symbol: sides of the input, a batch, and the table's `let` names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from archcount.architecture import parse_expression
from archcount.errors import UsageError, quote, suggestion
from archcount.symbolic.guards import Guard
from archcount.symbolic.polynomial import Name, Polynomial

SIZE = ("C", "H", "W")
"""The names of the input's size: channels, height, width."""
SIDES = (*SIZE, "size", "batch")
"""The names that are not the table's: input channels, height, width, height = width, images."""
_SQUARE = ("H", "W", "size")
"""Those that are a height or a width."""


def check_symbols(table: str, symbols: Sequence[str], lets: Mapping[str, Fraction]) -> None:
    """Check that names can be symbols, and can be combined.

    Raises:
        UsageError: one cannot, is a duplicate, or cannot be combined with another.
    """
    known = [*SIDES, *(name for name in lets if name not in SIDES)]
    for number, name in enumerate(symbols):
        if name not in known:
            raise UsageError.of(
                f"table {table} has no number {quote(name)} to keep as a symbol",
                allowed=", ".join(known),
                remedy=suggestion(name, known),
            )
        if name in symbols[:number]:
            raise UsageError.of(f"duplicate symbol {name}", remedy="name it once")
    if "size" in symbols and {"H", "W"} & {*symbols}:
        raise UsageError.of(
            "size is the side of a square, and cannot be combined with H or W",
            allowed="size, or H and W",
        )


def following(texts: Mapping[str, str], symbols: Iterable[str]) -> list[str]:
    """Return the names that are computed from some others.

    >>> following({"w": "64", "half": "w/2", "quarter": "half/2"}, ["w"])
    ['half', 'quarter']
    """
    moved: list[str] = []
    sources = {*symbols}
    for name, text in texts.items():
        if name not in sources and sources & {*moved, *parse_expression(text).names}:
            moved.append(name)
            sources.add(name)
    return moved


def sides_of(symbols: Iterable[str], own: tuple[int, ...], multiple: int) -> Mapping[str, int]:
    """Return example values of sizes and batch, heights and widths raised to a multiple.

    Raises:
        UsageError: the table's input has other axes.
    """
    if len(own) != 3:
        size = "x".join(str(side) for side in own)
        raise UsageError.of(
            f"no formulas for an input of {size}", allowed="channels x height x width"
        )
    channels, height, width = own
    values = {"C": channels, "H": height, "W": width, "size": height, "batch": 1}
    return {
        name: -(-values[name] // multiple) * multiple if name in _SQUARE else values[name]
        for name in symbols
        if name in SIDES
    }


def multiples(sides: Iterable[str], multiple: int) -> list[Guard]:
    """Return the guards that heights and widths are multiples of a number."""
    if multiple == 1:
        return []
    return [
        Guard(Polynomial.of(Name(name, whole=True)) * Fraction(1, multiple), "whole")
        for name in sides
        if name in _SQUARE
    ]
