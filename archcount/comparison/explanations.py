"""The reason of each cell that does not match: a convention, a reading, a contradiction, none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from archcount.comparison.claims import convention_verdict
from archcount.comparison.constraints import (
    QUANTITIES,
    SIZES,
    Constraints,
    Conventions,
    all_options,
    first_fit,
    wanted,
)
from archcount.comparison.conventions import computed_value, contrast
from archcount.comparison.digits import judge_by
from archcount.comparison.plausibility import believable
from archcount.comparison.results import (
    ComparedCell,
    ComparedRow,
    Contradiction,
    Explanation,
    Verdict,
)
from archcount.comparison.search import Found, believed
from archcount.engines.counts import RowCount
from archcount.printed import Convention

DISPROVED = ("params-ops",)
"""The contradictions of numbers, which a count that gives both disproves."""


def reasoned(
    row: RowCount,
    cells: Mapping[str, ComparedCell],
    constraints: Constraints,
    found: Found,
    against: Sequence[Contradiction],
    conventions: Conventions,
) -> ComparedRow:
    """Return every cell of a row that is off its reason."""
    best = next(iter(found.explanations), None)
    declared = {column: known[0] for column, known in conventions.items()}
    missed = dict(constraints.missed(row, declared))

    def verdict(cell: ComparedCell) -> Verdict:
        if cell.verdict.status != "off" or cell.column not in (*SIZES, "depth", *QUANTITIES):
            return cell.verdict
        for item in against:
            # The next row goes on from what was computed: no reading of this one says otherwise.
            if item.why == "grid" and item.odd == cell.column and not (best and best.declared):
                return _contradiction(cell, item)
        if best is not None and believed(best) and (best.edits or best.declared):
            return _reading(cell, best, constraints, declared, len(found.explanations))
        if cell.column in QUANTITIES:
            other = _convention(cell, row, constraints, conventions, missed)
            if other is not None:
                return other
        for item in against:
            if cell.column in item.cells and not (best and item.why in DISPROVED):
                return _contradiction(cell, item)
        return _off(cell.verdict, found)

    return ComparedRow(
        id=row.id,
        cells={column: replace(cell, verdict=verdict(cell)) for column, cell in cells.items()},
        explanations=found.explanations,
        tried=found.tried,
    )


def _contradiction(cell: ComparedCell, item: Contradiction) -> Verdict:
    """Return the verdict that a printed cell contradicts others."""
    odd = f" The odd one out: {item.odd}." if item.odd else ""
    return replace(
        cell.verdict, status="contradiction", why=item.why, sentence=f"{item.sentence}{odd}"
    )


def _convention(
    cell: ComparedCell,
    row: RowCount,
    constraints: Constraints,
    conventions: Conventions,
    missed: Mapping[str, float],
) -> Verdict | None:
    """Return the verdict for a listed convention that gives this cell alone, or None."""
    options = sorted(
        all_options(cell.column, conventions[cell.column])[1:], key=lambda option: option[1]
    )
    quantity = constraints.quantities[cell.column]
    fit = first_fit(row, wanted(quantity, options))
    if fit is None or not believable(fit[1], missed.get(cell.column, 0.0)):
        return None
    verdict = convention_verdict(quantity, row, conventions[cell.column][0], fit[0])
    return replace(verdict, error=cell.verdict.error)


def _reading(
    cell: ComparedCell,
    best: Explanation,
    constraints: Constraints,
    declared: Mapping[str, Convention],
    fitting: int,
) -> Verdict:
    """Return the verdict that another reading gives a printed cell."""
    others = "" if best.declared or fitting < 2 else f" It is the likeliest of {fitting} that fit."
    if cell.column in QUANTITIES:
        convention = best.conventions.get(cell.column, declared[cell.column])
        value = computed_value(best.count, convention)
        either = replace(convention, rounding="either")
        found = judge_by(constraints.quantities[cell.column], value, either)
        counted = ""
        if cell.column in best.conventions:
            counted = f" {contrast(convention, declared[cell.column], best.count)}"
        sentence = f"{best.what}: {found.sentence}{counted}{others}"
    else:
        sentence = f"{best.what}: {cell.printed}, as printed.{others}"
    return replace(cell.verdict, status="reading", why=best.why, sentence=sentence)


def _off(verdict: Verdict, found: Found) -> Verdict:
    """Return the verdict on a cell that nothing explains, with what came closest."""
    readings = [item for item in found.explanations if item.edits]
    if readings:
        count = len(readings)
        words = f"{count} changes would fit, none convincing; closest:"
        if count == 1:
            words = "One change would fit, but is not convincing:"
        sentence = f"{verdict.sentence} {words} {readings[0].what}."
        return replace(verdict, why="odd", sentence=sentence)
    nearest = f"; closest: {found.nearest}" if found.nearest else ""
    return replace(verdict, sentence=f"{verdict.sentence} No reading found{nearest}.")
