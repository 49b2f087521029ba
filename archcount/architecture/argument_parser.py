"""Numbers and patches as a table file writes them: expressions over known names."""

from __future__ import annotations

import re
from collections.abc import Collection

from archcount.architecture.blocks import PatchText
from archcount.architecture.condition import Condition, parse_condition
from archcount.architecture.expression import Expression, parse_expression
from archcount.errors import InvalidValueError, quote, suggestion
from archcount.printed import Patch, parse_patch

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LITERAL = re.compile(r"\d+(x\d+){0,2}", re.ASCII)


def expression_over(text: str, names: Collection[str]) -> Expression:
    """Read an expression that reads known names alone.

    Raises:
        InvalidValueError: it is none, or reads another name.
    """
    expression = parse_expression(text)
    _check_known(expression.names, names)
    return expression


def condition_over(text: str, names: Collection[str]) -> Condition:
    """Read a condition that reads known names alone.

    Raises:
        InvalidValueError: it is none, or reads another name.
    """
    condition = parse_condition(text)
    _check_known(condition.names, names)
    return condition


def _check_known(read: Collection[str], names: Collection[str]) -> None:
    for name in read:
        if name not in names:
            raise InvalidValueError(
                f"unknown name {quote(name)}",
                allowed=", ".join(names),
                remedy=suggestion(name, names) or "add it to the table's columns or to let:",
            )


def patch_of_names(text: str, names: Collection[str]) -> Patch | PatchText | Expression:
    """Read a patch: as it is printed, as the name of one, or made of names.

    Raises:
        InvalidValueError: it is none of them.

    >>> patch_of_names("3x3/2", []), patch_of_names("kxk/s", ["k", "s"]).names
    (Patch(kernel=(3, 3), stride=(2, 2)), ('k', 's'))
    >>> [side.text for side in patch_of_names("3x1x1/tx1x1", ["t"]).stride]
    ['t', '1', '1']
    """
    if text in names:
        return parse_expression(text)
    kernel, slash, stride = text.partition("/")
    sides = _sides(kernel, names)
    if sides and (not _LITERAL.fullmatch(kernel) or (slash and not _LITERAL.fullmatch(stride))):
        strides = _sides(stride, names) if slash else ("1",)
        if len(sides) > 1 and len(strides) not in (0, 1, len(sides)):
            raise InvalidValueError(
                f"{quote(text)} strides on {len(strides)} of {len(sides)} axes",
                allowed=f"one stride, or {len(sides)} with x between them",
            )
        return PatchText(
            tuple(parse_expression(side) for side in sides),
            tuple(expression_over(side, names) for side in strides or (stride,)),
        )
    return expression_over(text, names) if _NAME.fullmatch(text) else parse_patch(text)


def value_over(text: str, names: Collection[str]) -> Expression | Patch | PatchText:
    """Read a number or a patch; of a patch, both sides stand there, for `k/s` is a number.

    Raises:
        InvalidValueError: it is neither.
    """
    if text not in names and ("x" in (kernel := text.partition("/")[0])):
        if len(_sides(kernel, names)) > 1:
            return patch_of_names(text, names)
        if kernel[:1].isdigit():
            return parse_patch(text)
    return expression_over(text, names)


def _sides(text: str, names: Collection[str]) -> tuple[str, ...]:
    """Return the sides of a kernel or stride, each a number or a name; none where it is neither."""
    for match in re.finditer("x", text):
        first, rest = text[: match.start()], _sides(text[match.end() :], names)
        if rest and len(rest) < 3 and _is_side(first, names):
            return (first, *rest)
    return (text,) if _is_side(text, names) else ()


def _is_side(text: str, names: Collection[str]) -> bool:
    return text in names or bool(re.fullmatch(r"\d{1,6}", text, re.ASCII))
