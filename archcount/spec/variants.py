"""Variants: each reduces to a table file of its own, the written one with its changes in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import reduce

from archcount.errors import Problem, quote, suggestion
from archcount.spec.grid import COLUMNS, Cell, GridRow
from archcount.spec.source import Marked

PRINTED = "printed"
"""What the table as printed is called where another variant is the default."""
_OVERLAID = ("let", "layer", "blocks")
"""The mappings whose entries a variant changes one by one."""
_REPLACED = ("input", "heads", "source")
"""What a variant says anew, or leaves as it is."""
_OWN = ("claims", "errata")
"""What a variant has for itself alone."""
_BASE = ("readings", *_OWN)
"""What of the table does not hold for a variant."""


def apply_variant(marked: Marked, variant: str) -> tuple[Marked, Marked]:
    """Put a variant's changes in place, every value with its own place.

    Args:
        marked: the written file.
        variant: the variant's name.

    Returns:
        The file with the changes in place, and the changes of its cells and columns.
    """
    variants = marked.section("variants")
    for name in lineage(marked, variant):
        marked = _changed(marked, variants.section(name))
    layers = [variants.section(name) for name in lineage(marked, variant)]
    empty = Marked({}, marked.where)
    change = {
        "read": reduce(_overlaid, (each.section("read") for each in layers), empty),
        "cells": reduce(_joined_cells, (each.section("cells") for each in layers), empty),
    }
    return marked, Marked({**change}, marked.where)


def lineage(marked: Marked, variant: str) -> list[str]:
    """List the variants that one is made of, the first one first and itself last."""
    variants = marked.section("variants")
    found: list[str] = []
    while variant in variants.keys and variant not in found:
        found.append(variant)
        base = dict(variants.section(variant).items()).get("of")
        variant = str(base.value) if base else ""
    return found[::-1]


def _changed(marked: Marked, change: Marked) -> Marked:
    written = dict(change.items())
    values = {key: value for key, value in marked.items() if key not in _BASE}
    keys = {key: where for key, where in marked.keys.items() if key not in _BASE}
    for key in _OVERLAID:
        if change.section(key).value:
            values[key] = _overlaid(marked.section(key), change.section(key))
            keys.setdefault(key, change.keys[key])
    for key in (*_REPLACED, *_OWN):
        if key in written and written[key].value is not None:
            values[key], keys[key] = written[key], change.keys[key]
    notes = [*marked.listing("notes"), *change.listing("notes")]
    if notes:
        values["notes"] = Marked(notes, notes[0].where)
    return Marked(values, marked.where, keys)


def _joined_cells(base: Marked, change: Marked) -> Marked:
    """Join changes of cells, row by row."""
    rows = {
        row: _overlaid(base.section(row), change.section(row))
        for row in {**dict(base.items()), **dict(change.items())}
    }
    return Marked({**rows}, base.where, {**base.keys, **change.keys})


def _overlaid(base: Marked, change: Marked) -> Marked:
    """Give a mapping with some of its entries changed, in the base's order."""
    return Marked(
        {**dict(base.items()), **dict(change.items())}, base.where, {**base.keys, **change.keys}
    )


def change_grid(
    rows: Sequence[GridRow], change: Marked, declared: Mapping[str, str], problems: list[Problem]
) -> list[GridRow]:
    """Put a variant's cells in place, and let it read one column as another.

    Args:
        rows: the rows as written.
        change: what is written of the variant; nothing for the table itself.
        declared: the headings under `columns:`.
        problems: where problems go.
    """
    changed = {row.id: dict(row.cells) for row in rows}
    known = list(rows[0].cells) if rows else []
    for target, source in change.section("read").items():
        problems += _strange(source, known, "a column to read")
        allowed = [*(name for name in COLUMNS if name != "row"), *declared]
        place = Marked(target, change.section("read").keys[target])
        problems += _strange(place, allowed, "a column to read another as")
        for cells in changed.values():
            if str(source.value) in cells:
                cells[target] = cells[str(source.value)]
    for row, others in change.section("cells").items():
        where = change.section("cells").keys[row]
        problems += _strange(Marked(row, where), list(changed), "a row to change")
        for column, cell in others.items():
            place = Marked(column, others.keys[column])
            problems += _strange(
                place, [name for name in known if name != "row"], "a column to change"
            )
            if row in changed and (column in known or column in COLUMNS):
                changed[row][column] = Cell(str(cell.value or "").strip(), cell.text_start)
    return [replace(row, cells=changed[row.id]) for row in rows]


def _strange(name: Marked, known: Sequence[str], what: str) -> Iterator[Problem]:
    """Refuse a name that is none; where nothing could be read, nothing is said."""
    if known and isinstance(name.value, str) and name.value not in known:
        yield Problem(
            what=f"{what} is {quote(name.value)}, and there is none of that name",
            allowed=", ".join(known),
            remedy=suggestion(name.value, known),
            where=name.where,
        )


def read_elsewhere(marked: Marked) -> frozenset[str]:
    """Give the columns that some variant reads as another: each is a network's own."""
    return frozenset(
        str(source.value)
        for _, variant in marked.section("variants").items()
        for _, source in variant.section("read").items()
    )


def default_of(marked: Marked) -> str:
    """Give the variant that is meant where none is named; empty for the table as printed."""
    found = dict(marked.items()).get("default")
    return str(found.value) if found and isinstance(found.value, str) else ""


def strange_names(marked: Marked) -> Iterator[Problem]:
    """Refuse a default that is no variant, variants of none, and the printed table's name."""
    variants = marked.section("variants")
    for name, variant in variants.items():
        base = dict(variant.items()).get("of")
        if base is not None:
            others = [other for other in variants.keys if other != name]
            yield from _strange(base, others or ["none"], f"what variant {name} is of")
            if lineage(marked, name)[0] in _bases(marked, name):
                yield Problem(
                    what=f"variant {name} is of itself, by way of "
                    f"{', '.join(lineage(marked, name))}",
                    remedy="let one of them be of the table",
                    where=base.where,
                )
    if default_of(marked):
        yield from _strange(
            dict(marked.items())["default"], list(variants.keys), "the default variant"
        )
        if PRINTED in variants.keys:
            yield Problem(
                what=f"a variant of the name {PRINTED}, which is the table as it stands",
                remedy="rename it",
                where=variants.keys[PRINTED],
            )


def _bases(marked: Marked, variant: str) -> list[str]:
    """Give what the first variant of a lineage is of, which is none unless they go in a circle."""
    first = marked.section("variants").section(lineage(marked, variant)[0])
    base = dict(first.items()).get("of")
    return lineage(marked, variant) if base and str(base.value) in lineage(marked, variant) else []
