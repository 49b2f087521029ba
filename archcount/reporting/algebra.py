"""Expressions as sympy has them; the only place that knows sympy."""

from __future__ import annotations

from typing import Any

import sympy

from archcount.symbolic.domain import Domain
from archcount.symbolic.polynomial import (
    Atom,
    Extreme,
    Floor,
    Inverse,
    Length,
    Name,
    Polynomial,
    Ratio,
)

Symbols = dict[str, Any]
"""A sympy symbol for each name."""


def symbols_of(domain: Domain) -> Symbols:
    """Make a symbol of each name, whole or positive where the domain has it so."""
    made = {
        side.name: sympy.Symbol(side.name, integer=True, positive=True) for side in domain.sides
    }
    for item in domain.ranges:
        known = {}
        if item.unit is not None and (1 / item.unit).denominator == 1:
            known["integer"] = True
        if item.least is not None and (item.least > 0 or (item.least == 0 and item.above)):
            known["positive"] = True
        made[item.name] = sympy.Symbol(item.name, **known)
    return made


def algebraic(polynomial: Polynomial, symbols: Symbols) -> Any:
    """Give a polynomial as a sympy expression.

    >>> from archcount.symbolic.rounding import length
    >>> symbols = {"H": sympy.Symbol("H", integer=True, positive=True)}
    >>> algebraic(length("H", 3, 4) * 6 + 1, symbols)
    6*ceiling(H/4) + 1
    """
    return sympy.Add(
        *(
            sympy.Rational(factor.numerator, factor.denominator)
            * sympy.Mul(*(_atom(atom, symbols) ** exponent for atom, exponent in monomial))
            for monomial, factor in polynomial.terms.items()
        )
    )


def _atom(atom: Atom, symbols: Symbols) -> Any:
    match atom:
        case Name(name):
            return symbols[name]
        case Length(name, shift, divisor):
            if shift % divisor == divisor - 1:
                return sympy.ceiling((symbols[name] + shift - divisor + 1) / divisor)
            return sympy.floor((symbols[name] + shift) / divisor)
        case Ratio(name, shift, divisor):
            return (symbols[name] + shift) / divisor
        case Floor(of):
            return sympy.floor(algebraic(of, symbols))
        case Extreme(first, second, largest):
            both = algebraic(first, symbols), algebraic(second, symbols)
            return sympy.Max(*both) if largest else sympy.Min(*both)
        case Inverse(of):
            return 1 / algebraic(of, symbols)
