"""How the columns of a file count: conventions as records, and numbers in a heading's unit."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from archcount.errors import InvalidValueError
from archcount.printed import SETTINGS, Convention, PrintedCell, PrintedRow, parse_quantity
from archcount.spec.checked_columns import OwnColumns
from archcount.spec.row_reader import BLANK
from archcount.spec.schema import CheckedConvention, ConventionsEntry


def conventions_of(written: ConventionsEntry, own: OwnColumns) -> dict[str, Convention]:
    """Return how every column that is a quantity counts."""
    params, ops = written.params, written.ops
    found = {
        "params": Convention(
            k=params.K,
            count=params.count,
            include=params.include,
            rounding=params.rounding,
            digits=params.digits or 0,
        ),
        "ops": Convention(
            k=ops.K,
            count=ops.count,
            include=ops.include,
            rounding=ops.rounding,
            digits=ops.digits or 0,
        ),
    }
    for name, column in own.checked.items():
        if column.what and column.what not in SETTINGS:
            said = (written.model_extra or {}).get(name, CheckedConvention())
            is_ops = column.what == "ops"
            found[name] = Convention(
                k=said.K,
                count=ops.count if is_ops else column.what,
                include=ops.include if is_ops and not said.include else said.include,
                rounding=said.rounding,
                digits=said.digits or 0,
            )
    return found


def as_read(
    rows: Sequence[PrintedRow], written: ConventionsEntry, own: OwnColumns
) -> tuple[PrintedRow, ...]:
    """Return rows whose numbers say the unit of their column's heading, without dashes for none."""
    every = {"params": written.params, "ops": written.ops, **(written.model_extra or {})}
    units = {name: each.unit for name, each in every.items() if each.unit}
    return tuple(
        replace(
            row,
            cells={
                name: _with_unit(cell, units[name]) if name in units else cell
                for name, cell in row.cells.items()
                if name not in own.checked or cell.text not in BLANK
            },
        )
        for row in rows
    )


def _with_unit(cell: PrintedCell, unit: str) -> PrintedCell:
    """Return a plain number with a unit, any other cell as it is."""
    with suppress(InvalidValueError):
        quantity = parse_quantity(cell.text)
        if not quantity.power and not quantity.exponent:
            return replace(cell, text=f"{cell.text} {unit}")
    return cell
