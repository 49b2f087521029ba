"""A row counted with one layer read otherwise, where everything else in it stays as it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.architecture import Layer, Node
from archcount.architecture import Sequence as Chain
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.change import changed
from archcount.architecture.nodes import Tally
from archcount.architecture.whole import WEIGHTED
from archcount.edits import Edit
from archcount.engines.formula import count_row
from archcount.engines.records import Parameters, RowCount
from archcount.errors import Location
from archcount.layers import LayerKind, Shape

SWAPS = frozenset(
    {"kernel", "pad", "groups", "multiplier", "separable", "without", "twice", "reduced"}
)
"""The edits that put other layers in the place of one, in every repetition alike."""


Placed = tuple[LayerKind, Shape]
"""A layer on an input shape."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A layer of the row with what follows it, such as its activation."""

    layer: Layer
    following: list[Layer]

    @property
    def output(self) -> Shape:
        return self.following[-1].output if self.following else self.layer.output

    def put(self, kinds: Sequence[LayerKind]) -> Sequence[Placed] | None:
        """Put other layers here, each with what follows; None where the output is another.

        Raises:
            InvalidValueError: a layer does not fit here.
        """
        shape, found = self.layer.input, []
        for kind in kinds:
            found.append((kind, shape))
            shape = kind.output(shape)
            found += [(each.kind, shape) for each in self.following]
        return found if shape.dims == self.output.dims else None


class _Site:
    """The places of one layer of the file, and the row without them."""

    def __init__(self, places: Sequence[_Place], count: RowCount) -> None:
        self.places = places
        old = [layer for place in places for layer in (place.layer, *place.following)]
        self.old = Tally.total([layer.tally for layer in old])
        self.rest = Parameters(
            count.weights - self.old.weights,
            count.biases - self.old.biases,
            count.params - self.old.params,
        )


class Base:
    """A row as it was expanded, whose layers are read otherwise one at a time.

    Args:
        row: the row's name.
        node: the row.
    """

    def __init__(self, row: str, node: Node) -> None:
        self.node = node
        self.count = count_row(row, node)
        found: defaultdict[Location, list[_Place]] = defaultdict(list)
        place = None
        for layer in node.layers():
            origin = layer.origin
            if not isinstance(origin, LayerBlock):
                place = None
            elif type(layer.kind) is origin.kind:
                place = _Place(layer, [])
                found[origin.text.where].append(place)
            elif place is not None:
                place.following.append(layer)
        self._sites = {where: _Site(places, self.count) for where, places in found.items()}

    def swap(self, edit: Edit) -> Swap | None:
        """Read a layer otherwise, wherever in the row it stands.

        None where what is behind the layer reads another shape then: nothing less than expanding
        the row again tells what it is.

        Raises:
            InvalidValueError: the layer cannot be read so.
        """
        site = self._sites.get(edit.where) if edit.where else None
        if site is None:
            return None
        new: list[Placed] = []
        deeper: dict[int, int] = {}
        for place in site.places:
            layer = place.layer
            kinds = changed(layer.kind, layer.input, edit)
            found = place.put(kinds)
            if found is None:
                return None
            new += found
            if len(kinds) != 1 or kinds[0].role != layer.kind.role:
                weighted = sum([kind.role in WEIGHTED for kind in kinds])
                deeper[id(layer)] = weighted - layer.depth(WEIGHTED)
        return Swap(self, site, new, deeper)


class Swap:
    """What a row is with other layers in the place of one.

    Args:
        base: the row.
        site: the layer.
        new: what stands in its places.
        deeper: how much deeper than one that is, by the id of the layer that stood there.
    """

    def __init__(
        self, base: Base, site: _Site, new: Sequence[Placed], deeper: Mapping[int, int]
    ) -> None:
        self._base, self._site, self._new, self._deeper = base, site, new, deeper

    def parameters(self) -> Parameters:
        """Count the row's parameters."""
        weights, biases, params = self._site.rest
        for kind, shape in self._new:
            weights += kind.weights(shape)
            biases += kind.biases(shape)
            params += kind.params(shape)
        return Parameters(weights, biases, params)

    def count(self) -> RowCount:
        """Count the row."""
        before = self._site.old
        after = Tally.total([self._base.node.tally, *(Tally.of(*each) for each in self._new)])
        count = self._base.count
        return replace(
            count,
            weights=after.weights - before.weights,
            biases=after.biases - before.biases,
            params=after.params - before.params,
            buffers=after.buffers - before.buffers,
            cost=after.cost.without(before.cost),
            depth=_depth(self._base.node, self._deeper) if self._deeper else count.depth,
        )


def _depth(node: Node, deeper: Mapping[int, int]) -> int:
    """Give a node's depth where some of its layers, by their id, are deeper than one."""
    if isinstance(node, Layer):
        return node.depth(WEIGHTED) + deeper.get(id(node), 0)
    depths = [_depth(child, deeper) for _, child in node.children]
    return sum(depths) if isinstance(node, Chain) else max(depths, default=0)
