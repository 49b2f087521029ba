"""A model of which one printed number was another: its heads, layers, or a width."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from archcount.comparison.model_cells import ModelCells, right, solved
from archcount.comparison.plausibility import (
    KIND_BITS,
    MARGIN,
    count_bits,
    place_bits,
    width_bits,
)
from archcount.comparison.results import ComparedRow

_MOST = 24
"""How many values of one number are counted, the likeliest first."""
_STEPS = 4
"""How many more or fewer are tried, whatever the printed numbers say."""
_FEW = 128
"""Numbers below are counted in steps, as layers and heads are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OtherCell:
    """One number of a model that gives every printed number as another.

    Attributes:
        lets: the number by its name.
        what: the change in words.
        row: the verdicts with it.
        bits: how unlikely it is by itself.
    """

    lets: Mapping[str, int]
    what: str
    row: ComparedRow
    bits: float


def other_cell(cells: ModelCells, model: str) -> OtherCell | None:
    """Return the one printed number of a model that is believed to be another; None for none.

    The reading gives every printed number of the network, and its bits are below those that the
    missed ones carry.
    """
    missed = cells.missed(model)
    most = cells.worth(model, missed) - MARGIN
    numbers = cells.recount.numbers(model)
    least = KIND_BITS["cell"] + place_bits(len(numbers))
    if most <= least:
        return None
    tried = sorted(
        (least + bits, name, new)
        for name, old in numbers.items()
        for bits, new in _priced(cells, model, name, old)
        if least + bits <= most
    )
    printed = {name for name, cell in cells.rows[model].cells.items() if cell.printed is not None}
    headings = cells.recount.printed(model).headings
    found: dict[str, OtherCell] = {}
    for bits, name, new in tried:
        row = None if name in found else cells.read(model, {name: new})
        if row is not None and right(row) >= printed:
            heading = headings.get(name) or name
            what = f"{new:,} for {numbers[name]:,} as {heading}"
            found[name] = OtherCell(lets={name: new}, what=what, row=row, bits=bits)
    if not found:
        return None
    words = ", or ".join(each.what for each in found.values())
    return replace(next(iter(found.values())), what=f"with {words}")


def _priced(cells: ModelCells, model: str, name: str, old: int) -> list[tuple[float, int]]:
    """Return the likeliest other values of a number, with their bits."""
    others = (cells.recount.numbers(each).get(name, old) for each in cells.rows)
    known = {*others} - {old}
    values = {*known, *_near(old), *_fitting(cells, model, name, old)} - {old}
    return sorted((_bits(old, new, known), new) for new in values if new > 0)[:_MOST]


def _near(old: int) -> Iterator[int]:
    yield from (2 * old, old // 2)
    yield from range(old - _STEPS, old + _STEPS + 1)


def _fitting(cells: ModelCells, model: str, name: str, old: int) -> range:
    """Return the values that give the most telling missed number, the round ones of many."""
    span = solved(cells, model, old, lambda to: {name: to})
    step = 1
    while len(span) // step > 10 * _MOST:
        step *= 2
    return range(-(-span.start // step) * step, span.stop, step)


def _bits(old: int, new: int, known: Collection[int]) -> float:
    """Return the bits of another number: of few layers or heads, those of the steps to it."""
    bits = width_bits(old, new, known)
    return min(bits, 1 + count_bits(abs(new - old))) if max(old, new) < _FEW else bits
