"""Conditions over columns and `let` names, by a whitelist: comparisons, `and`, `or`, `not`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any

from archcount.architecture.expression import Expression, expression_of, parse_tree
from archcount.errors import InvalidValueError, quote

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
ALLOWED = "comparisons (== != < <= > >=) of expressions, and, or, not; a number alone is true but 0"


@dataclass(frozen=True)
class Condition:
    """A parsed condition: its text, how it is put together, and the expressions it compares.

    Attributes:
        operator: `and`, `or`, `not`, or nothing for a comparison.
        parts: what `operator` joins.
        sides: the expressions that are compared, one after another; one alone is true but 0.
        comparisons: how each is compared with the next.
    """

    text: str
    operator: str = ""
    parts: tuple[Condition, ...] = ()
    sides: tuple[Expression, ...] = ()
    comparisons: tuple[type[ast.cmpop], ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names it reads, each once."""
        inner = [part.names for part in self.parts] + [side.names for side in self.sides]
        return tuple(dict.fromkeys(name for names in inner for name in names))

    def holds(self, evaluate: Callable[[Expression], Fraction]) -> bool:
        """Return whether it is true, by what `evaluate` gives for its expressions.

        >>> from archcount.architecture.expression import parse_expression
        >>> names = {"s": Fraction(1), "w": Fraction(24)}
        >>> condition = parse_condition("s == 1 and not w < 24")
        >>> condition.holds(lambda side: side.evaluate(names.__getitem__))
        True
        """
        match self.operator:
            case "and":
                return all(part.holds(evaluate) for part in self.parts)
            case "or":
                return any(part.holds(evaluate) for part in self.parts)
            case "not":
                return not self.parts[0].holds(evaluate)
        if not self.comparisons:
            return bool(evaluate(self.sides[0]) != 0)
        return all(
            bool(_COMPARISONS[how](evaluate(one), evaluate(other)))
            for how, (one, other) in zip(self.comparisons, pairwise(self.sides), strict=True)
        )


def parse_condition(text: str) -> Condition:
    """Read a condition.

    Raises:
        InvalidValueError: it is none, or holds what is not whitelisted.

    >>> parse_condition("s == 1 and in.c == w").names
    ('s', 'in.c', 'w')
    """
    try:
        tree, source = parse_tree(text)
    except InvalidValueError:
        raise InvalidValueError(f"{quote(text)} is not a condition", allowed=ALLOWED) from None
    return _condition(tree, source)


def _condition(tree: ast.expr, source: str) -> Condition:
    text = (ast.get_source_segment(source, tree) or source).replace("_in.", "in.")
    match tree:
        case ast.BoolOp(op=op, values=values):
            parts = tuple(_condition(value, source) for value in values)
            return Condition(text, "and" if isinstance(op, ast.And) else "or", parts)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Condition(text, "not", (_condition(operand, source),))
        case ast.Compare(left=left, ops=ops, comparators=others):
            if not all(type(op) in _COMPARISONS for op in ops):
                raise InvalidValueError(f"{quote(text)} is not allowed", allowed=ALLOWED)
            sides = tuple(expression_of(side, source) for side in (left, *others))
            return Condition(text, sides=sides, comparisons=tuple(type(op) for op in ops))
    return Condition(text, sides=(expression_of(tree, source),))
