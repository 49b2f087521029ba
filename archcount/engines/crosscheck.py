"""The cross-check: engines must agree exactly, row by row and category by category."""

from __future__ import annotations

from dataclasses import dataclass

from archcount.engines.counts import Count, RowCount
from archcount.layers import CATEGORIES

_FIELDS = ("input", "output", "weights", "biases", "params", "buffers")


@dataclass(frozen=True, kw_only=True, slots=True)
class Disagreement:
    """Two engines that found different numbers.

    Attributes:
        what: the field or cost category.
        values: what each engine found, as text, by its name.
    """

    row: str
    what: str
    values: dict[str, str]


def cross_check(first: Count, second: Count) -> tuple[Disagreement, ...]:
    """Compare two counts of one network; empty when they agree on everything.

    Source: the promise that no number rests on one engine alone.
    """
    ours = {row.id: row for row in (*first.rows, *first.heads)}
    theirs = {row.id: row for row in (*second.rows, *second.heads)}
    found = []
    for name in dict.fromkeys((*ours, *theirs)):
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            values = {first.engine: _presence(one), second.engine: _presence(other)}
            found.append(Disagreement(row=name, what="row", values=values))
            continue
        for what, ours_value, theirs_value in _pairs(one, other):
            if ours_value != theirs_value:
                values = {first.engine: ours_value, second.engine: theirs_value}
                found.append(Disagreement(row=name, what=what, values=values))
    return tuple(found)


def _presence(row: RowCount | None) -> str:
    return "missing" if row is None else "present"


def _pairs(one: RowCount, other: RowCount) -> list[tuple[str, str, str]]:
    fields = [(name, str(getattr(one, name)), str(getattr(other, name))) for name in _FIELDS]
    return fields + [
        (name, str(getattr(one.cost, name)), str(getattr(other.cost, name))) for name in CATEGORIES
    ]
