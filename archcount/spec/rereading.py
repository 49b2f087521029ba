"""A table's rows, each ready to be read in another way and expanded again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from archcount.architecture import (
    Architecture,
    Block,
    Expression,
    Layer,
    LayerDefaults,
    Node,
    Scope,
    Value,
    expand,
)
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.resolve import Budget
from archcount.architecture.scope import OUTPUT_NAMES
from archcount.edits import Edit, NumberCell, Plan, Site
from archcount.errors import Location
from archcount.layers import Shape
from archcount.printed import Patch
from archcount.spec.rows import ParsedRow


@dataclass(frozen=True, kw_only=True)
class Rereading:
    """The rows of an expanded table with what they were expanded from.

    Attributes:
        architecture: the table as it stands.
        rows: the parsed rows.
        lets: what the table's `let` names mean.
        defaults: the table's `layer:`.
        headings: the printed headings of its columns.
        readings: the blocks of the declared readings, by row.
    """

    architecture: Architecture
    rows: Sequence[ParsedRow]
    lets: Mapping[str, Value]
    defaults: LayerDefaults
    headings: Mapping[str, str]
    readings: Mapping[str, Block]

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
                start = Shape(edit.to if start.is_map else edit.to[:1])
            elif edit.kind == "cell":
                old = values[edit.name]
                assert isinstance(old, Value)
                values[edit.name] = replace(old, value=Fraction(edit.to[0]), text=str(edit.to[0]))
            else:
                assert change is None, "one layer at a time"
                change = edit
        scope = Scope(values=values, owner=f"row {row}")
        return expand(parsed.block, start, scope, self.defaults, Budget(), change)

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
        scope = Scope(values={**self.lets, **parsed.values}, owner=f"row {row}")
        assert parsed.block is not None, "a loaded table has a block for every row"
        expand(parsed.block, node.input, scope, self.defaults, Budget())
        read = {name: parsed.values[name] for name in parsed.values if name in scope.read}
        return Plan(
            id=row,
            input=node.input.chw,
            printed_input=self._printed_input(row, node.input),
            sites=tuple(_sites(node, parsed)),
            cells={
                name: NumberCell(
                    name=name,
                    heading=self.headings.get(name, name),
                    value=int(value.value),
                    where=value.where,
                )
                for name, value in read.items()
                if isinstance(value, Value)
                and isinstance(value.value, Fraction)
                and value.value.denominator == 1
                and name not in OUTPUT_NAMES
            },
            patches=tuple(
                name
                for name, value in read.items()
                if isinstance(value, Value) and isinstance(value.value, Patch)
            ),
            repeats=_repeats(parsed),
        )

    def _parsed(self, row: str) -> ParsedRow:
        return next(item for item in self.rows if item.id == row)

    def _start(self, row: str) -> Shape:
        return next(item.node.input for item in self.architecture.rows if item.id == row)

    def _printed_input(self, row: str, start: Shape) -> tuple[int, int, int] | None:
        """Give what the row before prints as its output, where the row reads something else."""
        names = [item.id for item in self.rows]
        place = names.index(row)
        if not place or not start.is_map:
            return None
        size = self.rows[place - 1].output
        if size is None:
            return None
        channels = size[2] if len(size) == 3 else start.channels
        printed = (channels, size[0], size[1])
        return printed if printed != start.chw else None


def _repeats(row: ParsedRow) -> dict[Location, int]:
    """Give how often a row is repeated, by the place of its cell."""
    times = row.values.get("n")
    if isinstance(times, Value) and isinstance(times.value, Fraction):
        return {times.where: int(times.value)}
    return {}


def _sites(node: Node, row: ParsedRow) -> Iterator[Site]:
    """Gather the layers with kernels or windows by the place where they are written."""
    found: dict[Location, list[tuple[str, Layer]]] = {}
    for path, layer in _paths(node, ""):
        origin = layer.origin
        if origin is not None and layer.kind.word == origin.kind.word and layer.kind.role:
            found.setdefault(origin.text.where, []).append((path, layer))
    for where, layers in found.items():
        yield _site(where, layers, row)


def _site(where: Location, layers: list[tuple[str, Layer]], row: ParsedRow) -> Site:
    path, first = layers[0]
    kind: Any = first.kind
    patch: Patch | None = getattr(kind, "patch", None)
    assert first.origin is not None
    return Site(
        path=path or kind.word,
        text=first.origin.text.text,
        where=where,
        word=kind.word,
        input=first.input.chw,
        output=first.output.chw,
        kernel=patch.kernel if patch else None,
        stride=patch.stride if patch else None,
        width=getattr(kind, "width", None),
        groups=getattr(kind, "groups", 1),
        multiplier=getattr(kind, "multiplier", 0),
        weights=sum(layer.weights for _, layer in layers),
        biases=sum(layer.biases for _, layer in layers),
        macs=sum(layer.cost.macs for _, layer in layers),
        times=len(layers),
        reads=tuple(name for name in _names(first.origin) if name in row.values),
    )


def _names(block: LayerBlock) -> Iterator[str]:
    """Yield the names that a layer's arguments read."""
    for bound in block.arguments:
        if isinstance(bound.value, Expression):
            yield from bound.value.names


def _paths(node: Node, path: str) -> Iterator[tuple[str, Layer]]:
    """Yield every layer with its place in the row."""
    if isinstance(node, Layer):
        yield path, node
        return
    for name, child in node.children:
        # A repeated block is written once.
        step = "block" if re.fullmatch(r"block\d+", name) else name
        yield from _paths(child, f"{path}.{step}" if path else step)
