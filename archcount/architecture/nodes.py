"""The frozen tree that a row's block expands to; every node knows its input and output."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from archcount.architecture.blocks import LayerBlock, Shortcut
from archcount.layers import Cost, JoinKind, LayerKind, Shape


class Tally(NamedTuple):
    """The numbers of a node for one image.

    Attributes:
        weights: parameters of kernels.
        biases: biases of layers with kernels.
        params: trainable parameters.
        buffers: elements of buffers.
        cost: operations, the joining of branches included.
    """

    weights: int = 0
    biases: int = 0
    params: int = 0
    buffers: int = 0
    cost: Cost = Cost()

    @classmethod
    def of(cls, kind: LayerKind, shape: Shape) -> Tally:
        """Return the numbers of one layer on an input shape."""
        return cls(
            kind.weights(shape),
            kind.biases(shape),
            kind.params(shape),
            kind.buffers(shape),
            kind.cost(shape),
        )

    def scaled(self, times: int) -> Tally:
        """Return the numbers of as many equal nodes."""
        weights, biases, params, buffers, cost = self
        return Tally(
            weights * times, biases * times, params * times, buffers * times, cost.scaled(times)
        )

    @staticmethod
    def total(tallies: Iterable[Tally]) -> Tally:
        """Return the sum of tallies.

        >>> Tally.total([Tally(weights=1), Tally(weights=2, cost=Cost(conv=3))]).cost.conv
        3
        """
        weights, biases, params, buffers, costs = zip(Tally(), *tallies, strict=True)
        return Tally(sum(weights), sum(biases), sum(params), sum(buffers), Cost.total(costs))


class _AnyNode(ABC):
    """What every node shares: its numbers, each by its own name too, and what is inside.

    Attributes:
        kinds: the kinds of the layers inside; equal blocks are one node, whose kinds come once.
        size: how many layers are inside.
        children: the nodes inside with their names; a layer has none.
    """

    tally: Tally
    kinds: tuple[LayerKind, ...]
    size: int
    children: tuple[tuple[str, Node], ...] = ()

    @property
    def cost(self) -> Cost:
        """Operations for one image, all children and the joining included."""
        return self.tally.cost

    @property
    def weights(self) -> int:
        """Parameters of kernels."""
        return self.tally.weights

    @property
    def biases(self) -> int:
        """Biases of layers with kernels."""
        return self.tally.biases

    @property
    def params(self) -> int:
        """Trainable parameters."""
        return self.tally.params

    @property
    def buffers(self) -> int:
        """Elements of buffers."""
        return self.tally.buffers

    def layers(self) -> Iterator[LayerNode]:
        """Yield every layer, in the order of the children."""
        for _, child in self.children:
            yield from child.layers()

    def joins(self) -> Iterator[JoinNode]:
        """Yield every join of branches inside, and the node itself if it is one."""
        for _, child in self.children:
            yield from child.joins()

    def find(self, path: str) -> Node | None:
        """Return the node at a path of names with dots; None where there is none."""
        first, _, rest = path.partition(".")
        child = dict(self.children).get(first)
        return child.find(rest) if child and rest else child

    def paths(self) -> Iterator[str]:
        """Yield the path of every node inside."""
        for name, child in self.children:
            yield name
            for inner in child.paths():
                yield f"{name}.{inner}"


@dataclass(frozen=True, kw_only=True)
class LayerNode(_AnyNode):
    """One layer with its numbers, on one input shape.

    Attributes:
        kind: the layer.
        input: the shape it reads.
        output: the shape it gives.
        origin: the layer as written that it comes from; an activation's is its convolution's,
            a projection's the shortcut.
    """

    kind: LayerKind
    input: Shape
    output: Shape
    origin: LayerBlock | Shortcut | None = field(default=None, compare=False, repr=False)

    @cached_property
    def tally(self) -> Tally:  # type: ignore[override]
        """What the layer has and does."""
        return Tally.of(self.kind, self.input)

    size = 1

    @cached_property
    def kinds(self) -> tuple[LayerKind, ...]:  # type: ignore[override]
        """The layer itself."""
        return (self.kind,)

    def depth(self, roles: frozenset[str]) -> int:
        """Return how deep the layer is if it has one of the roles, else 0."""
        return self.kind.depth if self.kind.role in roles else 0

    def layers(self) -> Iterator[LayerNode]:
        """Yield the layer itself."""
        yield self


@dataclass(frozen=True, kw_only=True)
class _Composite(_AnyNode):
    """What nodes with children share: their sums."""

    children: tuple[tuple[str, Node], ...]
    input: Shape
    output: Shape

    @cached_property
    def tally(self) -> Tally:  # type: ignore[override]
        """What the children have and do, and the joining."""
        own = Tally(cost=self.own_cost())
        children = (
            child.tally if self.runs(place) else child.tally._replace(cost=Cost())
            for place, (_, child) in enumerate(self.children)
        )
        return Tally.total([own, *children])

    def runs(self, place: int) -> bool:
        """Whether the child at a place counts among the operations."""
        return True

    def own_cost(self) -> Cost:
        """Operations of the joining itself."""
        return Cost()

    @cached_property
    def kinds(self) -> tuple[LayerKind, ...]:  # type: ignore[override]
        """The different layers inside."""
        children = {id(child): child for _, child in self.children}
        kinds = (kind for child in children.values() for kind in child.kinds)
        return tuple({id(kind): kind for kind in kinds}.values())

    @cached_property
    def size(self) -> int:  # type: ignore[override]
        """How many layers are inside."""
        return sum(child.size for _, child in self.children)

    def depth(self, roles: frozenset[str]) -> int:
        """Count the layers with one of the roles on the longest path."""
        if roles not in self._depths:
            self._depths[roles] = self._longest([child.depth(roles) for _, child in self.children])
        return self._depths[roles]

    @cached_property
    def _depths(self) -> dict[frozenset[str], int]:
        return {}

    def _longest(self, depths: list[int]) -> int:
        return max(depths, default=0)


@dataclass(frozen=True, kw_only=True)
class SequenceNode(_Composite):
    """Children one after another."""

    def _longest(self, depths: list[int]) -> int:
        return sum(depths)


@dataclass(frozen=True, kw_only=True)
class RepeatedNode(SequenceNode):
    """A node a symbolic number of times; it is counted, and never built. Its depth is of one.

    Attributes:
        times: how often.
    """

    times: int

    @cached_property
    def tally(self) -> Tally:  # type: ignore[override]
        """What all of them have and do."""
        return super().tally.scaled(self.times)


@dataclass(frozen=True, kw_only=True)
class JoinNode(_Composite):
    """Branches on the same input, their outputs joined; an empty sequence is the identity.

    Attributes:
        kind: how they are joined.
    """

    kind: JoinKind

    def own_cost(self) -> Cost:
        """Return the operations of the join itself."""
        return self.kind.cost([child.output for _, child in self.children])

    def runs(self, place: int) -> bool:
        """Whether the branch at a place counts among the operations."""
        return self.kind.runs(place)

    def joins(self) -> Iterator[JoinNode]:
        """Yield the join itself and every one inside."""
        yield self
        yield from super().joins()


Node = LayerNode | SequenceNode | JoinNode
