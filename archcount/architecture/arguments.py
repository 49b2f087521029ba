"""The numbers of one layer for one row: arguments worked out, mistakes traced to their cell."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from archcount.architecture.blocks import (
    BoundArgument,
    Given,
    JoinBlock,
    LayerBlock,
    PatchText,
    WhenBlock,
)
from archcount.architecture.context import Context
from archcount.architecture.expression import Expression
from archcount.architecture.layer_parser import LITERALS, check_bounds, literal
from archcount.architecture.scope import BLOCK_INPUT_NAMES, INPUT_NAMES, Value
from archcount.errors import InvalidTableError, InvalidValueError, Location, quote
from archcount.exact import as_real, as_whole, exact
from archcount.layers import Argument, ArgumentType, Shape
from archcount.layers.by_word import FOLLOWERS
from archcount.printed import Patch

MOST = 10**9
"""The largest whole number an argument may be."""


def blame(block: LayerBlock | JoinBlock, argument: str, context: Context) -> Location:
    """Return the place of the argument at fault: its cell if it is one, else its word."""
    for bound in block.arguments:
        if bound.argument.name == argument:
            return _origin(bound, context)
    return block.text.where


def _origin(bound: BoundArgument, context: Context) -> Location:
    """Return the cell or `let` that an argument is read from, or its own place."""
    if isinstance(bound.value, Expression) and bound.value.names == (bound.value.text,):
        found = context.scope.values.get(bound.value.text)
        if found is not None:
            return found.where
    return bound.text.where


def resolve(
    bound: BoundArgument, block: LayerBlock | JoinBlock, shape: Shape, context: Context
) -> Any:
    """Return the value of one argument for this row."""
    if not isinstance(bound.value, Expression | PatchText):
        return bound.value
    try:
        if isinstance(bound.value, PatchText):
            return _patch(bound.value, shape, context)
        if bound.argument.type is ArgumentType.PATCH:
            return context.scope.patch(bound.value.text)
        if bound.argument.type is ArgumentType.CONNECTIONS:
            return context.scope.connections(bound.value.text, bound.text.where)
        if bound.argument.type in LITERALS:
            return literal(
                bound.argument, _literal_text(bound.argument, bound.value, shape, context)
            )
        number = evaluate(bound.value, shape, context)
        if bound.argument.type is ArgumentType.NUMBER:
            check_bounds(bound.argument, as_real(number))
            return as_real(number)
        least = int(bound.argument.least or 0)
        return whole(number, bound.value.text, least=least)
    except InvalidValueError as error:
        owner = f"{context.scope.owner}: {bound.argument.name} of {quote(block.text.text)}"
        raise InvalidTableError(error.at(_origin(bound, context), owner)) from None


def _literal_text(argument: Argument, value: Expression, shape: Shape, context: Context) -> str:
    """Return what a name stands for, as text: a cell's, or of a size what is worked out."""
    found = context.scope.values.get(value.text)
    is_text = found is not None and isinstance(found.value, str | Patch | None)
    if argument.type is ArgumentType.SIZE and not is_text:
        # A plain number, also where others are symbolic.
        return str(int(whole(evaluate(value, shape, context), value.text, least=0)))
    return context.scope.word(value.text)


def follower(block: LayerBlock, follows: str, context: Context) -> str:
    """Return what was written for what follows a layer, perhaps by a cell; else nothing."""
    written = block.follow.get(follows, "")
    if isinstance(written, str):
        return written
    word, allowed = context.scope.word(written.text.text), ("none", *FOLLOWERS[follows])
    if word not in allowed:
        found = context.scope.values[written.text.text]
        raise InvalidTableError.of(
            f"{context.scope.owner}: {follows} of {quote(block.text.text)}: {found.what} is "
            f"{quote(word)}",
            allowed=", ".join(allowed),
            remedy="say under words: what the printed word means",
            where=found.where,
        )
    return word


def given(name: str, item: Given, shape: Shape, context: Context) -> Value:
    """Return what a block is given for an argument; a name alone passes on what it stands for."""
    try:
        value: Fraction | Patch
        if isinstance(item.value, PatchText):
            value = _patch(item.value, shape, context)
        elif item.value.text in context.scope.values:
            return context.scope.value(item.value.text)
        else:
            value = evaluate(item.value, shape, context)
    except InvalidValueError as error:
        owner = f"{context.scope.owner}: argument {name}"
        raise InvalidTableError(error.at(item.text.where, owner)) from None
    return Value(value=value, text=str(value), where=item.text.where, what=f"argument {name}")


def _patch(text: PatchText, shape: Shape, context: Context) -> Patch:
    """Return a patch made of names; its numbers are plain, also where others are symbolic."""

    def number(expression: Expression, what: str) -> int:
        return int(whole(evaluate(expression, shape, context), what, least=1))

    strides = tuple(number(side, "the stride") for side in text.stride)
    first, *more = text.kernel
    found = context.scope.values.get(first.text) if not more else None
    if found is not None and isinstance(found.value, Patch) and set(found.value.stride) == {1}:
        kernel = context.scope.patch(first.text).kernel
    else:
        kernel = tuple(number(side, "the kernel") for side in text.kernel)
        if not more and first.names:  # a name alone is every side
            kernel *= max(1, len(shape.spatial))
    if len(strides) not in (1, len(kernel)):
        raise InvalidValueError(
            f"the stride is of {len(strides)} axes, and the kernel of {len(kernel)}",
            allowed=f"one stride, or {len(kernel)} with x between them",
        )
    return Patch(kernel, strides * len(kernel) if len(strides) == 1 else strides)


def whole(number: Fraction, what: str, *, least: int) -> int:
    """Return a whole number in range of a result, or raise InvalidValueError."""
    if number.denominator == 1:
        value = as_whole(number)
        if least <= value <= MOST:
            return value
    allowed = f"a whole number from {least} to {MOST:,}"
    if number.denominator != 1:
        raise InvalidValueError(f"{what} is {float(number):g}, not a whole number", allowed=allowed)
    shown = str(number) if len(str(number)) < 20 else "far too large"
    text = shown if what == shown else f"{what} is {shown}"
    raise InvalidValueError(f"{text}, which is out of range", allowed=allowed)


def evaluate(expression: Expression, shape: Shape, context: Context) -> Fraction:
    """Evaluate an expression for this row, on this input shape."""

    def lookup(name: str) -> Fraction:
        for names, read in ((INPUT_NAMES, shape), (BLOCK_INPUT_NAMES, context.start)):
            if name in names:
                side: Fraction = exact(read.side(name.partition(".")[2]))
                return side
        return context.scope.number(name)

    return expression.evaluate(lookup, context.repetition)


def holds(block: WhenBlock, shape: Shape, context: Context) -> bool:
    """Return whether the condition of a block is true for this row, on this input shape."""
    try:
        return block.condition.holds(lambda side: evaluate(side, shape, context))
    except InvalidValueError as error:
        owner = f"{context.scope.owner}: when {block.text.text}"
        raise InvalidTableError(error.at(block.text.where, owner)) from None
