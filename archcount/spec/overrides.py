"""Variants: each reduces to a table file of its own, the written one with its changes in place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.errors import Location, Problem, quote
from archcount.spec.grid import COLUMNS, GridRow
from archcount.spec.summary import PRINTED
from archcount.spec.yaml_tree import YamlNode

_OVERLAID = ("let", "layer", "blocks", "derive")
"""The mappings whose entries a variant changes one by one."""
_REPLACED = ("input", "heads", "outputs", "source", "notes")
"""What a variant says anew, or leaves as it is."""
_OWN = ("claims", "errata", "readings")
"""What a variant has for itself alone; the table's does not hold for it."""


@dataclass(frozen=True, slots=True)
class GridChange:
    """What a variant changes in the rows."""

    where: Location
    cells: YamlNode
    """By row and column, the new text of a cell."""
    read: YamlNode
    """By the column that is meant, the one that is read for it."""


def apply_variant(tree: YamlNode, variant: str) -> tuple[YamlNode, GridChange]:
    """Return the file with a variant's changes in place, and the changes of its rows."""
    variants = tree.section("variants")
    empty = YamlNode({}, tree.where)
    cells, read = empty, empty
    for name in lineage(tree, variant):
        change = variants.section(name)
        tree = _changed(tree, change)
        read = _overlaid(read, change.section("read"))
        cells = _joined(cells, change.section("cells"))
    return tree, GridChange(variants.keys[variant], cells, read)


def lineage(tree: YamlNode, variant: str) -> list[str]:
    """List the variants that one is made of, the first one first and itself last."""
    variants = tree.section("variants")
    found: list[str] = []
    while variant in variants.keys and variant not in found:
        found.append(variant)
        variant = variants.section(variant).find(("of",)).text
    return found[::-1]


def _changed(tree: YamlNode, change: YamlNode) -> YamlNode:
    written = dict(change.items())
    values = {key: value for key, value in tree.items() if key not in _OWN}
    keys = {key: where for key, where in tree.keys.items() if key not in _OWN}
    for key in _OVERLAID:
        if change.section(key).value:
            values[key] = _overlaid(tree.section(key), change.section(key))
            keys.setdefault(key, change.keys[key])
    if change.section("words").value:
        values["words"] = _joined(tree.section("words"), change.section("words"))
        keys.setdefault("words", change.keys["words"])
    for key in (*_REPLACED, *_OWN):
        if key in written and written[key].value is not None:
            values[key], keys[key] = written[key], change.keys[key]
    return YamlNode(values, tree.where, keys)


def _overlaid(base: YamlNode, change: YamlNode) -> YamlNode:
    """Return a mapping with some of its entries changed, in the base's order."""
    return YamlNode(
        {**dict(base.items()), **dict(change.items())}, base.where, {**base.keys, **change.keys}
    )


def _joined(base: YamlNode, change: YamlNode) -> YamlNode:
    """Join changes of cells, row by row, or of words, column by column."""
    entries = {
        key: _overlaid(base.section(key), change.section(key))
        for key in {**dict(base.items()), **dict(change.items())}
    }
    return YamlNode({**entries}, base.where, {**base.keys, **change.keys})


def change_grid(
    rows: Sequence[GridRow],
    change: GridChange,
    declared: Mapping[str, str],
    problems: list[Problem],
) -> list[GridRow]:
    """Put a variant's cells in place, and let it read one column as another."""
    if not rows:
        return []
    known = [name for name in rows[0].cells if name != "row"]
    allowed = list(dict.fromkeys((*(name for name in COLUMNS if name != "row"), *declared)))
    for target, source in change.read.items():
        problems += _check_known(source, known, "unknown column to read")
        problems += _check_known(
            change.read.key(target), allowed, "unknown column to read another as"
        )
    for row, others in change.cells.items():
        problems += _check_known(change.cells.key(row), [each.id for each in rows], "unknown row")
        for column in others.keys:
            place = others.key(column)
            problems += _check_known(place, [*known, *change.read.keys], "unknown column to change")
    changed = [_changed_row(row, change) for row in rows]
    if "block" not in {*changed[0].cells, *change.read.keys} and "type" in changed[0].cells:
        for each in changed:
            each.cells["block"] = YamlNode("", each.where)
    elif "block" not in {*changed[0].cells, *change.read.keys}:
        problems.append(
            Problem(
                what="no column names the rows' blocks",
                allowed=", ".join(known),
                remedy="write read: {block: COLUMN}",
                where=change.where,
            )
        )
    return changed


def _changed_row(row: GridRow, change: GridChange) -> GridRow:
    """Change a row's cells, then read columns as others, then change what was read so."""
    new = {
        column: YamlNode(cell.text.strip(), cell.text_start)
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


def _check_known(name: YamlNode, known: Sequence[str], what: str) -> Iterator[Problem]:
    """Refuse an unknown name; nothing is known where nothing could be read."""
    if known and isinstance(name.value, str) and name.value not in known:
        yield name.unknown(what, known)


def columns_read_as_others(tree: YamlNode) -> frozenset[str]:
    """Return the columns that some variant reads as another: each is a network's own."""
    return frozenset(
        str(source.value)
        for _, variant in tree.section("variants").items()
        for _, source in variant.section("read").items()
    )


def default_of(tree: YamlNode) -> str:
    """Return the name of the default variant; empty for the table as printed."""
    found = dict(tree.items()).get("default")
    return str(found.value) if found and isinstance(found.value, str) else ""


def check_variants(tree: YamlNode) -> Iterator[Problem]:
    """Refuse an unknown or circular `of:`, an unknown default, and a reserved name."""
    variants = tree.section("variants")
    seen: set[str] = set()
    led_out: set[str] = set()
    for name, variant in variants.items():
        if name == PRINTED:
            what = f"variant name {quote(PRINTED)} means the table as printed"
            yield variants.key(name).problem(what, remedy="rename it")
        base = dict(variant.items()).get("of")
        if base is None or name in seen:
            continue
        circle = _circle(variants, name, led_out)
        seen |= set(circle)
        if circle:
            what = f"variant {name} is based on itself ({' -> '.join([*circle, circle[0]])})"
            yield base.problem(what, remedy="remove one of:")
        else:
            others = [other for other in variants.keys if other != name]
            yield from _check_known(
                base, others or ["(no other)"], f"variant {name} is of unknown variant"
            )
    if default_of(tree):
        yield from _check_known(
            dict(tree.items())["default"],
            list(variants.keys) or ["(no variant)"],
            "unknown default variant",
        )


def _circle(variants: YamlNode, name: str, led_out: set[str]) -> list[str]:
    """List the variants that lead from one back to itself; none where they do not.

    Those that lead to no circle, or into one that they are not in, are noted in `led_out`.
    """
    way: dict[str, None] = {}
    start = name
    while name in variants.keys and name not in way and name not in led_out:
        way[name] = None
        name = variants.section(name).find(("of",)).text
    if way and name == start:
        return [*way]
    led_out |= {start} if name in way else {*way}
    return []
