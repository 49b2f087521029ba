"""From a printed table and a count to a verdict per cell and claim."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from archcount.comparison.conventions import computed_value, describe, unit
from archcount.comparison.records import Cell, ComparedClaim, ComparedRow, Comparison
from archcount.comparison.verdicts import (
    BLANK,
    judge_quantity,
    judge_ratio,
    judge_size,
    judge_whole,
    write,
)
from archcount.counting.records import Count, RowCount
from archcount.printed import (
    Claim,
    Convention,
    PrintedTable,
    Quantity,
    parse_quantity,
    parse_ratio,
    parse_size,
)

SIZES = ("input", "output")
QUANTITIES = ("params", "ops")
COMPARED = (*SIZES, "depth", *QUANTITIES)
"""The columns that can be compared."""


def compare(printed: PrintedTable, count: Count) -> Comparison:
    """Compare everything that a paper printed with a count of one image.

    Args:
        printed: the printed table.
        count: the count of the architecture that was made from it.
    """
    columns = tuple(column for column in COMPARED if column in printed.columns)
    texts = {
        row.id: {column: cell.text for column, cell in row.cells.items()} for row in printed.rows
    }

    styles = {column: _style(column, texts) for column in QUANTITIES}

    def compared(row: RowCount, text: Mapping[str, str]) -> ComparedRow:
        cells: dict[str, Cell] = {}
        for column in columns:
            if column in SIZES:
                cells[column] = _size_cell(column, text.get(column), row)
            elif column == "depth":
                cells[column] = _depth_cell(text.get(column), row)
            else:
                convention = printed.conventions[column]
                cells[column] = _quantity_cell(
                    column, text.get(column), row, convention, styles[column]
                )
        return ComparedRow(id=row.id, cells=cells)

    return Comparison(
        columns=columns,
        rows=tuple(compared(row, texts.get(row.id, {})) for row in count.rows),
        others=tuple(
            compared(row, {}) for row in (count.total, *count.heads, count.total_with_heads)
        ),
        claims=tuple(_claim(claim, count, printed.conventions) for claim in printed.claims),
        headings={
            column: printed.headings[column] for column in columns if column in printed.headings
        },
        conventions={
            column: describe(convention)
            for column, convention in printed.conventions.items()
            if column in columns
        },
    )


def _style(column: str, texts: Mapping[str, Mapping[str, str]]) -> Quantity | None:
    """Give the column's last printed number, whose notation serves for what is not printed."""
    printed = [text[column] for text in texts.values() if column in text]
    return parse_quantity(printed[-1]) if printed else None


def _depth_cell(text: str | None, row: RowCount) -> Cell:
    return Cell(
        column="depth",
        printed=text,
        computed=row.depth,
        shown=str(row.depth),
        verdict=BLANK if text is None else judge_whole(text, row.depth),
    )


def _quantity_cell(
    column: str,
    text: str | None,
    row: RowCount,
    convention: Convention,
    style: Quantity | None,
) -> Cell:
    computed = computed_value(row, convention)
    quantity = parse_quantity(text) if text is not None else None
    like = quantity or style
    return Cell(
        column=column,
        printed=text,
        computed=computed,
        shown=write(computed, like, convention.k) if like and computed else f"{computed:,}",
        verdict=judge_quantity(quantity, computed, convention.k, unit(convention))
        if quantity
        else BLANK,
    )


def _size_cell(column: str, text: str | None, row: RowCount) -> Cell:
    chw = row.input if column == "input" else row.output
    parts = 3 if text is None else len(parse_size(text, parts=(2, 3)))
    return Cell(
        column=column,
        printed=text,
        computed=chw,
        shown="x".join(str(side) for side in (chw[1], chw[2], chw[0])[:parts]),
        verdict=BLANK if text is None else judge_size(text, chw),
    )


def _claim(claim: Claim, count: Count, conventions: Mapping[str, Convention]) -> ComparedClaim:
    value, k, counts = _claimed(claim.what, count, conventions)
    if claim.fewer_than is None:
        quantity = parse_quantity(claim.printed)
        computed: int | Fraction = value
        verdict = judge_quantity(quantity, computed, k, counts)
    else:
        quantity = parse_ratio(claim.printed)
        reference = parse_quantity(claim.fewer_than.printed)
        computed = reference.value() / value if value else Fraction(0)
        verdict = judge_ratio(quantity, reference, claim.fewer_than.name, value, counts)
    what = claim.what if claim.fewer_than is None else f"{claim.what} vs {claim.fewer_than.name}"
    return ComparedClaim(
        what=what,
        printed=claim.printed,
        source=claim.source,
        computed=computed,
        shown=write(computed, quantity, k),
        verdict=verdict,
    )


def _claimed(
    what: str, count: Count, conventions: Mapping[str, Convention]
) -> tuple[int, int, str]:
    """Give the number a claim speaks of, its K, and what it counts.

    In running text K is 1000 and parameters are all of them, whatever a column counts.
    """
    total = count.total
    match what:
        case "ops":
            convention = conventions["ops"]
            return computed_value(total, convention), 1000, unit(convention)
        case "params":
            return total.params, 1000, "params"
        case "depth":
            return total.depth, 1000, "layers with weights"
        case "depth with pooling":
            return count.depth_with_pooling, 1000, "layers with weights or pools"
    raise AssertionError(f"unknown claim {what}")
