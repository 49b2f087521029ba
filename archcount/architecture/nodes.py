"""The frozen tree that a row's block expands to; every node knows its input and output."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from archcount.architecture.blocks import LayerBlock, Shortcut
from archcount.layers import Cost, LayerKind, Shape


@dataclass(frozen=True, kw_only=True)
class Layer:
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
    def cost(self) -> Cost:
        """Operations for one image."""
        return self.kind.cost(self.input)

    @cached_property
    def weights(self) -> int:
        """Parameters of kernels."""
        return self.kind.weights(self.input)

    @cached_property
    def biases(self) -> int:
        """Biases of layers with kernels."""
        return self.kind.biases(self.input)

    @cached_property
    def params(self) -> int:
        """Trainable parameters."""
        return self.kind.params(self.input)

    @cached_property
    def buffers(self) -> int:
        """Numbers that are kept and not trained."""
        return self.kind.buffers(self.input)

    def depth(self, roles: frozenset[str]) -> int:
        """Give 1 if the layer has one of the roles, else 0."""
        return int(self.kind.role in roles)

    def layers(self) -> Iterator[Layer]:
        """Yield the layer itself."""
        yield self

    def joins(self) -> Iterator[Concat | Add]:
        """Yield nothing: a layer joins no branches."""
        yield from ()

    def find(self, path: str) -> Node | None:
        """Give None: a layer has no parts."""
        return None

    def paths(self) -> Iterator[str]:
        """Yield nothing: a layer has no parts."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class _Composite:
    """What nodes with children share: their sums."""

    children: tuple[tuple[str, Node], ...]
    input: Shape
    output: Shape

    @cached_property
    def cost(self) -> Cost:
        """Operations for one image, all children and the joining included."""
        return Cost.total((self.own_cost(), *(child.cost for _, child in self.children)))

    def own_cost(self) -> Cost:
        """Operations of the joining itself."""
        return Cost()

    @cached_property
    def weights(self) -> int:
        """Parameters of kernels."""
        return sum(child.weights for _, child in self.children)

    @cached_property
    def biases(self) -> int:
        """Biases of layers with kernels."""
        return sum(child.biases for _, child in self.children)

    @cached_property
    def params(self) -> int:
        """Trainable parameters."""
        return sum(child.params for _, child in self.children)

    @cached_property
    def buffers(self) -> int:
        """Numbers that are kept and not trained."""
        return sum(child.buffers for _, child in self.children)

    def layers(self) -> Iterator[Layer]:
        """Yield every layer, in the order of the children."""
        for _, child in self.children:
            yield from child.layers()

    def joins(self) -> Iterator[Concat | Add]:
        """Yield every join of branches inside, and the node itself if it is one."""
        if isinstance(self, Concat | Add):
            yield self
        for _, child in self.children:
            yield from child.joins()

    def find(self, path: str) -> Node | None:
        """Give the node at a path of names with dots; None where there is none."""
        first, _, rest = path.partition(".")
        child = dict(self.children).get(first)
        return child.find(rest) if child and rest else child

    def paths(self) -> Iterator[str]:
        """Yield the path of every node inside."""
        for name, child in self.children:
            yield name
            for inner in child.paths():
                yield f"{name}.{inner}"

    def depth(self, roles: frozenset[str]) -> int:
        """Count the layers with one of the roles on the longest path."""
        return max((child.depth(roles) for _, child in self.children), default=0)


@dataclass(frozen=True, kw_only=True)
class Sequence(_Composite):
    """Children one after another."""

    def depth(self, roles: frozenset[str]) -> int:
        """Add up the children's depths."""
        return sum(child.depth(roles) for _, child in self.children)


@dataclass(frozen=True, kw_only=True)
class Concat(_Composite):
    """Branches on the same input, their channels concatenated."""


@dataclass(frozen=True, kw_only=True)
class Add(_Composite):
    """Branches on the same input, their outputs added; an empty sequence is the identity."""

    def own_cost(self) -> Cost:
        """Count one addition per element for each branch after the first."""
        return Cost(add=(len(self.children) - 1) * self.output.elements)


Node = Layer | Sequence | Concat | Add
