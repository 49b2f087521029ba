"""The printed numbers of a table of models, and the verdicts on them in other readings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from archcount.comparison.compare import compare_whole
from archcount.comparison.conventions import accepted
from archcount.comparison.plausibility import gap_evidence
from archcount.comparison.results import ComparedCell, ComparedRow
from archcount.comparison.widths import through, widths_within
from archcount.engines.model_recount import FileChange, ModelRecount
from archcount.printed import Interval, parse_quantity

FOLLOWS = 2.0
"""The most bits of a further number of one network, which mostly follows from the first."""
_LARGEST = 1 << 24
"""The largest number that is looked for."""

Rows = Mapping[str, ComparedRow]
"""The verdicts of each model by the name of its variant."""


class ModelCells:
    """The printed numbers of a table of models, and the verdicts on them in other readings."""

    def __init__(self, recount: ModelRecount, rows: Rows, *, conventions: bool) -> None:
        self.recount, self.rows = recount, rows
        self.unexplained = ("off", "contradiction", *(() if conventions else ("convention",)))

    def read(
        self, model: str, lets: Mapping[str, int], change: FileChange | None = None
    ) -> ComparedRow | None:
        """Judge a model with other numbers; None where it cannot be built so."""
        counted = self.recount.count(model, lets, change)
        if counted is None:
            return None
        return compare_whole(
            self.recount.printed(model), counted.count, counted.parts, counted.stated
        )

    def missed(self, model: str) -> tuple[ComparedCell, ...]:
        """Return the printed numbers that nothing explains, the most telling first.

        A convention of its own explains a number alone, and not as one of many of all models.
        """
        cells = [
            cell
            for cell in self.rows[model].cells.values()
            if cell.printed is not None and cell.verdict.status in self.unexplained
        ]
        return tuple(sorted(cells, key=lambda cell: -self.evidence(model, cell)))

    def interval(self, model: str, cell: ComparedCell) -> Interval:
        """Return the values that print as a cell does."""
        assert cell.printed is not None, "a printed cell"
        quantity = parse_quantity(cell.printed)
        declared = self.recount.printed(model).conventions.get(cell.column)
        if declared is None:
            return Interval(quantity.rounded().low, quantity.truncated().high)
        return accepted(quantity, declared)

    def evidence(self, model: str, cell: ComparedCell) -> float:
        """Return the bits that a missed number carries."""
        if not isinstance(cell.computed, int | Fraction):
            return 0.0
        return gap_evidence(self.interval(model, cell), Fraction(cell.computed))

    def worth(self, model: str, cells: Sequence[ComparedCell]) -> float:
        """Return the bits that some missed numbers of one model carry together."""
        bits = sorted((self.evidence(model, cell) for cell in cells), reverse=True)
        return sum(bits[:1]) + sum(min(each, FOLLOWS) for each in bits[1:])


def right(row: ComparedRow) -> frozenset[str]:
    """Return the columns whose printed numbers match."""
    return frozenset(
        name
        for name, cell in row.cells.items()
        if cell.printed is not None and cell.verdict.status == "match"
    )


def solved(
    cells: ModelCells,
    model: str,
    old: int,
    lets: Callable[[int], Mapping[str, int]],
    change: FileChange | None = None,
) -> range:
    """Return the values of a number that give the most telling missed number of a model."""
    cell = cells.missed(model)[0]
    here = cell.computed
    if not isinstance(here, int):
        return range(0)
    points = [(old, here)]
    for value in (2 * old, 3 * old):
        row = cells.read(model, lets(value), change)
        computed = row.cells[cell.column].computed if row else None
        if not isinstance(computed, int):
            return range(0)
        points.append((value, computed))
    if points[0][1] >= points[1][1]:
        return range(0)  # what is printed does not depend on it, or falls with it
    polynomial = through(points)
    wanted = cells.interval(model, cell).whole()
    return next(iter(widths_within(polynomial, [wanted], _LARGEST)), range(0))
