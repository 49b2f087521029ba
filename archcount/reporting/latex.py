"""Expressions as LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

import sympy

from archcount.counting.symbolic.domain import Domain
from archcount.counting.symbolic.formulas import RowFormula
from archcount.reporting.algebra import algebraic, symbols_of
from archcount.reporting.conditions import domain_words


def formula_latex(rows: Iterable[RowFormula], domain: Domain) -> str:
    """Write expressions as aligned equations, a comment above them saying where they hold."""
    symbols = symbols_of(domain)
    lines = [
        f"\\text{{{_escaped(row.id)} {name}}} &= {sympy.latex(algebraic(of, symbols))}"
        for row in rows
        for name, of in row.quantities().items()
    ]
    body = " \\\\\n".join(lines)
    return f"% holds for {domain_words(domain)}\n\\begin{{align*}}\n{body}\n\\end{{align*}}\n"


def _escaped(text: str) -> str:
    return text.replace("_", "\\_")
