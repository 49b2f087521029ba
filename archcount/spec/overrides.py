"""Variants: each reduces to a table file of its own, the written one with its changes in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.errors import Location, Problem, quote, suggestion
from archcount.spec.grid import COLUMNS, Cell, GridRow
from archcount.spec.marked import Marked
from archcount.spec.summary import PRINTED

_OVERLAID = ("let", "layer", "blocks")
"""The mappings whose entries a variant changes one by one."""
_REPLACED = ("input", "heads", "source", "notes")
"""What a variant says anew, or leaves as it is."""
_OWN = ("claims", "errata")
"""What a variant has for itself alone."""
_BASE = ("readings", *_OWN)
"""What of the table does not hold for a variant."""


@dataclass(frozen=True, slots=True)
class GridChange:
    """What a variant changes in the rows.

    Attributes:
        where: the place of the variant.
        cells: by row and column, the new text of a cell.
        read: by the column that is meant, the one that is read for it.
    """

    where: Location
    cells: Marked
    read: Marked


def apply_variant(marked: Marked, variant: str) -> tuple[Marked, GridChange]:
    """Put a variant's changes in place, every value with its own place.

    Args:
        marked: the written file.
        variant: the variant's name.

    Returns:
        The file with the changes in place, and the changes of its rows.
    """
    variants = marked.section("variants")
    empty = Marked({}, marked.where)
    cells, read = empty, empty
    for name in lineage(marked, variant):
        change = variants.section(name)
        marked = _changed(marked, change)
        read = _overlaid(read, change.section("read"))
        cells = _joined(cells, change.section("cells"))
    return marked, GridChange(variants.keys[variant], cells, read)


def lineage(marked: Marked, variant: str) -> list[str]:
    """List the variants that one is made of, the first one first and itself last."""
    variants = marked.section("variants")
    found: list[str] = []
    while variant in variants.keys and variant not in found:
        found.append(variant)
        variant = _base_of(variants.section(variant))
    return found[::-1]


def _base_of(variant: Marked) -> str:
    base = dict(variant.items()).get("of")
    return str(base.value) if base and isinstance(base.value, str) else ""


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
    return Marked(values, marked.where, keys)


def _overlaid(base: Marked, change: Marked) -> Marked:
    """Give a mapping with some of its entries changed, in the base's order."""
    return Marked(
        {**dict(base.items()), **dict(change.items())}, base.where, {**base.keys, **change.keys}
    )


def _joined(base: Marked, change: Marked) -> Marked:
    """Join changes of cells, row by row."""
    rows = {
        row: _overlaid(base.section(row), change.section(row))
        for row in {**dict(base.items()), **dict(change.items())}
    }
    return Marked({**rows}, base.where, {**base.keys, **change.keys})


def change_grid(
    rows: Sequence[GridRow],
    change: GridChange,
    declared: Mapping[str, str],
    problems: list[Problem],
) -> list[GridRow]:
    """Put a variant's cells in place, and let it read one column as another.

    Args:
        rows: the rows as written.
        change: what the variant changes.
        declared: the headings under `columns:`.
        problems: where problems go.
    """
    if not rows:
        return []
    known = [name for name in rows[0].cells if name != "row"]
    allowed = list(dict.fromkeys((*(name for name in COLUMNS if name != "row"), *declared)))
    for target, source in change.read.items():
        place = Marked(target, change.read.keys[target])
        problems += _strange(source, known, "a column to read")
        problems += _strange(place, allowed, "a column to read another as")
    for row, others in change.cells.items():
        place = Marked(row, change.cells.keys[row])
        problems += _strange(place, [each.id for each in rows], "a row to change")
        for column in others.keys:
            place = Marked(column, others.keys[column])
            problems += _strange(place, [*known, *change.read.keys], "a column to change")
    changed = [_changed_row(row, change) for row in rows]
    if "block" not in {*changed[0].cells, *change.read.keys}:
        problems.append(
            Problem(
                what="no column says what the rows' blocks are",
                allowed=", ".join(known),
                remedy="write read: {block: COLUMN}",
                where=change.where,
            )
        )
    return changed


def _changed_row(row: GridRow, change: GridChange) -> GridRow:
    """Change a row's cells, then read columns as others, then change what was read so."""
    new = {
        column: Cell(str(cell.value or "").strip(), cell.text_start)
        for column, cell in change.cells.section(row.id).items()
    }
    written = {**row.cells, **{name: cell for name, cell in new.items() if name in row.cells}}
    read = {
        target: written[str(source.value)]
        for target, source in change.read.items()
        if str(source.value) in written
    }
    again = {name: cell for name, cell in new.items() if name in read}
    return replace(row, cells={**written, **read, **again})


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
    """Refuse variants of none or of themselves, a default that is none, and a reserved name."""
    variants = marked.section("variants")
    told: set[str] = set()
    for name, variant in variants.items():
        if name == PRINTED:
            yield Problem(
                what=f"a variant of the name {PRINTED}, which is the table as it stands",
                remedy="rename it",
                where=variants.keys[name],
            )
        base = dict(variant.items()).get("of")
        if base is None or name in told:
            continue
        circle = _circle(variants, name)
        told |= set(circle)
        if circle:
            yield Problem(
                what=f"variant {name} is of itself ({' -> '.join([*circle, circle[0]])})",
                remedy="let one of them be of the table",
                where=base.where,
            )
        else:
            others = [other for other in variants.keys if other != name]
            yield from _strange(base, others or ["(no other)"], f"what variant {name} is of")
    if default_of(marked):
        yield from _strange(
            dict(marked.items())["default"],
            list(variants.keys) or ["(no variant)"],
            "the default variant",
        )


def _circle(variants: Marked, name: str) -> list[str]:
    """List the variants that lead from one back to itself; none where they do not."""
    way: list[str] = []
    while name in variants.keys and name not in way:
        way.append(name)
        name = _base_of(variants.section(name))
    return way if way and name == way[0] else []
