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
from archcount.counting.formula import count_row
from archcount.counting.records import Parameters, RowCount
from archcount.edits import Edit
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


class Base:
    """A row as it was expanded, whose layers are read otherwise one at a time.

    Args:
        row: the row's name.
        node: the row.
    """

    def __init__(self, row: str, node: Node) -> None:
        self.node = node
        self.count = count_row(row, node)
        self._places: defaultdict[Location, list[_Place]] = defaultdict(list)
        place = None
        for layer in node.layers():
            origin = layer.origin
            if not isinstance(origin, LayerBlock):
                place = None
            elif type(layer.kind) is origin.kind:
                place = _Place(layer, [])
                self._places[origin.text.where].append(place)
            elif place is not None:
                place.following.append(layer)

    def swap(self, edit: Edit) -> Swap | None:
        """Read a layer otherwise, wherever in the row it stands.

        None where what is behind the layer reads another shape then: nothing less than expanding
        the row again tells what it is.

        Raises:
            InvalidValueError: the layer cannot be read so.
        """
        swap = Swap(self)
        for place in self._places.get(edit.where, ()) if edit.where else ():
            kinds = changed(place.layer.kind, place.layer.input, edit)
            if not swap.put(place, kinds):
                return None
        return swap if swap.old else None


class Swap:
    """What a row is with some layers in the place of others.

    Args:
        base: the row.
    """

    def __init__(self, base: Base) -> None:
        self._base = base
        self.old: list[Layer] = []
        self._new: list[Placed] = []
        self._deeper: dict[int, int] = {}

    def put(self, place: _Place, kinds: Sequence[LayerKind]) -> bool:
        """Put layers into a place; tell whether its output stays what it was.

        Raises:
            InvalidValueError: a layer does not fit there.
        """
        layer, shape = place.layer, place.layer.input
        for kind in kinds:
            self._new.append((kind, shape))
            shape = kind.output(shape)
            self._new += [(each.kind, shape) for each in place.following]
        self.old += (layer, *place.following)
        more = sum([kind.role in WEIGHTED for kind in kinds]) - layer.depth(WEIGHTED)
        if more:
            self._deeper[id(layer)] = more
        return shape.dims == place.output.dims

    def parameters(self) -> Parameters:
        """Count the row's parameters."""
        weights, biases, params = (
            getattr(self._base.count, name) - sum([getattr(each, name) for each in self.old])
            for name in ("weights", "biases", "params")
        )
        for kind, shape in self._new:
            weights += kind.weights(shape)
            biases += kind.biases(shape)
            params += kind.params(shape)
        return Parameters(weights, biases, params)

    def count(self) -> RowCount:
        """Count the row."""
        before = Tally.total([layer.tally for layer in self.old])
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
