"""The expanded table: rows of nodes and heads, all numbers resolved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archcount.architecture.nodes import LayerNode, Node, SequenceNode
from archcount.layers import Cost, Shape
from archcount.layers.row_output import RowOutput
from archcount.printed import Patch

WEIGHTED = frozenset({"weights"})
WEIGHTED_AND_POOLS = frozenset({"weights", "pool"})


@dataclass(frozen=True, kw_only=True)
class ExpandedRow:
    """One row of the table, expanded.

    Attributes:
        id: its name, and the name of its module.
        node: what its block expanded to.
        source: the row, or the input, that it reads; empty for the row before it, or the input.
    """

    id: str
    node: Node
    source: str = ""

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path."""
        return self.node.depth(WEIGHTED)


@dataclass(frozen=True, kw_only=True)
class Head:
    """An auxiliary classifier, train-only.

    Attributes:
        at: the row whose output it reads.
        loss_weight: the weight of its loss.
        node: what its body expanded to.
    """

    at: str
    loss_weight: float
    node: Node


@dataclass(frozen=True, kw_only=True, repr=False)
class Architecture:
    """A table's network with every number resolved.

    Attributes:
        name: the table's name.
        variant: the variant's name, or empty.
        input: the input shape; of several, the first.
        inputs: the input shapes by name, where there are several.
        rows: the rows in order.
        heads: the auxiliary classifiers.
        outputs: the rows that the network gives; empty for the last alone.
        lets: the `let` names that were given another value, with it.
        unread: the cells that are filled in and that no layer reads, in words.
    """

    name: str
    variant: str = ""
    input: Shape
    rows: tuple[ExpandedRow, ...]
    heads: tuple[Head, ...] = ()
    outputs: tuple[str, ...] = ()
    lets: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    inputs: Mapping[str, Shape] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return the network in one line."""
        name = f"{self.name}@{self.variant}" if self.variant else self.name
        return f"<Architecture {name}: {len(self.rows)} rows, input {self.input}>"

    @property
    def input_shapes(self) -> tuple[Shape, ...]:
        """The shape of each input, in the order in which the network takes them."""
        return tuple(self.inputs.values()) or (self.input,)

    @property
    def output(self) -> Shape:
        """The shape of the last row's output."""
        return self.rows[-1].node.output

    def find(self, path: str) -> Node | None:
        """Return the node at a path, such as `conv1.conv` or `heads.inception_4a`; None for none.

        The paths are those of the built network's modules.
        """
        for name, node in self._named():
            if path == name:
                return node
            if path.startswith(f"{name}."):
                return node.find(path.removeprefix(f"{name}."))
        return None

    def like(self, word: str, kernel: tuple[int, ...] | None = None) -> tuple[LayerNode, ...]:
        """Return every layer of a kind, and of a kernel where one is given; heads are left out."""
        return tuple(
            layer
            for row in self.rows
            for layer in row.node.layers()
            if layer.kind.word == word
            and (kernel is None or getattr(layer.kind, "patch", Patch((0, 0))).kernel == kernel)
        )

    def outputs_before(self, row: str) -> dict[str, Shape]:
        """Return what the rows before one give, and inputs with names, by their names."""
        names = [item.id for item in self.rows]
        before = self.rows[: names.index(row)]
        return {**self.inputs, **{item.id: item.node.output for item in before}}

    @property
    def read_rows(self) -> frozenset[str]:
        """The rows, or inputs, that a block of a later row reads, as `@row`."""
        nodes = [row.node for row in self.rows] + [head.node for head in self.heads]
        return frozenset().union(*map(_rows_read, nodes))

    def paths(self) -> Iterator[str]:
        """Yield the path of every row, head and node inside them."""
        for name, node in self._named():
            yield name
            for inner in node.paths():
                yield f"{name}.{inner}"

    def _named(self) -> Iterator[tuple[str, Node]]:
        yield from ((row.id, row.node) for row in self.rows)
        yield from ((f"heads.{head.at}", head.node) for head in self.heads)

    @cached_property
    def cost(self) -> Cost:
        """Operations for one image, without heads."""
        return sum((row.node.cost for row in self.rows), Cost())

    @cached_property
    def params(self) -> int:
        """Trainable parameters, without heads."""
        return sum(row.node.params for row in self.rows)

    @cached_property
    def weights(self) -> int:
        """Parameters of kernels, without heads."""
        return sum(row.node.weights for row in self.rows)

    @property
    def depth(self) -> int:
        """Layers with weights on the longest path."""
        return self._longest(WEIGHTED)

    @property
    def depth_with_pooling(self) -> int:
        """Layers with weights and pools on the longest path."""
        return self._longest(WEIGHTED_AND_POOLS)

    def _longest(self, roles: frozenset[str]) -> int:
        """Count the layers with one of the roles on the longest path through the rows."""
        ends = dict.fromkeys(self.inputs, 0)
        depth = 0
        for row in self.rows:
            start = ends[row.source] if row.source else depth
            ends[row.id] = depth = _depth_after(row.node, start, ends, roles)
        return max((ends[name] for name in self.outputs), default=depth)


def _rows_read(node: Node) -> frozenset[str]:
    """Return the rows that a node reads as `@row`."""
    return frozenset(kind.row for kind in node.kinds if isinstance(kind, RowOutput))


def _depth_after(node: Node, before: int, ends: Mapping[str, int], roles: frozenset[str]) -> int:
    """Count the layers on the longest path up to a node's end, from those before it."""
    if not _rows_read(node):
        return before + node.depth(roles)
    if isinstance(node, LayerNode):
        return max(ends[row] for row in _rows_read(node))
    if isinstance(node, SequenceNode):
        for _, child in node.children:
            before = _depth_after(child, before, ends, roles)
        return before
    found = (_depth_after(child, before, ends, roles) for _, child in node.children)
    return max(found, default=before)
