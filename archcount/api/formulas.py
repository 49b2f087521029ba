"""Counts as exact expressions in the input size and a table's `let` names."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from archcount.api.tables import Table
from archcount.errors import Problem, UsageError, quote, suggestion
from archcount.reporting.formulas import Condition, FormulaReport, WrittenRow

if TYPE_CHECKING:
    from archcount.counting.symbolic.domain import Domain
    from archcount.counting.symbolic.formulas import RowFormula
    from archcount.counting.symbolic.guards import Guard


def formula(
    table: Table,
    row: str = "",
    *,
    variant: str = "",
    symbols: Sequence[str] = (),
    every: bool = False,
) -> FormulaReport:
    """Count a table in symbols: params, weights and MACs as exact expressions.

    Args:
        table: the table.
        row: the row that is given; the whole network where it is empty.
        variant: a variant of the table.
        symbols: what stays a symbol: `C`, `H`, `W` (input channels, height and width), `size`
            (of a square), `batch`, and the table's `let` names. Where nothing is said H, W and
            every `let` name that can be.
        every: give every row, and the whole network.

    Raises:
        UsageError: there is no such row, variant or name; two names do not go together; or the
            layers themselves depend on one.

    >>> from archcount.api.tables import load
    >>> formula(load("googlenet"), "conv1", symbols=["H", "W"]).rows[0].macs
    '9408*ceiling(H/2)*ceiling(W/2)'
    """
    from archcount.architecture.resolve import MOST
    from archcount.counting.symbolic.formulas import formulas

    found = formulas(table.file, variant, symbols)
    rows = {each.id: each for each in found.rows}
    if row and row not in rows:
        raise UsageError(
            Problem(
                what=f"{table.name} has no row {quote(row)}",
                allowed=", ".join(rows),
                remedy=suggestion(row, rows),
            )
        )
    chosen = [*found.rows, found.total] if every else [rows[row] if row else found.total]
    return FormulaReport(
        name=found.name,
        variant=found.variant,
        symbols={name: _number(found.point[name]) for name in found.symbols},
        fixed={name: _number(value) for name, value in found.fixed.items()},
        tied=dict(found.told),
        rows=tuple(_written(each) for each in chosen),
        conditions=tuple(_conditions(found.domain)),
        others=tuple(_condition(guard) for guard in found.domain.others),
        most=MOST,
    )


def _number(value: Fraction | int) -> str:
    return str(value)


def _written(row: RowFormula) -> WrittenRow:
    from archcount.counting.symbolic.written import text_of

    return WrittenRow(
        id=row.id,
        output=tuple(text_of(side) for side in row.output),
        params=text_of(row.params),
        weights=text_of(row.weights),
        macs=text_of(row.macs),
    )


def _conditions(domain: Domain) -> list[Condition]:
    sides = [
        Condition(
            name=side.name,
            least=str(side.least),
            most="" if side.most is None else str(side.most),
            multiple="1" if side.modulus == 1 else "",
            modulus=side.modulus if side.modulus > 1 else 0,
            remainders=side.remainders if side.modulus > 1 else (),
        )
        for side in domain.sides
    ]
    return sides + [
        Condition(
            name=item.name,
            least="" if item.least is None else str(item.least),
            above=item.above,
            most="" if item.most is None else str(item.most),
            multiple="" if item.unit is None else str(1 / item.unit),
        )
        for item in domain.ranges
    ]


def _condition(guard: Guard) -> str:
    from archcount.counting.symbolic.written import text_of

    text = text_of(guard.of)
    return f"{text} is whole" if guard.relation == "whole" else f"{text} {guard.relation} 0"
