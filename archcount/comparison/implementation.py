"""What a paper printed against an implementation, and where its totals agree by accident."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.comparison.checked import otherwise
from archcount.comparison.compare import compare
from archcount.comparison.constraints import QUANTITIES
from archcount.comparison.conventions import accepted, computed_value, unit
from archcount.comparison.results import ComparedCell, ComparedRow, Comparison
from archcount.engines.counts import Count, PartCount, RowCount
from archcount.engines.network_parts import NetworkParts
from archcount.printed import CheckedColumn, Claim, PrintedTable, parse_quantity

_COUNTED = ("params", "weights", "ops", "macs", "flops")


def compare_implementation(
    printed: PrintedTable, count: Count, known: Comparison | None
) -> Comparison:
    """Judge what a paper printed by an implementation's numbers.

    A cell for which the implementation has the number of the network that the table builds has
    the verdict that the comparison of that network came to; others match, match under another
    listed convention, or are off. Only claims of the whole network's params, operations and depth
    are judged, and no expressions of a table's own names.

    Args:
        printed: the printed table.
        count: the implementation's count, row by row.
        known: the comparison of the network that the table builds; None where the printed numbers
            are not for its input.
    """
    printed = _judged(printed, count)
    found = compare(printed, count, parts=_ImplementedParts(count))
    rows = {row.id: row for row in count.rows}
    before = {row.id: row for row in known.rows} if known else {}
    judged = tuple(_as_known(row, before.get(row.id), rows[row.id], printed) for row in found.rows)
    whole = found.whole
    if whole is not None:
        whole = _as_known(whole, known.whole if known else None, count.total, printed)
    return replace(found, rows=judged, whole=whole)


def _judged(printed: PrintedTable, count: Count) -> PrintedTable:
    """Leave out what cannot be told of an implementation."""
    names = {row.id for row in count.rows}
    checked = {name: column for name, column in printed.checked.items() if _is_told(column, names)}
    left = printed.checked.keys() - checked.keys()
    return replace(
        printed,
        columns=tuple(column for column in printed.columns if column not in left),
        checked=checked,
        claims=tuple(filter(_is_of_totals, printed.claims)),
    )


def _is_told(column: CheckedColumn, rows: set[str]) -> bool:
    return column.what in _COUNTED and {*column.of, *column.without} <= rows


def _is_of_totals(claim: Claim) -> bool:
    is_counted = claim.what in (*_COUNTED, "depth")
    return is_counted and claim.is_total and not claim.elsewhere and "%" not in claim.printed


class _ImplementedParts(NetworkParts):
    """The rows of an implementation as parts."""

    def __init__(self, count: Count) -> None:
        self._rows = {row.id: row for row in count.rows}
        self._total = count.total

    def whole(self, *, heads: bool = False) -> PartCount:
        """Return the count of the whole, which has no heads where it is called."""
        return self._part_of(self._total)

    def find(self, path: str) -> PartCount | None:
        """Return the count of a row."""
        return self._part_of(self._rows[path]) if path in self._rows else None

    def _part_of(self, row: RowCount) -> PartCount:
        return PartCount(count=row, layers=0, concatenations=0, neurons=0, active_params=0)


def _as_known(
    row: ComparedRow, known: ComparedRow | None, count: RowCount, printed: PrintedTable
) -> ComparedRow:
    """Take over what is known of equal numbers; try other conventions for those that are off."""
    cells = {}
    for column, cell in row.cells.items():
        before = known.cells.get(column) if known else None
        if before is not None and before.computed == cell.computed:
            cells[column] = replace(cell, verdict=before.verdict, because=before.because)
        else:
            cells[column] = _otherwise(cell, count, printed)
    return replace(row, cells=cells)


def _otherwise(cell: ComparedCell, count: RowCount, printed: PrintedTable) -> ComparedCell:
    if cell.printed is None or cell.verdict.status != "off":
        return cell
    found = None
    if cell.column in QUANTITIES:
        declared = printed.conventions[cell.column]
        found = otherwise(parse_quantity(cell.printed), cell.column, count, declared)
    verdict = found or replace(cell.verdict, why="implementation")
    return replace(cell, verdict=replace(verdict, error=cell.verdict.error))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cancellation:
    """A column whose sum agrees with what is printed though its rows do not.

    Attributes:
        unit: what the column counts.
        value: the sum that was counted.
        printed: the printed numbers added up.
        above: by how much rows are above what is printed, by their names.
        below: likewise below.
    """

    column: str
    unit: str
    value: int
    printed: Fraction
    above: tuple[tuple[str, Fraction], ...]
    below: tuple[tuple[str, Fraction], ...]


def cancellations(printed: PrintedTable, rows: Sequence[RowCount]) -> tuple[Cancellation, ...]:
    """Return the columns whose sum agrees with the printed one only because errors cancel.

    The sum of what is counted is among the sums that the printed numbers, however shortened, can
    have; without the rows that are above it would not be.
    """
    found = (_cancellation(column, printed, rows) for column in QUANTITIES)
    return tuple(item for item in found if item is not None)


def _cancellation(
    column: str, printed: PrintedTable, rows: Sequence[RowCount]
) -> Cancellation | None:
    cells = {row.id: row.cells[column].text for row in printed.rows if column in row.cells}
    counted = [row for row in rows if row.id in cells]
    if printed.whole is not None or not counted:
        return None
    convention = printed.conventions[column]
    low = high = total = Fraction(0)
    value = 0
    above: list[tuple[str, Fraction]] = []
    below: list[tuple[str, Fraction]] = []
    for row in counted:
        quantity = parse_quantity(cells[row.id])
        interval, own = accepted(quantity, convention), computed_value(row, convention)
        said = quantity.value(convention.k)
        low, high, total = low + interval.low, high + interval.high, total + said
        value += own
        if own not in interval:
            (above if own > said else below).append((row.id, own - said))
    excess = sum((error for _, error in above), Fraction(0))
    if not above or not below or not low <= value < high or value - excess >= low:
        return None
    return Cancellation(
        column=column,
        unit=unit(convention),
        value=value,
        printed=total,
        above=tuple(above),
        below=tuple(below),
    )
