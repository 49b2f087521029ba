"""Linear layers of one input: several by themselves compute what one does that is as wide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import accumulate

from archcount.difference.model_difference import ComparedModel
from archcount.layers import Cost
from archcount.tracing.traced_layer import LayerInput, TracedLayer

_Key = tuple[int, int]
"""Width before and after of linear layers taken as one."""


def repacked(left: ComparedModel, right: ComparedModel) -> tuple[ComparedModel, ComparedModel]:
    """Take linear layers as one where the other model has one for them, such as to q, k and v.

    They read the same, and are as wide as the one. What reads a part of them reads the one then:
    which part a layer takes is not compared.
    """
    ours, theirs = _groups(left.layers), _groups(right.layers)
    keys = [_key(left.layers, group) for group in ours]
    others = [_key(right.layers, group) for group in theirs]
    runs: tuple[list[Sequence[int]], list[Sequence[int]]] = ([], [])
    matcher = SequenceMatcher(None, keys, others, autojunk=False)
    for word, at, end, other, last in matcher.get_opcodes():
        if end - at != last - other or word not in ("equal", "replace"):
            continue
        for pair in zip(ours[at:end], theirs[other:last], strict=True):
            for found, split in zip(runs, _parts(left.layers, right.layers, *pair), strict=True):
                found += split
    return _joined(left, runs[0]), _joined(right, runs[1])


def _parts(
    ours: Sequence[TracedLayer],
    theirs: Sequence[TracedLayer],
    left: Sequence[int],
    right: Sequence[int],
) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
    """Return the runs of two groups that end where both have an end: one where widths differ."""
    ends = [
        [*accumulate(layers[each].settings["out"] for each in group)]
        for layers, group in ((ours, left), (theirs, right))
    ]
    if ends[0][-1] != ends[1][-1]:
        is_one = _is_one_for(ours, theirs, left, right) or _is_one_for(theirs, ours, right, left)
        return ([left] * (is_one and len(left) > 1), [right] * (is_one and len(right) > 1))
    common = {*ends[0]} & {*ends[1]}
    split = [
        [*_split(group, [end in common for end in sums])]
        for group, sums in zip((left, right), ends, strict=True)
    ]
    return split[0], split[1]


def _is_one_for(
    layers: Sequence[TracedLayer],
    others: Sequence[TracedLayer],
    group: Sequence[int],
    parts: Sequence[int],
) -> bool:
    """Return whether a group is one layer, wider than each of some of the same input."""
    if len(group) != 1 or len(parts) < 2:
        return False
    one = layers[group[0]].settings
    return all(
        others[part].settings["in"] == one["in"] and others[part].settings["out"] < one["out"]
        for part in parts
    )


def _groups(layers: Sequence[TracedLayer]) -> list[list[int]]:
    """Return the places of linear layers by what they read."""
    found: dict[tuple[LayerInput, ...], list[int]] = {}
    for place, layer in enumerate(layers):
        if layer.kind == "linear" and layer.settings.keys() == {"in", "out", "bias"}:
            found.setdefault(layer.sources, []).append(place)
    return [*found.values()]


def _key(layers: Sequence[TracedLayer], group: Sequence[int]) -> _Key:
    settings = [layers[place].settings for place in group]
    return settings[0]["in"], sum(each["out"] for each in settings)


def _split(group: Sequence[int], is_end: Sequence[bool]) -> Iterator[Sequence[int]]:
    """Return the runs of more than one that end where both models have an end."""
    start = 0
    for at, ends in enumerate(is_end, 1):
        if ends:
            if at - start > 1:
                yield group[start:at]
            start = at


def _joined(model: ComparedModel, runs: Sequence[Sequence[int]]) -> ComparedModel:
    """Return a model with one layer at the place of the first of each run."""
    if not runs:
        return model
    first = {place: run[0] for run in runs for place in run}
    whole = {run[0]: [model.layers[place] for place in run] for run in runs}
    kept = [place for place in range(len(model.layers)) if first.get(place, place) == place]
    number = {place: at for at, place in enumerate(kept)}

    def moved(source: LayerInput) -> LayerInput:
        place = first.get(source.layer, source.layer)
        return source._replace(layer=number.get(place, place))

    layers = []
    for place in kept:
        layer = model.layers[place]
        if place in whole:
            layer = _one(whole[place])
        layers.append(replace(layer, sources=tuple(map(moved, layer.sources))))
    return replace(model, layers=tuple(layers), results=tuple(map(moved, model.results)))


def _one(parts: Sequence[TracedLayer]) -> TracedLayer:
    out = sum(part.settings["out"] for part in parts)
    biases = sum(part.settings["bias"] for part in parts)
    bias = bool(biases) if biases in (0, len(parts)) else f"of {biases} of {len(parts)}"
    return replace(
        parts[0],
        settings={**parts[0].settings, "out": out, "bias": bias, "linears": len(parts)},
        output=(*parts[0].output[:-1], out),
        weights=frozenset[int]().union(*(part.weights for part in parts)),
        cost=Cost.total(part.cost for part in parts),
    )
