"""Printed columns that the file says the meaning of: a quantity of parts, or an expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from archcount.comparison.claims import convention_verdict
from archcount.comparison.constraints import all_options
from archcount.comparison.conventions import accepted, computed_value, unit
from archcount.comparison.digits import judge_by
from archcount.comparison.plausibility import (
    believable,
    evidence,
    gap_evidence,
)
from archcount.comparison.results import ComparedCell, Verdict
from archcount.comparison.verdicts import BLANK, judge_quantity, write
from archcount.engines.counts import RowCount, total
from archcount.engines.network_parts import NetworkParts
from archcount.printed import (
    SETTINGS,
    CheckedColumn,
    Convention,
    PrintedTable,
    Quantity,
    parse_quantity,
    parse_setting,
)

_FAMILIES = {
    **dict.fromkeys(("params", "weights"), "params"),
    **dict.fromkeys(("ops", "macs", "flops"), "ops"),
}
"""The column whose conventions are tried for a quantity."""


def counted(column: CheckedColumn, row: RowCount, parts: NetworkParts, place: str) -> RowCount:
    """Return the count of what a column is of: a row or network, some parts, or it without some.

    A part that a row does not have counts as nothing.
    """
    of = [part for name in column.of for part in _parts(name, parts, place)]
    without = [negated(part) for name in column.without for part in _parts(name, parts, place)]
    if not column.of:
        of = [row]
    depth = max((part.depth for part in of), default=0)
    nothing = replace(negated(row), depth=0)
    every = (*of, *without) or (row, nothing)
    return replace(total(row.id, every), depth=depth)


def _parts(name: str, parts: NetworkParts, place: str) -> Iterator[RowCount]:
    found = parts.find(_path(place, name))
    if found is not None:
        yield found.count


def _path(place: str, name: str) -> str:
    """Return the path of a part of a row; of the network where the row has no name."""
    return ".".join(filter(None, (place, name)))


def negated(row: RowCount) -> RowCount:
    """Return a count that takes another one off."""
    numbers = ("weights", "biases", "params", "buffers")
    changes = {name: -getattr(row, name) for name in numbers}
    return replace(row, cost=row.cost.scaled(-1), **changes)


def value_of(
    column: CheckedColumn,
    row: RowCount,
    parts: NetworkParts,
    place: str,
    convention: Convention,
) -> int:
    """Return the number of a quantity, in base units for one image."""
    match column.what:
        case "depth":
            return row.depth
        case "buffers":
            return row.buffers
        case "neurons" | "active params":
            path = _path(place, column.of[0] if column.of else "")
            part = parts.find(path) if path else parts.whole()
            if part is None:
                return 0
            return part.neurons if column.what == "neurons" else part.active_params
    return computed_value(row, convention)


def checked_cell(
    name: str,
    text: str | None,
    row: RowCount,
    printed: PrintedTable,
    parts: NetworkParts,
    place: str,
    stated: Fraction | None = None,
) -> ComparedCell | None:
    """Judge a cell; None for an expression where nothing is printed.

    Args:
        name: the column's.
        text: what is printed, None where nothing is.
        row: the count of the row, or of the whole network.
        printed: the printed table.
        parts: the network's parts.
        place: the row's name; empty for the whole network.
        stated: what the column's expression gives.
    """
    column = printed.checked[name]
    if column.expression:
        if text is None or stated is None:
            return None
        is_printed = {*column.reads} <= {*printed.columns}
        return _of_expression(name, column.expression, text, stated, is_printed=is_printed)
    if column.what in SETTINGS:
        path = _path(place, column.of[0] if column.of else "")
        return None if text is None else _of_setting(name, column.what, text, parts, path)
    convention = printed.conventions[name]
    counted_row = counted(column, row, parts, place)
    value = value_of(column, counted_row, parts, place, convention)
    if text is None:
        return ComparedCell(
            column=name, printed=None, computed=value, shown=f"{value:,}", verdict=BLANK
        )
    quantity = parse_quantity(text)
    words = " ".join((unit(convention), *str(column).split()[len(column.what.split()) :]))
    verdict = judge_by(quantity, value, convention, words)
    family = _FAMILIES.get(column.what, "")
    if verdict.status != "match" and family:
        other = otherwise(quantity, family, counted_row, convention)
        verdict = replace(other, error=verdict.error) if other else verdict
    return ComparedCell(
        column=name,
        printed=text,
        computed=value,
        shown=write(value, quantity, convention.k),
        verdict=verdict,
    )


def _of_setting(name: str, what: str, text: str, parts: NetworkParts, path: str) -> ComparedCell:
    """Judge what a cell says of the layers of a row; one number stands for equal sides."""
    value, said = parts.setting(path, what), parse_setting(what, text)
    shown = "x".join(map(str, value))
    words = f"{what} {shown}, printed {text}."
    verdict = Verdict(status="match", why="equal", sentence=words)
    if value not in (said, said * len(value)):
        verdict = Verdict(status="off", why="differs", sentence=words)
    computed = value if len(value) > 1 else value[0]
    return ComparedCell(column=name, printed=text, computed=computed, shown=shown, verdict=verdict)


def _of_expression(
    name: str, expression: str, text: str, stated: Fraction, *, is_printed: bool
) -> ComparedCell:
    """Judge a cell that others must give, all of which are printed or not."""
    quantity = parse_quantity(text)
    whole: int | Fraction = int(stated) if stated.denominator == 1 else stated
    verdict = judge_quantity(quantity, whole, 1000, f"= {expression}")
    if verdict.status != "match" and is_printed:
        sentence = verdict.sentence.rstrip(".")
        sentence = f"The paper's own cells disagree: {sentence}."
        verdict = replace(verdict, status="contradiction", why="columns", sentence=sentence)
    shown = write(whole, quantity, 1000)
    return ComparedCell(column=name, printed=text, computed=whole, shown=shown, verdict=verdict)


def otherwise(
    quantity: Quantity, family: str, row: RowCount, declared: Convention
) -> Verdict | None:
    """Return the verdict that another listed convention gives a number; None for none."""
    interval = accepted(quantity, declared)
    near = gap_evidence(interval, Fraction(computed_value(row, declared)))
    options = all_options(family, (declared,))[1:]
    for convention, bits in sorted(options, key=lambda option: option[1]):
        fits = computed_value(row, convention) in accepted(quantity, convention)
        # Another K changes a large number by a few percent, as most slips do.
        worth = evidence(interval) if convention.k == declared.k else near
        if fits and believable(bits, worth):
            return convention_verdict(quantity, row, declared, convention)
    return None
