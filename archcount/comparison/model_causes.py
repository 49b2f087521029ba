"""One cause of many printed numbers of a table of models: a number that all networks share.

GPT-2's four parameter counts are off with its vocabulary of 50,257, and right with some 40,600. A
count is a polynomial of degree 2 at most in such a number, so that each printed one leaves a range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log2

from archcount.comparison.compare import compare_whole
from archcount.comparison.conventions import accepted
from archcount.comparison.plausibility import (
    KIND_BITS,
    believable,
    evidence,
    gap_evidence,
    place_bits,
    width_bits,
)
from archcount.comparison.results import CommonCause, ComparedCell, ComparedRow
from archcount.comparison.widths import through, widths_within
from archcount.edits import SharedNumber
from archcount.engines.model_recount import ModelRecount
from archcount.printed import Interval, parse_quantity

FOLLOWS = 2.0
"""The most bits of a further number of one network, which mostly follows from the first."""
_LARGEST = 1 << 24
"""The largest number that is looked for."""
_SOLVED = 8
"""How many models are solved for; the others have to agree with what these say."""

Rows = Mapping[str, ComparedRow]
"""The verdicts of each model by the name of its variant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedCause:
    """The number that is the cause of many printed ones.

    Attributes:
        cause: what is said of it.
        number: the number that is another.
        value: what it is then.
        rows: the verdicts with it.
    """

    cause: CommonCause
    number: SharedNumber
    value: int
    rows: Rows


class ModelCells:
    """The printed numbers of a table of models, and the verdicts on them in other readings."""

    def __init__(self, recount: ModelRecount, rows: Rows) -> None:
        self.recount, self.rows = recount, rows

    def read(
        self, model: str, lets: Mapping[str, int], number: SharedNumber | None = None
    ) -> ComparedRow | None:
        """Judge a model with other numbers; None where it cannot be built so."""
        counted = self.recount.count(model, lets, number)
        if counted is None:
            return None
        return compare_whole(
            self.recount.printed(model), counted.count, counted.parts, counted.stated
        )

    def missed(self, model: str) -> tuple[ComparedCell, ...]:
        """Return the printed numbers that nothing explains, the most telling first."""
        cells = [
            cell
            for cell in self.rows[model].cells.values()
            if cell.printed is not None and cell.verdict.status in ("off", "contradiction")
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


def shared_cause(cells: ModelCells) -> SharedCause | None:
    """Return the shared number by whose change most printed numbers of a table come right.

    Those of two models or more become right by it, no printed number that matches becomes wrong,
    and more become right than stay wrong. None where there is none likelier than an accident.
    """
    off = [model for model in cells.rows if cells.missed(model)]
    if len(off) < 2:
        return None
    off.sort(key=lambda model: -cells.worth(model, cells.missed(model)))
    numbers = cells.recount.shared_numbers
    found = []
    for number in numbers:
        span = _covering([*_spans(cells, off[:_SOLVED], number)])
        each = span and _cause(cells, number, span, place_bits(len(numbers)))
        if each:
            found.append(each)
    return min(found, key=lambda each: (-each.cause.right, each.cause.bits), default=None)


def _spans(cells: ModelCells, models: Sequence[str], number: SharedNumber) -> Iterator[range]:
    """Yield the values of a number that give the most telling missed number of each model."""
    for model in models:
        found = solved(cells, model, number.value, lambda to: {number.name: to}, number)
        if found:
            yield found


def solved(
    cells: ModelCells,
    model: str,
    old: int,
    lets: Callable[[int], Mapping[str, int]],
    number: SharedNumber | None = None,
) -> range:
    """Return the values of a number that give the most telling missed number of a model."""
    cell = cells.missed(model)[0]
    points = []
    for value in (old, 2 * old, 3 * old):
        row = cells.read(model, lets(value), number)
        computed = row.cells[cell.column].computed if row else None
        if not isinstance(computed, int):
            return range(0)
        points.append((value, computed))
    if points[0][1] >= points[1][1]:
        return range(0)  # what is printed does not depend on it, or falls with it
    polynomial = through(points)
    wanted = cells.interval(model, cell).whole()
    return widths_within(polynomial, [wanted], _LARGEST)[0]


def _covering(spans: Sequence[range]) -> range:
    """Return the numbers that lie in the most of some ranges, which more than one must be."""
    best, most = range(0), 1
    for start in sorted({span.start for span in spans}):
        over = [span for span in spans if start in span]
        if len(over) > most:
            best, most = range(start, min(span.stop for span in over)), len(over)
    return best


def _cause(cells: ModelCells, number: SharedNumber, span: range, bits: float) -> SharedCause | None:
    """Return a number's other values as a cause, once the networks are counted with them."""
    value = roundest(span, number.value)
    ends = {span[0], span[-1], value}
    read = {
        end: {model: cells.read(model, {number.name: end}, number) for model in cells.rows}
        for end in ends
    }
    before = {(model, name) for model, row in cells.rows.items() for name in right(row)}
    now = set.intersection(
        *(
            {(model, name) for model, row in rows.items() if row for name in right(row)}
            for rows in read.values()
        )
    )
    every = {
        (model, name)
        for model, row in cells.rows.items()
        for name, cell in row.cells.items()
        if cell.printed is not None
    }
    gained = now - before
    models = {model for model, _ in gained}
    if before - now or len(models) < 2 or len(gained) <= len(every - now):
        return None
    worth = sum(
        cells.worth(model, [cells.rows[model].cells[name] for name in sorted(_of(gained, model))])
        for model in models
    )
    width = evidence(Interval(Fraction(span.start), Fraction(span.stop)))
    price = KIND_BITS["cell"] + bits + min(width, width_bits(number.value, value, ()))
    if not believable(price, worth):
        return None
    rows = {model: row for model, row in read[value].items() if row is not None}
    words = f"{span[0]:,}" if len(span) == 1 else f"{span[0]:,} to {span[-1]:,}"
    columns = {name for _, name in every}
    cause = CommonCause(
        why="number",
        what=f"with {number.words.format(words)}",
        printed=len(every),
        right=len(now),
        before=len(before),
        rows=tuple(model for model in cells.rows if model in models),
        bits=price,
        of=columns.pop() if len(columns) == 1 else "numbers",
    )
    return SharedCause(cause=cause, number=number, value=value, rows=rows)


def _of(cells: set[tuple[str, str]], model: str) -> set[str]:
    return {name for other, name in cells if other == model}


def roundest(span: range, old: int) -> int:
    """Return the likeliest number of a range: the one that the highest power of two divides.

    >>> roundest(range(40400, 40800), 50257)
    40448
    """
    for power in range(int(log2(max(span[-1], 1))), -1, -1):
        step = 1 << power
        first = -(-span.start // step) * step
        if first in span:
            return first
    return span[0]
