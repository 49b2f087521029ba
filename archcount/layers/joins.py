"""Joins of branches: each one small class with its shape rule, its cost and its torch module."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class JoinKind(ABC):
    """One way to join branches that read the same input.

    Every method takes the output shapes of the branches, in their order; there is one at least.
    """

    word: ClassVar[str]
    """The word that a table file writes for it."""
    module_name: ClassVar[str]
    """The class of `archcount.layers.modules` that it is."""
    takes_shortcut: ClassVar[bool] = False
    """Whether a branch may be `shortcut`, which adapts to the shape of the others."""
    stacks_channels: ClassVar[bool] = False
    """Whether the output's channels are those of all branches, one after another."""
    branch_names: ClassVar[tuple[str, ...]] = ()
    """The names that branches may have, where they are no list."""

    @classmethod
    def in_order(cls, names: Collection[str]) -> tuple[str, ...]:
        """Return the names of branches in the join's own order.

        Raises:
            InvalidValueError: branches of these names do not go together.
        """
        return tuple(name for name in cls.branch_names if name in names)

    divides_channels: ClassVar[bool] = False
    """Whether each branch reads its own part of the channels."""

    def reads(self, shape: Shape, branches: int) -> Shape:
        """Return the shape that each of so many branches reads of the join's input.

        Raises:
            InvalidValueError: the input cannot be divided among them.
        """
        return shape

    @abstractmethod
    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the output shape.

        Raises:
            InvalidValueError: the branches do not fit one another.
        """

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Return the operations of the join itself for one image."""
        return Cost()

    def backward_macs(self, shapes: Sequence[Shape], learns: Sequence[bool]) -> int:
        """Return the multiply-accumulates of its own backward pass, where these branches learn."""
        return 0

    def runs(self, place: int) -> bool:
        """Whether the branch at a place counts among the operations; parameters always count."""
        return True

    def module(self, branches: Mapping[str, nn.Module], shapes: Sequence[Shape]) -> nn.Module:
        """Return the torch module, whose children are the branches, of these output shapes."""
        from archcount.layers import modules

        module: nn.Module = getattr(modules, self.module_name)(branches)
        return module


def _listed(shapes: Sequence[Shape]) -> str:
    return ", ".join(str(shape) for shape in shapes)


def _broadcast(one: Shape, other: Shape, *, channels: bool = False) -> Shape | None:
    """Return the longest of each axis, of equal lengths or 1, or None where they do not fit."""
    if one == other:
        return one
    alike = len(one.dims) == len(other.dims) and one.tokens == other.tokens
    axes = list(zip(one.dims, other.dims, strict=False))
    if not alike or not (channels or one.channels == other.channels):
        return None
    if not all(first == second or 1 in (first, second) for first, second in axes):
        return None
    sides = (first if second == 1 else second for first, second in axes)
    return replace(one, dims=tuple(sides))


@dataclass(frozen=True, kw_only=True)
class Concatenation(JoinKind):
    """Branches whose channels are concatenated: `concat: [conv 1x1 64, maxpool 3x3]`.

    >>> Concatenation().output([Shape((64, 28, 28)), Shape((192, 28, 28))]).dims
    (256, 28, 28)
    """

    word: ClassVar[str] = "concat"
    module_name: ClassVar[str] = "Concat"
    stacks_channels: ClassVar[bool] = True

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the sum of the channels, on positions that all branches share."""
        channels = shapes[0].channels
        if any(replace(shape, dims=(channels, *shape.spatial)) != shapes[0] for shape in shapes):
            raise InvalidValueError(
                f"concat joins branches of different size: {_listed(shapes)}",
                allowed=f"equal sizes after the channels ({shapes[0].layout} above)",
                remedy="give the branches equal strides and padding",
            )
        total = sum(shape.channels for shape in shapes)
        return replace(shapes[0], dims=(total, *shapes[0].spatial))

    def module(self, branches: Mapping[str, nn.Module], shapes: Sequence[Shape]) -> nn.Module:
        """Return the concatenation along torch's axis of channels."""
        from archcount.layers import modules

        module: nn.Module = getattr(modules, self.module_name)(
            branches, dim=-1 if shapes[0].tokens else 1
        )
        return module


@dataclass(frozen=True, kw_only=True)
class Split(Concatenation):
    """Branches on equal parts of the channels, concatenated: `split: [identity, conv 3x3 58]`.

    Source: arXiv:1807.11164, Fig. 3c.

    >>> str(Split().reads(Shape((116, 28, 28)), 2))
    '58x28x28'
    """

    word: ClassVar[str] = "split"
    module_name: ClassVar[str] = "SplitAndConcat"
    divides_channels: ClassVar[bool] = True

    def reads(self, shape: Shape, branches: int) -> Shape:
        """Return an equal part of the channels."""
        if shape.channels % branches:
            raise InvalidValueError(
                f"split among {branches} branches, and {shape.channels} channels come in",
                allowed=f"channels that {branches} divides",
                remedy="write concat: with a slice at the begin of each branch",
            )
        return replace(shape, dims=(shape.channels // branches, *shape.spatial))


@dataclass(frozen=True, kw_only=True)
class Addition(JoinKind):
    """Branches whose outputs are added: `add: [[conv 3x3 64, conv 3x3 64], shortcut]`.

    A branch of one position, as of a vector of the time or the class, is added at every position.

    >>> Addition().cost([Shape((64, 28, 28))] * 3).add  # 2 x 64 x 28 x 28
    100352
    """

    word: ClassVar[str] = "add"
    module_name: ClassVar[str] = "Add"
    takes_shortcut: ClassVar[bool] = True

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the longest of each axis; channels are equal."""
        return reduce(self._sum, shapes)

    def _sum(self, one: Shape, other: Shape) -> Shape:
        total = _broadcast(one, other)
        if total is None:
            raise InvalidValueError(
                f"add joins branches of different shape: {one} and {other}",
                allowed=f"equal channels, other sizes equal or 1 ({one.layout} above)",
                remedy="give the branches equal widths, strides and padding, "
                "or write shortcut for the branch that should adapt",
            )
        return total

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Count one addition per element of each sum, from the first branch on."""
        sums = list(accumulate(shapes, self._sum))[1:]
        return Cost(add=sum(total.elements for total in sums))


@dataclass(frozen=True, kw_only=True)
class Product(JoinKind):
    """Branches whose outputs are multiplied: `mul: [identity, [global_avgpool, conv 1x1 in.c]]`.

    An axis of length 1, as of a pooled branch, is multiplied with every position of the others, and
    a single channel, as of a map of attention, with every channel.

    Source: arXiv:1709.01507, eq. 4 (squeeze-and-excite); arXiv:1807.06521, eq. 2 (CBAM).

    >>> shapes = [Shape((64, 28, 28)), Shape((64, 1, 1))]
    >>> Product().output(shapes).dims, Product().cost(shapes).scale
    ((64, 28, 28), 50176)
    """

    word: ClassVar[str] = "mul"
    module_name: ClassVar[str] = "Mul"

    def output(self, shapes: Sequence[Shape]) -> Shape:
        """Return the longest of each axis."""
        return reduce(self._product, shapes)

    def _product(self, one: Shape, other: Shape) -> Shape:
        product = _broadcast(one, other, channels=True)
        if product is None:
            raise InvalidValueError(
                f"mul joins branches of different shape: {one} and {other}",
                allowed=f"sizes that are equal or 1 ({one.layout} above)",
                remedy="give the branches equal widths, strides and padding, or pool one to 1x1",
            )
        return product

    def cost(self, shapes: Sequence[Shape]) -> Cost:
        """Count one multiplication per element of each product, from the first branch on."""
        products = list(accumulate(shapes, self._product))[1:]
        return Cost(scale=sum(product.elements for product in products))
