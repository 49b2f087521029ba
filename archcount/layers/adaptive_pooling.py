"""Pooling of the whole map: to one value a channel, or to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape, spread

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _AdaptivePool(LayerKind):
    """What pools to a fixed output size share."""

    role: ClassVar[str] = "pool"

    def target(self, shape: Shape) -> tuple[int, ...]:
        """Return the output's (rows, columns), or as many sides as the input has."""
        return (1,) * len(shape.spatial)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns), or as many sides as the input has."""
        shape.require_positions(self.word)
        return Shape((shape.channels, *self.target(shape)))

    def cost(self, shape: Shape) -> Cost:
        """Count the area of every window, which may overlap."""
        target = self.output(shape).spatial
        return Cost(pool=shape.channels * prod(map(windows_total, shape.spatial, target)))

    def module(self, shape: Shape) -> nn.Module:
        """Return torch's adaptive pool of as many axes."""
        from torch import nn

        target = self.target(shape)
        module: nn.Module = getattr(nn, f"{self.torch_name}{len(target)}d")(target)
        return module


def windows_total(length: int, outputs: int) -> int:
    """Return the sum of the lengths of the `outputs` adaptive windows over `length` cells.

    >>> windows_total(7, 1), windows_total(7, 2)  # 7; 4 + 4, the middle cell twice
    (7, 8)
    """
    return sum(
        -(-(index + 1) * length // outputs) - index * length // outputs for index in range(outputs)
    )


@dataclass(frozen=True, kw_only=True)
class GlobalAvgPool(_AdaptivePool):
    """An average over the whole map: `global_avgpool`.

    >>> GlobalAvgPool().output(Shape((1024, 7, 7))).dims
    (1024, 1, 1)
    """

    word: ClassVar[str] = "global_avgpool"
    torch_name: ClassVar[str] = "AdaptiveAvgPool"


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPool(_AdaptivePool):
    """A maximum over the whole map: `global_maxpool`."""

    word: ClassVar[str] = "global_maxpool"
    torch_name: ClassVar[str] = "AdaptiveMaxPool"


@dataclass(frozen=True, kw_only=True)
class _SizedPool(_AdaptivePool):
    """What pools share whose output size is written."""

    size: tuple[int, ...] = argument(ArgumentType.SIZE, position=0, least=1)

    def target(self, shape: Shape) -> tuple[int, ...]:
        """Return the size asked for."""
        return spread(self.size, shape, "size")


@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool(_SizedPool):
    """An average to a fixed output size: `adaptive_avgpool 6x6`."""

    word: ClassVar[str] = "adaptive_avgpool"
    torch_name: ClassVar[str] = "AdaptiveAvgPool"


@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxPool(_SizedPool):
    """A maximum to a fixed output size: `adaptive_maxpool 6x6`."""

    word: ClassVar[str] = "adaptive_maxpool"
    torch_name: ClassVar[str] = "AdaptiveMaxPool"
