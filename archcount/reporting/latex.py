"""Expressions as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from archcount.reporting.algebra import algebraic, symbols_of
from archcount.reporting.conditions import domain_words
from archcount.symbolic.counting import RowFormula
from archcount.symbolic.domain import Domain


def formula_latex(rows: Iterable[RowFormula], domain: Domain) -> str:
    """Write expressions as aligned equations, a comment above them saying where they hold."""
    symbols = symbols_of(domain)
    names = {symbol: _named(name) for name, symbol in symbols.items()}
    lines = [
        f"\\text{{{_escaped(row.id)} {name}}} &= "
        + sympy.latex(algebraic(of, symbols), symbol_names=names)
        for row in rows
        for name, of in row.quantities().items()
    ]
    body = " \\\\\n".join(lines)
    return f"% holds for {domain_words(domain)}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _named(name: str) -> str:
    """Write a name: a letter, a Greek one, or a word that is no product of letters."""
    greek = f"\\{name}"
    if len(name) == 1 or sympy.latex(sympy.Symbol(name)) == greek:
        return name if len(name) == 1 else greek
    return f"\\mathit{{{_escaped(name)}}}"


def _escaped(text: str) -> str:
    return text.replace("_", "\\_")
