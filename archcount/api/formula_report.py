"""A table's counts as expressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from numbers import Integral
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from archcount.api.tables import Table, as_table
from archcount.errors import UsageError, quote, unknown_name
from archcount.reporting.domain_text import domain_words
from archcount.reporting.formats import FORMATS, OutputFormat
from archcount.reporting.formula_sheets import (
    FormulaRecord,
    formula_document,
    formula_lines,
    formula_sheet,
)
from archcount.reporting.markdown import markdown
from archcount.reporting.report import Lines, Parts, Report
from archcount.reporting.sheet import Sheet
from archcount.symbolic.expansion_check import check
from archcount.symbolic.formulas import formulas
from archcount.symbolic.symbolic_count import RowFormula

if TYPE_CHECKING:
    import sympy

_POINTS = 5
"""Points, the table's own besides, at which each network is expanded and counted too."""


def _markdown(report: Any, width: int | None, colour: bool) -> str:
    return "\n".join(map(markdown, report._html_sheets()))


def _latex(report: Any, width: int | None, colour: bool) -> str:
    from archcount.reporting.sympy_export import formula_latex

    return formula_latex(report.record.shown, report.record.found.domain)


@dataclass(frozen=True)
class FormulaReport(Report):
    """A table's counts, or those of one row, as exact expressions."""

    command = "formula {record.found.name}"
    schema = "archcount.formula/1"
    formats = MappingProxyType(
        {
            **FORMATS,
            "md": replace(FORMATS["md"], write=_markdown),
            "latex": OutputFormat("aligned equations", _latex, ".tex"),
        }
    )
    index = "id"

    record: FormulaRecord

    @property
    def _one(self) -> RowFormula:
        return self.record.shown[-1]

    @cached_property
    def symbols(self) -> Mapping[str, sympy.Symbol]:
        """The sympy symbol of each name."""
        from archcount.reporting.sympy_export import symbols_of

        return symbols_of(self.record.found.domain)

    def _algebraic(self, of: Any) -> sympy.Expr:
        from archcount.reporting.sympy_export import algebraic

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
        """Return params, weights and macs for values of the symbols.

        Args:
            **values: of some symbols; the others have the table's own.

        Raises:
            UsageError: a name is unknown, a value is no number, or the expressions do not hold
                for them.

        >>> formula("mobilenet_v1").at(H=160, W=160, alpha="0.5")["macs"]
        76524800
        """
        found = self.record.found
        point = dict(found.point)
        for name, value in values.items():
            if name not in point:
                raise unknown_name("unknown symbol", name, point)
            point[name] = _number(name, value)
        limited = all(guard.holds(point) for guard in found.domain.limits)
        if point not in found.domain:
            shown = ", ".join(f"{name} = {value}" for name, value in point.items())
            beyond = "" if limited else ", and no number above 1,000,000,000"
            raise UsageError.of(
                f"the expressions of {found.name} do not hold for {shown}",
                allowed=self.domain + beyond,
                remedy="count there with archcount sweep",
            )
        return {name: int(of.at(point)) for name, of in self._one.quantities().items()}

    def _tidy(self) -> Lines:
        return formula_lines(self.record)

    def _html_sheets(self) -> Sequence[Sheet]:
        # each expression on one line, however long, so that it can be copied
        return [formula_sheet(self.record, on_one_line=True)]

    def _sheets(self) -> Parts:
        return [[formula_sheet(self.record)]]

    def _document(self) -> Mapping[str, Any]:
        return formula_document(self.record)


def _number(name: str, value: int | str | Fraction) -> Fraction:
    try:
        return Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise UsageError.of(
            f"{name} = {quote(str(value))}", allowed="a number, such as 0.5"
        ) from None


def formula(
    table: Table | str | Path,
    *rows: str,
    variant: str = "",
    symbols: Sequence[str] = (),
    multiple: int = 1,
    every_row: bool = False,
) -> FormulaReport:
    """Return a table's counts as exact expressions, and where they hold.

    Args:
        table: the table, its file, or its name, "resnet@50" for its variant 50.
        *rows: the rows' names; the whole network where there is none.
        variant: a variant of the table.
        symbols: what stays a symbol: H, W (D, L), size (for both), C, of sequences tokens,
            batch, and the table's `let` names; by default sizes but C, and those.
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
    if not (isinstance(multiple, Integral) and multiple >= 1):
        raise UsageError.of(f"multiples of {multiple}", allowed="1 or more")
    loaded = as_table(table, variant)
    network = loaded.variant(variant)
    found = formulas(network, symbols, multiple)
    known = {row.id: row for row in found.rows}
    for name in rows:
        if name not in known:
            raise unknown_name(f"{found.name} has no row", name, known)
    shown = tuple(known[name] for name in dict.fromkeys(rows))
    whole = (*found.rows, found.total) if every_row else (found.total,)
    return FormulaReport(
        FormulaRecord(
            found=found,
            source=network.printed.source,
            shown=shown or whole,
            checked=check(network, found, _POINTS),
        )
    )
