"""A table's rows, each ready to be read in another way and expanded again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from archcount.architecture import (
    Architecture,
    Block,
    LayerDefaults,
    Node,
    Scope,
    Value,
    expand,
)
from archcount.architecture.context import Budget, ExpansionCache
from archcount.edits import Edit, Plan
from archcount.layers import Shape
from archcount.printed import Patch, parse_size
from archcount.spec.parsed import ParsedRow
from archcount.spec.planning import make_plan


@dataclass(frozen=True, kw_only=True)
class Rereading:
    """The rows of an expanded table with what they were expanded from.

    Attributes:
        architecture: the table as it stands.
        rows: the parsed rows.
        is_printed: whether their printed cells are this network's.
        lets: what the table's `let` names mean.
        defaults: the table's `layer:`.
        headings: the printed headings of its columns.
        readings: the blocks of the declared readings, by row.
    """

    architecture: Architecture
    rows: Sequence[ParsedRow]
    is_printed: bool
    lets: Mapping[str, Value]
    defaults: LayerDefaults
    headings: Mapping[str, str]
    readings: Mapping[str, Block]
    _cache: ExpansionCache = field(default_factory=ExpansionCache, repr=False)

    def node(self, row: str, edits: Sequence[Edit] = ()) -> Node:
        """Expand one row with changes: of its input, its cells, and of one layer at most.

        Raises:
            InvalidTableError: the changed row does not go together.
        """
        parsed = self._parsed(row)
        assert parsed.block is not None, "a loaded table has a block for every row"
        values = {**self.lets, **parsed.values}
        start, change = self._start(row), None
        for edit in edits:
            if edit.kind == "input":
                start = Shape(edit.to if start.spatial else edit.to[:1])
            elif edit.kind in ("cell", "patch"):
                old = values[edit.name]
                assert isinstance(old, Value)
                values[edit.name] = replace(old, value=_value(edit), text=str(_value(edit)))
            else:
                assert change is None, "one layer at a time"
                change = edit
        scope = Scope(values=values, owner=f"row {row}")
        return expand(parsed.block, start, scope, self.defaults, Budget(), change, self._cache)

    def declared(self, row: str) -> Node | None:
        """Expand the reading that the file declares for a row; None where it declares none.

        Raises:
            InvalidTableError: its block does not go together on the row's input.
        """
        block = self.readings.get(row)
        if block is None:
            return None
        values = {**self.lets, **self._parsed(row).values}
        scope = Scope(values=values, owner=f"the reading of row {row}")
        return expand(block, self._start(row), scope, self.defaults, Budget())

    def plan(self, row: str) -> Plan:
        """Say what can be read otherwise in one row."""
        parsed = self._parsed(row)
        node = next(item.node for item in self.architecture.rows if item.id == row)
        values = {**self.lets, **parsed.values}
        printed_input = self._printed_input(row, node.input)
        return make_plan(parsed, node, values, self.defaults, self.headings, printed_input)

    def _parsed(self, row: str) -> ParsedRow:
        return next(item for item in self.rows if item.id == row)

    def _start(self, row: str) -> Shape:
        return next(item.node.input for item in self.architecture.rows if item.id == row)

    def _printed_input(self, row: str, start: Shape) -> tuple[int, ...] | None:
        """Give what is printed as a row's input, where the row reads something else.

        That is its own input cell, else the output of the row before; rows that print no output
        and change nothing are passed over.
        """
        if not start.is_map or not self.is_printed:
            return None
        own = self._parsed(row).printed.cells.get("input")
        size = parse_size(own.text, parts=(2, 3)) if own else self._output_before(row)
        if size is None:
            return None
        channels = size[2] if len(size) == 3 else start.channels
        printed = (channels, size[0], size[1])
        return printed if printed != start.dims else None

    def _output_before(self, row: str) -> tuple[int, ...] | None:
        """Give the output that is printed last before a row, if it still is its input."""
        names = [item.id for item in self.rows]
        for place in range(names.index(row) - 1, -1, -1):
            node = self.architecture.rows[place].node
            if self.rows[place].output is not None or node.input != node.output:
                return self.rows[place].output
        return None


def _value(edit: Edit) -> Fraction | Patch:
    """Give the value that an edit puts into a cell."""
    if edit.kind == "cell":
        return Fraction(edit.to[0])
    height, width, down, across = edit.to
    return Patch((height, width), (down, across))
