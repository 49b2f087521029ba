"""Small arithmetic over columns and `let` names, by a whitelist; nothing is ever evaluated."""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import inf

from archcount.errors import InvalidValueError, quote
from archcount.exact import exact, is_beyond, larger, smaller

_OPERATORS: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: lambda a, b: exact(a // b),
}
_IN = re.compile(r"\bin\.")
"""The beginning of `in.c`; `in` is a keyword of Python, so that `_in` stands for it."""
_LONGEST = 200
_LARGEST = 10**30
FUNCTIONS: Mapping[str, str] = {
    "first": "first(x) is x in the first repetition of a repeated block and 1 in the others",
    "min": "min(a, b) is the smaller",
    "max": "max(a, b) is the larger",
    "floor": "floor(x) is x rounded down",
    "ceil": "ceil(x) is x rounded up",
    "round": "round(x) is x rounded to the nearest whole number, halves up",
    "round8": "round8(x) is the nearest multiple of 8, at least 8, and 8 more where that is less "
    "than 90 % of x",
}
"""The functions an expression may call, each with what it means."""


def _floor(number: Fraction) -> Fraction:
    whole: Fraction = exact(number // 1)
    return whole


def _round8(number: Fraction) -> Fraction:
    """Return a width as MobileNets round it: arXiv:1801.04381, `make_divisible` of its code."""
    near: Fraction = larger(Fraction(8), _floor((number + 4) / 8) * 8)
    return near + 8 if near * 10 < number * 9 else near


_ROUNDING: Mapping[str, Callable[[Fraction], Fraction]] = {
    "floor": _floor,
    "ceil": lambda number: -_floor(-number),
    "round": lambda number: _floor(number + Fraction(1, 2)),
    "round8": _round8,
}
ALLOWED = "numbers, names, + - * / //, parentheses, " + ", ".join(FUNCTIONS)


@dataclass(frozen=True)
class Expression:
    """Parsed arithmetic: its text and its tree of whitelisted nodes."""

    text: str
    tree: ast.expr

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names it reads, each once."""
        return tuple(dict.fromkeys(_names(self.tree)))

    @cached_property
    def is_linear(self) -> bool:
        """Whether it grows evenly with every name: no product of names, bound or floor."""
        return _degree(self.tree) <= 1

    def evaluate(self, lookup: Callable[[str], Fraction], repetition: int = 0) -> Fraction:
        """Evaluate the expression exactly.

        Args:
            lookup: gives the value of a name.
            repetition: which repetition of a repeated block this is, from 0.

        Raises:
            InvalidValueError: a division by 0, or a number beyond all measure.

        >>> parse_expression("4*w + 2").evaluate({"w": Fraction(64)}.__getitem__)
        Fraction(258, 1)
        """
        if self.names == (self.text,):  # a name alone, as most are
            return lookup(self.text)
        try:
            return _evaluate(self.tree, lookup, repetition)
        except ZeroDivisionError:
            raise InvalidValueError(f"{quote(self.text)} divides by 0") from None


def parse_expression(text: str) -> Expression:
    """Read an expression.

    Raises:
        InvalidValueError: it is none, is too long, or holds what is not whitelisted.

    >>> parse_expression("2*n1+output.c").names
    ('n1', 'output.c')
    """
    tree, source = parse_tree(text)
    _check(tree, source)
    return Expression(text, tree)


def parse_tree(text: str) -> tuple[ast.expr, str]:
    """Return the tree of what looks like an expression of Python, and the text that it is of.

    Raises:
        InvalidValueError: it is none, or is too long.
    """
    if len(text) > _LONGEST:
        raise InvalidValueError(
            f"expression {quote(text)} has {len(text)} characters",
            allowed=f"at most {_LONGEST} characters",
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", SyntaxWarning)
            source = _IN.sub("_in.", text)
            return ast.parse(source, mode="eval").body, source
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InvalidValueError(f"{quote(text)} is not an expression", allowed=ALLOWED) from None


def expression_of(tree: ast.expr, source: str) -> Expression:
    """Return an expression of its tree, a part of `source`.

    Raises:
        InvalidValueError: it holds what is not whitelisted.
    """
    _check(tree, source)
    part = ast.get_source_segment(source, tree) or source
    return Expression(part.replace("_in.", "in."), tree)


def _check(tree: ast.expr, text: str) -> None:
    """Raise an error for every node that is not whitelisted."""
    match tree:
        case ast.Constant(value=int() | float() as number) if _is_plain(number):
            return
        case ast.Name() | ast.Attribute(value=ast.Name()):
            return
        case ast.BinOp() if type(tree.op) in _OPERATORS:
            _check(tree.left, text)
            _check(tree.right, text)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            _check(tree.operand, text)
        case ast.Call(func=ast.Name(id="first"), args=[inner], keywords=[]):
            _check(inner, text)
        case ast.Call(func=ast.Name(id=name), args=[inner], keywords=[]) if name in _ROUNDING:
            _check(inner, text)
        case ast.Call(func=ast.Name(id="min" | "max"), args=[first, second], keywords=[]):
            _check(first, text)
            _check(second, text)
        case _:
            part = ast.get_source_segment(text, tree) or text
            inside = "" if part == text else f" in {quote(text)}"
            what = f"{quote(part)}{inside} is not allowed".replace("_in.", "in.")
            raise InvalidValueError(what, allowed=ALLOWED)


def _is_plain(number: float) -> bool:
    """Return whether a number is finite and neither true nor false."""
    return not isinstance(number, bool) and abs(number) < 1e18


def _names(tree: ast.expr) -> Iterator[str]:
    match tree:
        case ast.Name(id=name):
            yield name
        case ast.Attribute(value=ast.Name(id=name), attr=part):
            yield f"{'in' if name == '_in' else name}.{part}"
        case ast.BinOp(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case ast.UnaryOp(operand=operand):
            yield from _names(operand)
        case ast.Call(args=args):
            for inner in args:
                yield from _names(inner)


def _degree(tree: ast.expr) -> float:
    """Return the degree as a polynomial of the names; infinite if it is not a polynomial."""
    match tree:
        case ast.Constant():
            return 0
        case ast.Name() | ast.Attribute():
            return 1
        case ast.UnaryOp(operand=inner) | ast.Call(func=ast.Name(id="first"), args=[inner]):
            return _degree(inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right):
            return max(_degree(left), _degree(right))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _degree(left) + _degree(right)
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant()):
            return _degree(left)
    return inf


def _evaluate(tree: ast.expr, lookup: Callable[[str], Fraction], repetition: int) -> Fraction:
    def value(part: ast.expr) -> Fraction:
        return _evaluate(part, lookup, repetition)

    match tree:
        case ast.Constant(value=int() | float() as number):
            return Fraction(str(number))
        case ast.Name() | ast.Attribute():
            return lookup(next(_names(tree)))
        case ast.BinOp(left=left, op=op, right=right):
            result = _OPERATORS[type(op)](value(left), value(right))
            if is_beyond(result, _LARGEST):
                raise InvalidValueError("a number grows too large", allowed=f"at most {_LARGEST:g}")
            return result
        case ast.UnaryOp(op=op, operand=operand):
            return -value(operand) if isinstance(op, ast.USub) else value(operand)
        case ast.Call(func=ast.Name(id="first"), args=[inner]):
            return value(inner) if repetition == 0 else Fraction(1)
        case ast.Call(func=ast.Name(id=name), args=[inner]):
            return _ROUNDING[name](value(inner))
        case ast.Call(func=ast.Name(id=name), args=[first, second]):
            chosen: Fraction = (smaller if name == "min" else larger)(value(first), value(second))
            return chosen
    raise AssertionError(f"unchecked expression node {ast.dump(tree)}")
