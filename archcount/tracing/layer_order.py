"""The order of layers: of those that lead to the results, whatever the style of the code."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import prod
from types import MappingProxyType

from archcount.layers import Cost
from archcount.tracing.channel_axes import CHANNELS
from archcount.tracing.traced_layer import (
    INPUT,
    LayerInput,
    LayerParameter,
    LayerSequence,
    Shape,
    TracedLayer,
    describe,
)

_NONE: Mapping[int, LayerParameter] = MappingProxyType({})


def ordered(
    nodes: Sequence[TracedLayer],
    ends: Sequence[LayerInput],
    spent: Sequence[tuple[int, Cost]] = (),
    parameters: Mapping[int, LayerParameter] = _NONE,
) -> LayerSequence:
    """Return the layers that lead to the ends, each after all that it reads.

    The branches of a concatenation stand in their order; of a sum, the longer first, and among
    equally long ones by what they are, what they read and who reads them.

    Args:
        nodes: the layers, each after all that it reads.
        ends: what gives the results.
        spent: operations, in the order of the pass, each with the number of the layer that stood
            last by then. Those of a layer that came to be part of another are the next one's.
        parameters: the parameters by their numbers.
    """
    found = _Graph(list(nodes), ends)
    places: dict[int, int] = {}
    order: list[int] = []
    stack = [(end.layer, False) for end in reversed(ends) if end.layer != INPUT]
    while stack:
        number, is_done = stack.pop()
        if number in places:
            continue
        if is_done:
            places[number] = len(order)
            order.append(number)
            continue
        stack.append((number, True))
        sources = found.nodes[number].sources
        stack += [(each.layer, False) for each in reversed(sources) if each.layer != INPUT]

    def placed(source: LayerInput) -> LayerInput:
        return source if source.layer == INPUT else LayerInput(places[source.layer], source.output)

    costs = _costs(spent, sorted(order))
    weights: dict[int, int] = {}
    layers = []
    for number in order:
        node = found.nodes[number]
        names = [weights.setdefault(name, len(weights)) for name in sorted(node.weights)]
        layers.append(
            replace(
                node,
                sources=tuple(map(placed, node.sources)),
                input=_squeezed(node.input),
                output=_squeezed(node.output),
                weights=frozenset(names),
                cost=_cost(node, costs.get(number, ())),
            )
        )
    known = tuple(parameters[name] for name in weights) if parameters else ()
    return LayerSequence(tuple(layers), tuple(map(placed, ends)), known)


def before_softmax(nodes: Sequence[TracedLayer], ends: Sequence[LayerInput]) -> list[LayerInput]:
    """Return what gives the results, before a softmax that gives one."""
    found = []
    for end in ends:
        node = None if end.layer == INPUT else nodes[end.layer]
        is_softmax = node is not None and _is_of_channels(node)
        sources = node.sources if node is not None and is_softmax else ()
        # Where the scores are a result by themselves, the softmax is another.
        found.append(sources[0] if sources and sources[0] not in ends else end)
    return found


def _is_of_channels(node: TracedLayer) -> bool:
    """Return whether a layer is a softmax of the channels at each place, as far as is known."""
    is_softmax = node.kind in ("softmax", "log softmax")
    return is_softmax and node.settings.get("axes", CHANNELS) == CHANNELS


def _cost(node: TracedLayer, spent: Sequence[Cost]) -> Cost:
    """Return a layer's cost: of a local response norm as of one layer, else of all its steps."""
    if node.kind == "lrn":
        return Cost(norm=(node.settings["size"] + 5) * prod(node.output))
    return Cost.total(spent)


def _costs(
    spent: Sequence[tuple[int, Cost]], numbers: Sequence[int]
) -> Mapping[int, Sequence[Cost]]:
    """Return what was spent on each layer of some, of others on the next one, else the last."""
    found: dict[int, list[Cost]] = {}
    for number, cost in spent:
        if any(cost) and numbers:
            place = min(bisect_left(numbers, number), len(numbers) - 1)
            found.setdefault(numbers[place], []).append(cost)
    return found


def _squeezed(shape: Shape) -> Shape:
    """Leave out rows and columns of 1, which a flattened map has not."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


@dataclass(slots=True)
class _Graph:
    """Layers by who reads whom: sums in one piece, what they add in an order of its own."""

    nodes: list[TracedLayer]
    ends: Sequence[LayerInput]
    reached: list[int] = field(default_factory=list)
    depths: dict[int, int] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)
    origins: dict[int, str] = field(default_factory=dict)
    readers: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._reach()
        self._flatten()
        self._reach()
        for number in self.reached:
            self._describe(number)
        self._look_back()
        for number in self.reached:
            node = self.nodes[number]
            if node.is_commutative:
                sources = tuple(sorted(node.sources, key=self._rank))
                # Whichever it reads first, it is as large as what it gives.
                self.nodes[number] = replace(node, sources=sources, input=node.output)

    def _reach(self) -> None:
        wanted = {end.layer for end in self.ends}
        self.reached = []
        for number in range(len(self.nodes) - 1, -1, -1):
            if number in wanted:
                self.reached.append(number)
                wanted.update(source.layer for source in self.nodes[number].sources)
        self.reached.reverse()

    def _flatten(self) -> None:
        """Make one sum of sums that nothing else reads: how they are bracketed is no matter."""
        reads = Counter(source for n in self.reached for source in self.nodes[n].sources)
        reads.update(self.ends)
        for number in self.reached:
            node = self.nodes[number]
            if node.kind != "add" or not node.is_commutative:
                continue
            sources: list[LayerInput] = []
            for source in node.sources:
                inner = None if source.layer == INPUT else self.nodes[source.layer]
                is_part = inner is not None and inner.kind == "add" and inner.is_commutative
                if inner and is_part and reads[source] == 1 and inner.output == node.output:
                    sources += inner.sources
                else:
                    sources.append(source)
            self.nodes[number] = replace(node, sources=tuple(sources))

    def _describe(self, number: int) -> None:
        node = self.nodes[number]
        known = [source for source in node.sources if source.layer != INPUT]
        self.depths[number] = 1 + max((self.depths[each.layer] for each in known), default=0)
        kinds = sorted(self.nodes[each.layer].kind for each in known)
        self.words[number] = f"{describe(node)} {sorted(node.settings.items())} of {kinds}"
        read = [f"{self.origins.get(each.layer, '')} {each.output}" for each in node.sources]
        if node.is_commutative:
            read.sort()
        self.origins[number] = _digest(self.words[number], str(node.output), *read)

    def _look_back(self) -> None:
        """Distinguish layers that are alike by who reads them."""
        seen: dict[int, list[str]] = {number: [] for number in self.reached}
        for place, end in enumerate(self.ends):
            if end.layer != INPUT:
                seen[end.layer].append(f"end {place} {end.output}")
        for number in reversed(self.reached):
            node = self.nodes[number]
            self.readers[number] = _digest(*sorted(seen[number]))
            for place, source in enumerate(node.sources):
                if source.layer != INPUT:
                    at = "" if node.is_commutative else place
                    told = f"{self.origins[number]} {self.readers[number]} {at} {source.output}"
                    seen[source.layer].append(told)

    def _rank(self, source: LayerInput) -> tuple[int, list[str], str, str, int]:
        number = source.layer
        if number == INPUT:
            return 0, [], "", "", source.output
        way = self._way(number)
        return -self.depths[number], way, self.origins[number], self.readers[number], source.output

    def _way(self, number: int) -> list[str]:
        """Describe a branch from its end, so that equal ones stand in one order on both sides."""
        found: list[str] = []
        while number != INPUT and len(found) < 64:
            found.append(self.words[number])
            sources = self.nodes[number].sources
            number = sources[0].layer if sources else INPUT
        return found


def _digest(*parts: str) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=12).hexdigest()
