"""What may stay a symbol: sides of the input, a batch, and the table's `let` names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from archcount.architecture import parse_expression
from archcount.errors import UsageError, quote, suggestion
from archcount.layers import Shape
from archcount.spec.variant import Variant
from archcount.symbolic.guards import Guard
from archcount.symbolic.polynomial import Name, Polynomial

_SQUARE = ("H", "W", "size")
"""The names of a height, a width, and of both."""


def axes_of(shape: Shape) -> tuple[str, ...]:
    """Return the names of the sizes of an input, in their order.

    The first of the ids of tokens is always 1, and its name empty.

    >>> axes_of(Shape((3, 224, 224))), axes_of(Shape.parse("tokens 512 of 50257"))
    (('C', 'H', 'W'), ('', 'tokens'))
    """
    return ("", "tokens") if shape.vocabulary else tuple(shape.letters.upper())


def sides_of(shape: Shape) -> tuple[str, ...]:
    """Return the names that are not the table's: of sizes of the input, and of the images.

    >>> sides_of(Shape((3, 224, 224)))
    ('C', 'H', 'W', 'size', 'batch')
    """
    square = ("size",) if shape.is_map else ()
    return (*filter(None, axes_of(shape)), *square, "batch")


def own_sizes(network: Variant) -> dict[str, int]:
    """Return the sizes of a network's input but its channels, by name, that are no `let` names."""
    shape, (size, *others) = network.input, network.written_inputs
    if others:
        return {}
    written = zip(axes_of(shape), size.axes, shape.dims, strict=True)
    return {name: side for name, text, side in [*written][1:] if text.isdigit()}


def check_symbols(
    table: str, symbols: Sequence[str], lets: Mapping[str, Fraction], shape: Shape
) -> None:
    """Check that names can be symbols, and can be combined.

    Raises:
        UsageError: one cannot, is a duplicate, or cannot be combined with another.
    """
    known = tuple(dict.fromkeys((*sides_of(shape), *lets)))
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


def side_values(symbols: Iterable[str], shape: Shape, multiple: int) -> Mapping[str, int]:
    """Return example values of sizes and batch, heights and widths raised to a multiple."""
    values = {**dict(zip(axes_of(shape), shape.dims, strict=True)), "batch": 1}
    if shape.is_map:
        values["size"] = values["H"]
    return {
        name: -(-values[name] // multiple) * multiple if name in _SQUARE else values[name]
        for name in symbols
        if name in sides_of(shape)
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
