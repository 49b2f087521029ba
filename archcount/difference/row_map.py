"""Rows whose modules the reader names: which layers are theirs, and their alignment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from archcount.difference.alignment import LayerCosts, Match
from archcount.difference.model_difference import row_of
from archcount.errors import UsageError, quote, unknown_name
from archcount.tracing.traced_layer import TracedLayer


def mapped_layers(
    layers: Sequence[TracedLayer], others: Sequence[TracedLayer], modules: Mapping[str, str]
) -> Mapping[int, str]:
    """Return the rows of an implementation's layers that the reader names, by their places.

    Args:
        layers: those of the table's network, whose modules name the rows.
        others: those of the implementation.
        modules: by row a module, the first and the last as "features.3:features.6", or several of
            these with commas.

    Raises:
        UsageError: there is no such row, no layer of such a module, or a module is of two rows.
    """
    rows = list(dict.fromkeys(row_of(layer.path) for layer in layers))
    found: dict[int, str] = {}
    for row, text in modules.items():
        if row not in rows:
            raise unknown_name("map: the table has no row", row, rows)
        for part in text.split(","):
            for place in _range(others, part.strip()):
                if found.setdefault(place, row) != row:
                    what = f"map: {others[place].path} is of {found[place]} and of {row}"
                    raise UsageError.of(what, remedy="name it for one of them")
    return found


def _range(layers: Sequence[TracedLayer], text: str) -> range:
    """Return the places from the first layer of a module to the last of another."""
    first, colon, last = text.partition(":")
    ends = [_places(layers, name) for name in ((first, last) if colon else (first,))]
    if ends[0][0] > ends[-1][-1]:
        raise UsageError.of(f"map: {last} stands before {first}", remedy="change their order")
    return range(ends[0][0], ends[-1][-1] + 1)


def _places(layers: Sequence[TracedLayer], name: str) -> list[int]:
    found = [place for place, layer in enumerate(layers) if f"{layer.path}.".startswith(f"{name}.")]
    if not found or not name:
        known = [*dict.fromkeys(layer.path for layer in layers if layer.path)]
        near = get_close_matches(name[:100], known, n=5, cutoff=0.5) or known[:5]
        raise UsageError.of(
            f"map: no layer is compared of a module {quote(name)}",
            remedy=f"there are {', '.join(near)}{' and others' if len(known) > len(near) else ''}",
        )
    return found


def align_mapped(
    left: Sequence[TracedLayer], right: Sequence[TracedLayer], mapped: Mapping[int, str]
) -> list[Match]:
    """Align each mapped row with its layers, and all other rows with all other layers."""
    costs = LayerCosts(left, right)
    groups: dict[str, tuple[list[int], list[int]]] = {}
    named = {*mapped.values()}
    for place, layer in enumerate(left):
        row = row_of(layer.path)
        groups.setdefault(row if row in named else "", ([], []))[0].append(place)
    for place in range(len(right)):
        groups.setdefault(mapped.get(place, ""), ([], []))[1].append(place)
    found: list[tuple[int, int, Match]] = []
    for ours, theirs in groups.values():
        at = ours[0] if ours else 0
        for match in costs.align(ours, theirs):
            at = at if match[0] is None else match[0]
            found.append((at, match[0] is None, match))
    # What the table lacks stands behind the layer that it follows.
    return [match for _, _, match in sorted(found, key=lambda item: item[:2])]
