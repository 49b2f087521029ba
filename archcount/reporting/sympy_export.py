"""Expressions as sympy has them and as LaTeX; the only module that uses sympy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from archcount.control_characters import visible
from archcount.reporting.domain_text import domain_words
from archcount.reporting.expression_text import expression
from archcount.reporting.latex import escaped
from archcount.symbolic.domain import Domain
from archcount.symbolic.polynomial import Polynomial
from archcount.symbolic.symbolic_count import RowFormula

_FUNCTIONS = {"ceil": sympy.ceiling, "floor": sympy.floor, "max": sympy.Max, "min": sympy.Min}


def symbols_of(domain: Domain) -> dict[str, Any]:
    """Return a sympy symbol of each name, whole or positive where the domain has it so."""
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


def algebraic(polynomial: Polynomial, symbols: Mapping[str, Any]) -> Any:
    """Return a polynomial as a sympy expression, a sum of products.

    >>> from archcount.symbolic.floor_rules import length
    >>> symbols = {"H": sympy.Symbol("H", integer=True, positive=True)}
    >>> algebraic(length("H", 3, 4) * 6 + 1, symbols)
    6*ceiling(H/4) + 1
    """
    return sympy.sympify(expression(polynomial, ()), {**_FUNCTIONS, **symbols})


def formula_latex(rows: Iterable[RowFormula], domain: Domain) -> str:
    """Return expressions as aligned equations, a comment above them saying where they hold."""
    symbols = symbols_of(domain)
    names = {symbol: _latex_name(name) for name, symbol in symbols.items()}
    lines = [
        f"\\text{{{escaped(row.id)} {name}}} &= "
        + sympy.latex(algebraic(of, symbols), symbol_names=names)
        for row in rows
        for name, of in row.quantities().items()
    ]
    body = " \\\\\n".join(lines)
    return (
        f"% holds for {visible(domain_words(domain))}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"
    )


def _latex_name(name: str) -> str:
    """Return a letter as it is, the name of a Greek letter as that, another word in italics."""
    greek = f"\\{name}"
    if len(name) == 1 or sympy.latex(sympy.Symbol(name)) == greek:
        return name if len(name) == 1 else greek
    return f"\\mathit{{{escaped(name)}}}"
