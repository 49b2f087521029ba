"""Convolutions whose maps read some of the input maps, by a printed table of connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.convolution import Conv
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape
from archcount.layers.sliding_window import Padding
from archcount.printed import Connections, Patch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class SparseConv(LayerKind):
    """A convolution whose filters each read some of the maps: `sparse_conv 5x5 c3`.

    `c3` names a table under `connections:`, of which each column is a filter. What is not connected
    has no weights.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", Table I.

    >>> conv = SparseConv(patch=Patch((5, 5)), connections=Connections(2, ((0,), (0, 1))))
    >>> conv.params(Shape((2, 14, 14)))  # 3 connections of 5 x 5, and 2
    77
    """

    word: ClassVar[str] = "sparse_conv"
    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("norm", "act")

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    connections: Connections = argument(ArgumentType.CONNECTIONS, position=1)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=("symmetric", "asymmetric"), shared=True
    )
    bias: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    def _conv(self, width: int, groups: int) -> Conv:
        return Conv(
            patch=self.patch,
            width=width,
            groups=groups,
            pad=self.pad,
            same=self.same,
            bias=self.bias,
        )

    def _parts(self, shape: Shape) -> Iterator[tuple[int, Conv, Shape]]:
        """Yield, for the filters that read equally many maps, how many, and one convolution.

        Each filter is a group of it, on its own maps.
        """
        for reads, maps in self.connections.groups:
            gathered = Shape((reads * len(maps), *shape.spatial))
            yield reads, self._conv(len(maps), len(maps)), gathered

    def output(self, shape: Shape) -> Shape:
        """Return (filters, rows, columns).

        Raises:
            InvalidValueError: the table is of another number of maps, or the patch does not fit.
        """
        if shape.channels != self.connections.inputs:
            raise InvalidValueError(
                f"a table of connections of {self.connections.inputs} maps, and {shape.channels} "
                "come in",
                allowed=f"a table with a row for each of {shape.channels} maps",
                argument="connections",
            )
        return self._conv(len(self.connections.maps), 1).output(shape)

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and position, and one bias addition per output element."""
        return Cost.total([conv.cost(gathered) for _, conv, gathered in self._parts(shape)])

    def weights(self, shape: Shape) -> int:
        """Count connections x kernel area."""
        return sum(conv.weights(gathered) for _, conv, gathered in self._parts(shape))

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter."""
        return len(self.connections.maps) if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return a grouped convolution for each number of maps that filters read."""
        from archcount.layers.classic_modules import GatheredConv

        convs = {reads: conv.module(gathered) for reads, conv, gathered in self._parts(shape)}
        return GatheredConv(self.connections.maps, convs)
