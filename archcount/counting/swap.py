"""A row counted with one layer read otherwise, where everything else in it stays as it is."""

from __future__ import annotations

from collections import defaultdict

from archcount.architecture import Layer, Node
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.change import changed
from archcount.counting.formula import count_row
from archcount.counting.records import RowCount
from archcount.edits import Edit
from archcount.errors import Location
from archcount.layers import Cost

SWAPS = frozenset({"kernel", "pad", "groups", "multiplier", "separable"})
"""The edits that put one layer in the place of another, in every repetition alike."""


class Base:
    """A row as it was expanded, whose layers are read otherwise one at a time.

    Args:
        row: the row's name.
        node: the row.
    """

    def __init__(self, row: str, node: Node) -> None:
        self.count = count_row(row, node)
        self._places: defaultdict[Location, list[Layer]] = defaultdict(list)
        for layer in node.layers():
            origin = layer.origin
            if isinstance(origin, LayerBlock) and type(layer.kind) is origin.kind:
                self._places[origin.text.where].append(layer)

    def swap(self, edit: Edit) -> RowCount | None:
        """Count the row with a layer read otherwise, wherever in the row it stands.

        None where what is behind the layer reads another shape then, or the depth changes:
        nothing less than expanding the row again tells what it is.

        Raises:
            InvalidValueError: the layer cannot be read so.
        """
        weights, biases, params, buffers = 0, 0, 0, 0
        out, new = [], []
        for layer in self._places.get(edit.where, ()) if edit.where else ():
            kinds, shape = changed(layer.kind, layer.input, edit), layer.input
            if len(kinds) != 1 or kinds[0].role != layer.kind.role:
                return None
            [kind] = kinds
            if kind.output(shape).dims != layer.output.dims:
                return None
            weights += kind.weights(shape) - layer.weights
            biases += kind.biases(shape) - layer.biases
            params += kind.params(shape) - layer.params
            buffers += kind.buffers(shape) - layer.buffers
            out.append(layer.cost)
            new.append(kind.cost(shape))
        if not new:
            return None
        count = self.count
        return RowCount(
            id=count.id,
            input=count.input,
            output=count.output,
            weights=count.weights + weights,
            biases=count.biases + biases,
            params=count.params + params,
            buffers=count.buffers + buffers,
            cost=Cost.total((count.cost, *new)).without(out),
            depth=count.depth,
        )
