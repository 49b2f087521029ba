"""Numbers whose last zeros may be no digits: as declared, as their column has it, as proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archcount.comparison.columns import ColumnFit
from archcount.comparison.conventions import accepted, computed_value, unit
from archcount.comparison.plausibility import ROUNDING_BITS, believable, evidence
from archcount.comparison.results import ComparedCell, Verdict
from archcount.comparison.verdicts import judge_quantity
from archcount.engines.counts import Count
from archcount.printed import Convention, PrintedTable, Quantity, parse_quantity


def judge_by(
    printed: Quantity, computed: int, convention: Convention, counted: str = ""
) -> Verdict:
    """Judge a printed number by its convention; where it is off, say which digits would match.

    That zeros are rounding is the file's to say: nothing tells 650,000 for 659,272 from a slip.

    Args:
        printed: the printed number.
        computed: the computed one, in base units.
        convention: how it was shortened, and what K stands for.
        counted: what is counted, in words, where that is not the convention's to say.

    >>> from archcount.printed import parse_quantity
    >>> declared = Convention(k=1000, count="params")
    >>> judge_by(parse_quantity("520K"), 523_900, declared).sentence.partition(". ")[2]
    'It would match if its last zero is rounding (digits: 2).'
    >>> judge_by(parse_quantity("520K"), 523_900, replace(declared, digits=2)).status
    'match'
    """
    quantity = printed.with_digits(convention.digits)
    words = counted or unit(convention)
    verdict = judge_quantity(quantity, computed, convention.k, words, convention.rounding)
    if verdict.status != "off":
        return verdict
    for digits, coarse in printed.coarser():
        if computed in accepted(printed, replace(convention, digits=digits)):
            zeros = len(str(coarse.unit)) - 1
            last = f"last {zeros} zeros are" if zeros > 1 else "last zero is"
            hint = f"It would match if its {last} rounding (digits: {digits})."
            return replace(verdict, sentence=f"{verdict.sentence} {hint}")
    return verdict


def proposed_digits(
    printed: PrintedTable, count: Count, fits: Mapping[str, Sequence[ColumnFit]]
) -> dict[str, tuple[int, int]]:
    """Return by column the digits behind which zeros must be rounding for more of it to match.

    Each comes with how many numbers then do; columns of which no more do are left out.
    """
    rows = {row.id: row for row in count.rows}
    found = {}
    for column, (best, *_) in fits.items():
        cells = {row.id: row.cells.get(column) for row in printed.rows}
        quantities = {name: parse_quantity(cell.text) for name, cell in cells.items() if cell}

        def given(digits: int, best: ColumnFit = best, read: Any = quantities) -> int:
            fewer = replace(best.convention, digits=digits)
            return sum(
                computed_value(rows[name], fewer) in accepted(quantity, fewer)
                for name, quantity in read.items()
            )

        tried = {digits for name in best.misses for digits, _ in quantities[name].coarser()}
        most = max(((given(digits), digits) for digits in tried), default=(0, 0))
        if most[0] > len(best.fits):
            found[column] = (most[1], most[0])
    return found


def with_fewer_digits(
    cell: ComparedCell, declared: Convention, others: Sequence[str]
) -> Verdict | None:
    """Return the verdict on a number whose last zeros are no digits, as 350M of 355.9M.

    Half of the other numbers of its column, and two at least, have no more digits, 1.3B as 350M;
    zeros behind a point are digits.
    """
    assert cell.printed is not None, "a printed cell"
    quantity = parse_quantity(cell.printed)
    own = _digits(quantity)
    few = sum(_digits(parse_quantity(text)) <= own for text in others)
    if quantity.unit != 1 or not isinstance(cell.computed, int) or few < max(2, len(others) / 2):
        return None
    for digits, coarse in quantity.coarser():
        fewer = replace(declared, digits=digits)
        interval = accepted(quantity, fewer)
        if cell.computed in interval and believable(ROUNDING_BITS, evidence(interval)):
            verdict = judge_by(quantity, cell.computed, fewer)
            zeros = "last zero is no digit" if coarse.unit == 10 else "last zeros are no digits"
            sentence = f"{verdict.sentence} Its {zeros}."
            return replace(cell.verdict, status="convention", why="digits", sentence=sentence)
    return None


def _digits(quantity: Quantity) -> int:
    """Return how many digits a number has without the zeros that a whole one ends with."""
    text = str(int(quantity.mantissa / quantity.unit))
    return len(text.rstrip("0") if quantity.unit == 1 else text)
