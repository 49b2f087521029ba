"""Blocks: the repeated units of a network, found by the names of its modules, else by its joins."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from archcount.tracing.traced_layer import INPUT, TracedLayer, is_join, is_weighted


@dataclass(frozen=True, slots=True)
class RepeatedBlock:
    """One repeated unit of a network.

    Attributes:
        name: the module that holds it, or the one that closes it.
        places: the numbers of its layers.
        weighted: those of its layers with weights.
    """

    name: str
    places: tuple[int, ...]
    weighted: tuple[int, ...]


def blocks_of(layers: Sequence[TracedLayer], *, by_name: bool = True) -> tuple[RepeatedBlock, ...]:
    """Return the repeated units of a network, in order; none where nothing is repeated.

    Args:
        layers: the layers, each after all that it reads.
        by_name: whether the modules say what is repeated, as `layer1.0` and `layer1.1` do; else
            each run of layers that a join closes is a block.
    """
    return tuple(_named(layers) if by_name else _joined(layers))


def _named(layers: Sequence[TracedLayer]) -> list[RepeatedBlock]:
    """Take the deepest modules of one numbered name that read one another and resemble."""
    groups: dict[tuple[str, ...], dict[str, list[int]]] = {}
    for place, layer in enumerate(layers):
        parts = layer.path.split(".")
        for depth, part in enumerate(parts, 1):
            if part[-1:].isdigit():
                pattern = tuple(_NUMBER.sub("#", each) for each in parts[:depth])
                modules = groups.setdefault(pattern, {})
                modules.setdefault(".".join(parts[:depth]), []).append(place)
    taken: set[int] = set()
    found: list[RepeatedBlock] = []
    for pattern in sorted(groups, key=len, reverse=True):
        every = [_block(layers, name, places) for name, places in groups[pattern].items()]
        blocks = [block for block in every if len(block.weighted) > 1]
        is_free = taken.isdisjoint(place for block in blocks for place in block.places)
        if is_free and _is_repeated(layers, blocks):
            found += blocks
            taken.update(place for block in blocks for place in block.places)
    return sorted(found, key=lambda block: block.places)


def _block(layers: Sequence[TracedLayer], name: str, places: Sequence[int]) -> RepeatedBlock:
    weighted = tuple(place for place in places if is_weighted(layers[place]))
    return RepeatedBlock(name, tuple(places), weighted)


_NUMBER = re.compile(r"\d+")


def _is_repeated(layers: Sequence[TracedLayer], blocks: Sequence[RepeatedBlock]) -> bool:
    """Return whether blocks read one another, if not behind each change of size, and resemble."""
    if len(blocks) < 2:
        return False
    inside = {place: number for number, block in enumerate(blocks) for place in block.places}
    chained = sum(
        any(
            inside.get(source.layer, number) != number
            for place in block.places
            for source in layers[place].sources
        )
        for number, block in enumerate(blocks)
    )
    kinds = [Counter(_kind(layers[place]) for place in block.places) for block in blocks]
    near = [_resemble(one, other) for one, other in pairwise(kinds)]
    alike = sum(any(near[max(at - 1, 0) : at + 1]) for at in range(len(blocks)))
    return 4 * chained >= len(blocks) and 2 * alike >= len(blocks)


def _kind(layer: TracedLayer) -> Hashable:
    is_depthwise = layer.settings.get("groups") == "depthwise"
    return layer.kind, layer.settings.get("kernel"), is_depthwise


def _resemble(one: Mapping[Hashable, int], other: Mapping[Hashable, int]) -> bool:
    """Return whether blocks have more than half of all their layers in common."""
    common = sum(min(number, other.get(kind, 0)) for kind, number in one.items())
    return 2 * common > sum(one.values()) + sum(other.values()) - common


def _joined(layers: Sequence[TracedLayer]) -> Iterator[RepeatedBlock]:
    """Take each run of layers of which the rest reads what its join gives, and that alone."""
    last = [0] * len(layers)  # who reads a layer last
    for place, layer in enumerate(layers):
        for source in layer.sources:
            if source.layer != INPUT:
                last[source.layer] = place
    start = reach = 0
    for place, layer in enumerate(layers):
        if reach <= place:  # the rest reads nothing before this layer
            block = _block(layers, layer.path or f"block {place}", range(start, place + 1))
            if is_join(layer) and len(block.weighted) > 1:
                yield block
            start = place + 1
        reach = max(reach, last[place])
