"""One cause of many printed numbers of a table of models: what all its networks share.

GPT-2's four parameter counts are off with its vocabulary of 50,257, and right with some 40,600. A
count is a polynomial of degree 2 at most in such a number, so that each printed one leaves a range.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import log2

from archcount.comparison.model_cells import ModelCells, Rows, right, solved
from archcount.comparison.plausibility import (
    FAR_BITS,
    KIND_BITS,
    believable,
    evidence,
    place_bits,
    width_bits,
)
from archcount.comparison.results import CommonCause
from archcount.edits import SharedNumber
from archcount.engines.model_recount import FileChange
from archcount.printed import Interval

_OCTAVES = 3
"""How far a number that all networks share may be away, in octaves."""
_SOLVED = 8
"""How many models are solved for; the others have to agree with what these say."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedCause:
    """What is the cause of many printed numbers.

    Attributes:
        cause: what is said of it.
        lets: the number that is another, by its name; none where the structure is.
        change: the number, or the structure.
        rows: the verdicts with it.
    """

    cause: CommonCause
    lets: Mapping[str, int]
    change: FileChange
    rows: Rows


def shared_cause(cells: ModelCells) -> SharedCause | None:
    """Return the change of all networks by which most printed numbers of a table come right.

    Those of two models or more become right by it, no printed number that matches becomes wrong,
    and more become right than stay wrong. None where there is none likelier than an accident.
    """
    off = [model for model in cells.rows if cells.missed(model)]
    if len(off) < 2:
        return None
    off.sort(key=lambda model: -cells.worth(model, cells.missed(model)))
    found = [*_numbers(cells, off[:_SOLVED]), *_structures(cells, off[:_SOLVED])]
    found.sort(key=lambda each: (-each.cause.right, each.cause.bits))
    if not found:
        return None
    others = (each.cause.what for each in found[1:] if each.cause.right == found[0].cause.right)
    return replace(found[0], cause=replace(found[0].cause, others=tuple(others)))


def _numbers(cells: ModelCells, off: Sequence[str]) -> Iterator[SharedCause]:
    """Yield the shared numbers that are believed to be others."""
    numbers = cells.recount.shared_numbers
    for number in numbers:
        span = _covering([*_spans(cells, off, number)])
        if not span:
            continue
        value = roundest(span, number.value)
        if abs(log2(value / number.value)) > _OCTAVES:
            continue
        read = [_read(cells, {number.name: end}, number) for end in {value, span[0], span[-1]}]
        words = f"{span[0]:,}" if len(span) == 1 else f"{span[0]:,} to {span[-1]:,}"
        width = evidence(Interval(Fraction(span.start), Fraction(span.stop)))
        price = min(width, width_bits(number.value, value, ()))
        price += FAR_BITS * abs(log2(value / number.value))
        bits = KIND_BITS["cell"] + place_bits(len(numbers)) + price
        what = f"with {number.words.format(words)}"
        cause = _cause(cells, read, "number", what, bits)
        if cause:
            lets = {number.name: value}
            rows = _read(cells, lets, number)
            yield SharedCause(cause=cause, lets=lets, change=number, rows=rows)


def _structures(cells: ModelCells, off: Sequence[str]) -> Iterator[SharedCause]:
    """Yield the other structures that are believed."""
    structures = cells.recount.structures
    bits = KIND_BITS["without"] + place_bits(len(structures))
    for structure in structures:
        first = cells.read(off[0], {}, structure), cells.read(off[-1], {}, structure)
        if not any(row and right(row) - right(cells.rows[row.id]) for row in first):
            continue
        rows = _read(cells, {}, structure)
        cause = _cause(cells, [rows], "structure", structure.words, bits)
        if cause:
            yield SharedCause(cause=cause, lets={}, change=structure, rows=rows)


def _read(cells: ModelCells, lets: Mapping[str, int], change: FileChange) -> Rows:
    """Judge every model that can be built with a change."""
    read = {model: cells.read(model, lets, change) for model in cells.rows}
    return {model: row for model, row in read.items() if row is not None}


def _spans(cells: ModelCells, models: Sequence[str], number: SharedNumber) -> Iterator[range]:
    """Yield the values of a number that give the most telling missed number of each model."""
    missing = 0
    for model in models:
        found = solved(cells, model, number.value, lambda to: {number.name: to}, number)
        if found:
            yield found
            continue
        missing += 1
        if 2 * missing > len(models):
            return  # it cannot make most of them right


def _covering(spans: Sequence[range]) -> range:
    """Return the numbers that lie in the most of some ranges, which more than one must be."""
    best, most = range(0), 1
    for start in sorted({span.start for span in spans}):
        over = [span for span in spans if start in span]
        if len(over) > most:
            best, most = range(start, min(span.stop for span in over)), len(over)
    return best


def _cause(
    cells: ModelCells, read: Sequence[Rows], why: str, what: str, bits: float
) -> CommonCause | None:
    """Return a change as a cause, if it is believed: what all ways to read it make right."""
    before = {(model, name) for model, row in cells.rows.items() for name in right(row)}
    now = set.intersection(
        *({(model, name) for model, row in rows.items() for name in right(row)} for rows in read)
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
        cells.worth(
            model, [cells.rows[model].cells[name] for other, name in gained if other == model]
        )
        for model in models
    )
    if not believable(bits, worth):
        return None
    columns = {name for _, name in every}
    return CommonCause(
        why=why,
        what=what,
        printed=len(every),
        right=len(now),
        before=len(before),
        rows=tuple(model for model in cells.rows if model in models),
        bits=bits,
        of=columns.pop() if len(columns) == 1 else "numbers",
    )


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
