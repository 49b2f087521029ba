"""A row counted with one layer read otherwise, where everything else in it stays as it is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from archcount.architecture import Layer, Node
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.change import changed
from archcount.architecture.nodes import Tally
from archcount.counting.formula import count_row
from archcount.counting.records import RowCount
from archcount.edits import Edit
from archcount.errors import Location

SWAPS = frozenset({"kernel", "pad", "groups", "multiplier", "separable"})
"""The edits that put one layer in the place of another, in every repetition alike."""


class Base:
    """A row as it was expanded, whose layers are read otherwise one at a time.

    Args:
        row: the row's name.
        node: the row.
    """

    def __init__(self, row: str, node: Node) -> None:
        self._count = count_row(row, node)
        self._tally = node.tally
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
        old: list[Tally] = []
        new: list[Tally] = []
        for layer in self._places.get(edit.where, ()) if edit.where else ():
            kinds, shape = changed(layer.kind, layer.input, edit), layer.input
            if len(kinds) != 1 or kinds[0].role != layer.kind.role:
                return None
            if kinds[0].output(shape).dims != layer.output.dims:
                return None
            old.append(layer.tally)
            new.append(Tally.of(kinds[0], shape))
        if not new:
            return None
        before, after = Tally.total(old), Tally.total([self._tally, *new])
        return replace(
            self._count,
            weights=after.weights - before.weights,
            biases=after.biases - before.biases,
            params=after.params - before.params,
            buffers=after.buffers - before.buffers,
            cost=after.cost.without(before.cost),
        )
