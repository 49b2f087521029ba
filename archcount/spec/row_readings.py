"""The rows of a network, each read in another way and expanded again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from archcount.architecture import Architecture, Node, Scope, expand
from archcount.architecture.budget import Budget, Work
from archcount.architecture.context import ExpansionCache
from archcount.edits import Edit, Plan
from archcount.layers import Shape
from archcount.printed import Patch, grid_and_channels, parse_output
from archcount.spec.reading_plan import make_plan
from archcount.spec.row_reader import ParsedRow
from archcount.spec.variant import Variant


class RowReadings:
    """Expands the rows of a network, which go together, as other readings have them."""

    def __init__(self, network: Variant) -> None:
        self.network = network
        self.work = Work()
        self._cache = ExpansionCache()

    def node(self, row: str, edits: Sequence[Edit] = ()) -> Node:
        """Expand one row with changes: of its input, its cells, and of one layer at most.

        Raises:
            InvalidTableError: the changed row does not go together.
        """
        parsed = self._parsed(row)
        assert parsed.block is not None, "a loaded table has a block for every row"
        values = {**self.network.values, **parsed.values}
        start, change, defaults = self._start(row), None, self.network.defaults
        for edit in edits:
            if edit.kind == "input":
                start = replace(start, dims=edit.to if start.spatial else edit.to[:1])
            elif edit.kind == "default":
                defaults = self._changed(edit).defaults
            elif edit.kind in ("cell", "patch"):
                old = values[edit.name]
                values[edit.name] = replace(old, value=_value(edit), text=str(_value(edit)))
            else:
                assert change is None, "one layer at a time"
                change = edit
        outputs = self.network.architecture.outputs_before(row)
        scope = Scope(values=values, owner=f"row {row}", outputs=outputs)
        cache = self._cache if defaults is self.network.defaults else ExpansionCache()
        budget, before = Budget(), len(cache)
        try:
            return expand(parsed.block, start, scope, defaults, budget, change, cache)
        finally:
            self.work.spend(len(cache) - before, budget.spent)

    def whole(self, edit: Edit) -> Architecture:
        """Expand the whole network with one change: of its input, a `let`, or a default.

        Raises:
            InvalidTableError: the rows do not go together so.
        """
        layers = sum(row.node.size for row in self.network.architecture.rows)
        self.work.spend(layers, layers)
        if edit.kind == "input":
            return self.network.expand(replace(self.network.input, dims=edit.to))
        if edit.kind == "cell":
            return self.network.expand_numbers(None, {edit.name: Fraction(*edit.to)})
        return self._changed(edit).architecture

    def _changed(self, edit: Edit) -> Variant:
        """Return the network with another default of layers."""
        key, _, word = edit.name.partition("=")
        return replace(self.network, layer={**self.network.layer, key: word})

    def declared(self, row: str) -> Node | None:
        """Expand the reading that the file declares for a row; None where it declares none.

        Raises:
            InvalidTableError: its block does not go together on the row's input.
        """
        readings = self.network.sections.readings
        block = next((each.block for each in readings if each.declared.row == row), None)
        if block is None:
            return None
        values = {**self.network.values, **self._parsed(row).values}
        outputs = self.network.architecture.outputs_before(row)
        scope = Scope(values=values, owner=f"the reading of row {row}", outputs=outputs)
        return expand(block, self._start(row), scope, self.network.defaults, Budget())

    def plan(self, row: str) -> Plan:
        """Return what can be read otherwise in one row."""
        node = next(item.node for item in self.network.architecture.rows if item.id == row)
        printed_input = self._printed_input(row, node.input)
        return make_plan(self._parsed(row), node, self.network, printed_input)

    def _parsed(self, row: str) -> ParsedRow:
        return next(item for item in self.network.sections.rows if item.id == row)

    def _start(self, row: str) -> Shape:
        return next(item.node.input for item in self.network.architecture.rows if item.id == row)

    def _printed_input(self, row: str, start: Shape) -> tuple[int, ...] | None:
        """Return what is printed as a row's input, where the row reads something else.

        That is its own input cell, else the output of the row before; rows that print no output
        and change nothing are passed over.
        """
        if not start.spatial or start.tokens or not self.network.is_printed:
            return None
        own = self._parsed(row).printed.cells.get("input")
        size = parse_output(own.text) if own else self._output_before(row)
        if size is None:
            return None
        grid, channels = grid_and_channels(size, start.dims)
        printed = (channels or start.channels, *grid)
        return printed if len(printed) == len(start.dims) and printed != start.dims else None

    def _output_before(self, row: str) -> tuple[int, ...] | None:
        """Return the output that is printed last before a row, if it still is its input."""
        if any(item.source for item in self.network.sections.rows):
            return None
        names = [item.id for item in self.network.sections.rows]
        for place in range(names.index(row) - 1, -1, -1):
            node = self.network.architecture.rows[place].node
            if self.network.sections.rows[place].output is not None or node.input != node.output:
                return self.network.sections.rows[place].output
        return None


def _value(edit: Edit) -> Fraction | Patch:
    """Return the value that an edit puts into a cell."""
    if edit.kind == "cell":
        return Fraction(*edit.to)
    axes = len(edit.to) // 2
    return Patch(edit.to[:axes], edit.to[axes:])
