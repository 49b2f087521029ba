"""Expressions as sympy writes them."""

from __future__ import annotations

from fractions import Fraction

import sympy
from sympy.printing.str import StrPrinter

from archcount.counting.symbolic.polynomial import (
    Atom,
    Extreme,
    Floor,
    Inverse,
    Length,
    Monomial,
    Name,
    Polynomial,
)


def to_sympy(polynomial: Polynomial) -> sympy.Expr:
    """Give an expression to sympy: terms of one length are put together.

    >>> from archcount.counting.symbolic.rounding import length
    >>> to_sympy(length("H", 1, 2) * Polynomial.of(Name("w")) * 9 + 4)
    9*w*ceiling(H/2) + 4
    """
    groups: dict[Monomial, list[sympy.Expr]] = {}
    for monomial, factor in polynomial.terms.items():
        lengths = frozenset(item for item in monomial if not isinstance(item[0], Name))
        own = [_power(atom, exponent) for atom, exponent in monomial - lengths]
        groups.setdefault(lengths, []).append(sympy.Mul(_number(factor), *own))
    terms = []
    for lengths, coefficients in groups.items():
        coefficient = sympy.factor_terms(sympy.Add(*coefficients)) if lengths else None
        if coefficient is None:
            terms += coefficients
        else:
            terms.append(sympy.Mul(coefficient, *(_power(*item) for item in lengths)))
    return sympy.Add(*terms)


def _number(number: Fraction) -> sympy.Rational:
    return sympy.Rational(number.numerator, number.denominator)


def _power(atom: Atom, exponent: int) -> sympy.Expr:
    return _atom(atom) ** exponent


def symbol(name: str, *, whole: bool = False) -> sympy.Symbol:
    """Give the symbol of a name: a number above 0."""
    return sympy.Symbol(name, positive=True, integer=True if whole else None)


def _atom(atom: Atom) -> sympy.Expr:
    match atom:
        case Name(name, whole):
            return symbol(name, whole=whole)
        case Length(name, shift, divisor):
            side = symbol(name, whole=True)
            if shift == divisor - 1:
                return sympy.ceiling(side / divisor)
            # Left as it is: sympy would write (H + 1)/2 as H/2 + 1/2.
            quotient = sympy.Mul(side + shift, sympy.Rational(1, divisor), evaluate=False)
            return sympy.floor(quotient, evaluate=False)
        case Floor(of):
            return sympy.floor(to_sympy(of))
        case Extreme(first, second, largest):
            return (sympy.Max if largest else sympy.Min)(to_sympy(first), to_sympy(second))
        case Inverse(of):
            return 1 / to_sympy(of)
    raise AssertionError(f"unknown atom {atom}")


class _Writer(StrPrinter):  # type: ignore[misc]
    """Writes lengths as quotients of whole numbers, floor((H + 1)/2)."""

    def _print_floor(self, expression: sympy.floor) -> str:
        numerator, denominator = sympy.fraction(expression.args[0], exact=True)
        return f"floor({self._divided(numerator, denominator)})"

    def _divided(self, numerator: sympy.Expr, denominator: sympy.Expr) -> str:
        above: str = self._print(numerator)
        if denominator == 1:
            return above
        return f"({above})/{denominator}" if numerator.args else f"{above}/{denominator}"


def text_of(polynomial: Polynomial) -> str:
    """Write an expression as text that sympy reads back.

    >>> from archcount.counting.symbolic.rounding import length
    >>> text_of(length("H", 2, 4))
    'floor((H + 2)/4)'
    """
    written: str = _Writer().doprint(to_sympy(polynomial))
    return written
