"""A table's counts as expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archcount.api.tables import Table, load
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.reporting.conditions import domain_words
from archcount.reporting.formulas import FormulaRecord, render_formula
from archcount.symbolic.checking import check
from archcount.symbolic.counting import RowFormula
from archcount.symbolic.formulas import formulas

if TYPE_CHECKING:
    import sympy

_POINTS = 5
"""Points, the table's own besides, at which each network is expanded and counted too."""


@dataclass(frozen=True)
class FormulaReport:
    """A table's counts, or those of one row, as exact expressions.

    Attributes:
        record: everything the report says.
    """

    record: FormulaRecord

    @property
    def _one(self) -> RowFormula:
        return self.record.shown[-1]

    @cached_property
    def symbols(self) -> Mapping[str, sympy.Symbol]:
        """The sympy symbol of each name."""
        from archcount.reporting.algebra import symbols_of

        return symbols_of(self.record.found.domain)

    def _algebraic(self, of: Any) -> sympy.Expr:
        from archcount.reporting.algebra import algebraic

        expression: sympy.Expr = algebraic(of, dict(self.symbols))
        return expression

    @cached_property
    def params(self) -> sympy.Expr:
        """Trained numbers, of the last row shown: the whole network unless rows were named."""
        return self._algebraic(self._one.params)

    @cached_property
    def weights(self) -> sympy.Expr:
        """Parameters of kernels."""
        return self._algebraic(self._one.weights)

    @cached_property
    def macs(self) -> sympy.Expr:
        """Multiply-accumulates of one image, or of `batch` where it is a symbol."""
        return self._algebraic(self._one.macs)

    @cached_property
    def output(self) -> tuple[sympy.Expr, ...]:
        """(channels, height, width)."""
        return tuple(self._algebraic(side) for side in self._one.output)

    @property
    def domain(self) -> str:
        """Where the expressions hold, in words."""
        return domain_words(self.record.found.domain)

    def at(self, **values: int | str | Fraction) -> dict[str, int]:
        """Give params, weights and macs for values of the symbols.

        Args:
            **values: of some symbols; the others have the table's own.

        Raises:
            UsageError: a name is no symbol here, a value no number, or the expressions do not
                hold for them.

        >>> formula("mobilenet_v1").at(H=160, W=160, alpha="0.5")["macs"]
        76524800
        """
        found = self.record.found
        point = dict(found.point)
        for name, value in values.items():
            if name not in point:
                raise UsageError(
                    Problem(
                        what=f"{quote(name)} is no symbol here",
                        allowed=", ".join(point),
                        remedy=suggestion(name, point),
                    )
                )
            point[name] = _number(name, value)
        limited = all(guard.holds(point) for guard in found.domain.limits)
        if point not in found.domain:
            shown = ", ".join(f"{name} = {value}" for name, value in point.items())
            beyond = "" if limited else ", and no number above 1,000,000,000"
            raise UsageError(
                Problem(
                    what=f"the expressions of {found.name} do not hold for {shown}",
                    allowed=self.domain + beyond,
                    remedy="count there with archcount sweep",
                )
            )
        return {name: int(of.at(point)) for name, of in self._one.quantities().items()}

    def to_markdown(self) -> str:
        """Write the report as a Markdown table."""
        return render_formula(self.record, "md")

    def to_csv(self) -> str:
        """Write one line per row."""
        return render_formula(self.record, "csv")

    def to_json(self) -> str:
        """Write everything as JSON, `archcount.formula/1`."""
        return render_formula(self.record, "json")

    def to_latex(self) -> str:
        """Write aligned equations."""
        return render_formula(self.record, "latex")

    def _repr_html_(self) -> str:
        return render_formula(self.record, "html")


def _number(name: str, value: int | str | Fraction) -> Fraction:
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise UsageError(
            Problem(what=f"{name} = {quote(str(value))}", allowed="a number, such as 0.5")
        ) from None


def formula(
    table: Table | str,
    *rows: str,
    variant: str = "",
    symbols: Sequence[str] = (),
    multiple: int = 1,
    every_row: bool = False,
) -> FormulaReport:
    """Give a table's counts as exact expressions, and where they hold.

    Args:
        table: the table, or its name.
        *rows: the rows' names; the whole network where there is none.
        variant: a variant of the table.
        symbols: what stays a symbol: H, W, size (for both), C, batch, and the table's `let`
            names; by default H, W and those.
        multiple: take the sides for multiples of this, which makes the expressions simpler.
        every_row: give all rows, the whole network last.

    Raises:
        UsageError: there is no such table, variant, row or name; or the layers depend on a name.
        InvalidTableError: the table cannot be read.

    >>> report = formula("googlenet")
    >>> report.macs
    1024*classes*(ceiling(H/32) - 6)*(ceiling(W/32) - 6) + 32278528*ceiling(H/32)*ceiling(W/32)
    >>> report.domain
    'H, W >= 223, each 0 or 31 mod 32; classes whole and >= 1'
    >>> report.at()["macs"]
    1582671872
    """
    if multiple < 1:
        raise UsageError(Problem(what=f"multiples of {multiple}", allowed="1 or more"))
    loaded = load(table) if isinstance(table, str) else table
    found = formulas(loaded, variant, symbols, multiple)
    known = {row.id: row for row in found.rows}
    for name in rows:
        if name not in known:
            raise UsageError(
                Problem(
                    what=f"{found.name} has no row {quote(name)}",
                    allowed=", ".join(known),
                    remedy=suggestion(name, known),
                )
            )
    shown = tuple(known[name] for name in dict.fromkeys(rows))
    whole = (*found.rows, found.total) if every_row else (found.total,)
    return FormulaReport(
        FormulaRecord(
            found=found,
            source=loaded.variant(variant).printed.source,
            shown=shown or whole,
            checked=check(loaded, found, _POINTS),
        )
    )
