"""The comparison of two models, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from archcount.difference.align import Match, align
from archcount.difference.records import Change, Difference, Model, Pair, Row, Verdict
from archcount.difference.settings import changes
from archcount.tracing.sequence import COMMUTATIVE, INPUT, Layer

WHOLE = "(model)"
"""The row of what stands in no module of the model."""


def compare(
    left: Model, right: Model, *, inputs: str = "", remarks: tuple[str, ...] = ()
) -> Difference:
    """Align two models and say of every layer whether it is the same.

    Args:
        left: the one side, whose modules name the rows.
        right: the other.
        inputs: what both were given, as text.
        remarks: what the reader should know of how they were run.
    """
    matches = align(left.layers, right.layers)
    pairs = list(_pairs(left.layers, right.layers, matches))
    rows = [
        Row(name=name, pairs=tuple(found))
        for name, found in groupby(pairs, key=lambda pair: pair.place.partition(".")[0] or WHOLE)
    ]
    return Difference(
        left=left,
        right=right,
        inputs=inputs,
        rows=tuple(_gathered(rows)),
        results=_results(left, right, matches),
        remarks=remarks,
    )


def _results(left: Model, right: Model, matches: Sequence[Match]) -> Change | None:
    """Say so where the results come of other layers."""
    partner = {one: other for one, other in matches if one is not None and other is not None}
    back = {other: one for one, other in partner.items()}
    ours = [_matched(place, left.layers, partner) for place in left.results]
    theirs = [_matched(place, right.layers, back) for place in right.results]
    if [None if place is None else partner[place] for place in ours] == theirs:
        return None
    return Change("results of", _named(left.layers, ours), _named(right.layers, theirs))


def _gathered(rows: Sequence[Row]) -> Iterator[Row]:
    """Put together what stands in one row, wherever the order of reading tore it apart."""
    for name in dict.fromkeys(row.name for row in rows):
        yield Row(
            name=name, pairs=tuple(pair for row in rows if row.name == name for pair in row.pairs)
        )


def _pairs(
    left: Sequence[Layer], right: Sequence[Layer], matches: Sequence[Match]
) -> Iterator[Pair]:
    partner = {one: other for one, other in matches if one is not None and other is not None}
    back = {other: one for one, other in partner.items()}
    told: dict[int, Verdict] = {}
    for one, other in matches:
        if one is None:
            assert other is not None
            layer = right[other]
            near = _matched(other, right, back)
            place = left[back[near]].path if near is not None else (left[0].path if left else "")
            yield Pair(verdict="extra", left=None, right=layer, place=place)
        elif other is None:
            yield Pair(verdict="missing", left=left[one], right=None, place=left[one].path)
        else:
            pair = _pair(left, right, one, other, partner, back)
            if pair.verdict == "follows" and _is_alone(left, right, one, other, told):
                sizes = Change("sizes", _sizes(left[one]), _sizes(right[other]))
                pair = replace(pair, verdict="changed", changes=(sizes,))
            told[one] = pair.verdict
            yield pair


def _is_alone(
    left: Sequence[Layer],
    right: Sequence[Layer],
    one: int,
    other: int,
    told: Mapping[int, Verdict],
) -> bool:
    """Tell whether all that a layer reads is the same, so that it follows no other change."""
    if [layer.input for layer in (left[one], right[other])].count(left[one].input) < 2:
        return False
    number = len(left[one].sources)
    return number == len(right[other].sources) and all(
        source == INPUT or told.get(source) == "same" for source in left[one].sources
    )


def _sizes(layer: Layer) -> str:
    ways = [*layer.settings.get("sizes", ()), layer.output]
    return ", ".join("x".join(map(str, shape)) for shape in ways)


def _pair(
    left: Sequence[Layer],
    right: Sequence[Layer],
    one: int,
    other: int,
    partner: Mapping[int, int],
    back: Mapping[int, int],
) -> Pair:
    found, remarks = changes(left[one], right[other])
    found += _rewired(left, right, one, other, partner, back)
    same = (left[one].input, left[one].output) == (right[other].input, right[other].output)
    for name in ("in", "sizes"):
        same = same and left[one].settings.get(name) == right[other].settings.get(name)
    return Pair(
        verdict="changed" if found else "same" if same else "follows",
        left=left[one],
        right=right[other],
        place=left[one].path,
        changes=found,
        remarks=remarks,
    )


def _rewired(
    left: Sequence[Layer],
    right: Sequence[Layer],
    one: int,
    other: int,
    partner: Mapping[int, int],
    back: Mapping[int, int],
) -> tuple[Change, ...]:
    """Say so where a layer reads others than before, those aside that came or went."""
    ours = [_matched(source, left, partner) for source in left[one].sources]
    theirs = [_matched(source, right, back) for source in right[other].sources]
    expected = [None if source is None else partner[source] for source in ours]
    if left[one].kind in COMMUTATIVE:
        expected.sort(key=lambda source: -1 if source is None else source)
        theirs.sort(key=lambda source: -1 if source is None else source)
    if expected == theirs:
        return ()
    if len(expected) != len(theirs):
        return (Change("branches", str(len(expected)), str(len(theirs))),)
    return (Change("reads", _named(left, ours), _named(right, theirs)),)


def _matched(place: int, layers: Sequence[Layer], partner: Mapping[int, int]) -> int | None:
    """Go back from a layer to the first that has a partner; None is the input."""
    while place not in partner:
        if place == INPUT or not layers[place].sources:
            return None
        place = layers[place].sources[0]
    return place


def _named(layers: Sequence[Layer], places: Sequence[int | None]) -> str:
    names = [
        "the input" if place is None else layers[place].path or "the model" for place in places
    ]
    return ", ".join(names) or "nothing"
