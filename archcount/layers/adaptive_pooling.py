"""Pooling of the whole map: to one value a channel, or to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape


@dataclass(frozen=True, kw_only=True)
class _AdaptivePool(LayerKind):
    """What pools to a fixed output size share."""

    role: ClassVar[str] = "pool"

    def target(self) -> tuple[int, int]:
        """Return the output's (rows, columns)."""
        return (1, 1)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the output's size."""
        return {"output_size": self.target()}

    def output(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns)."""
        shape.require_map(self.word)
        return Shape((shape.channels, *self.target()))

    def cost(self, shape: Shape) -> Cost:
        """Count the area of every window, which may overlap."""
        shape.require_map(self.word)
        rows, columns = (windows_total(shape.spatial[axis], self.target()[axis]) for axis in (0, 1))
        return Cost(pool=shape.channels * rows * columns)


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
    torch_name: ClassVar[str] = "AdaptiveAvgPool2d"


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPool(_AdaptivePool):
    """A maximum over the whole map: `global_maxpool`."""

    word: ClassVar[str] = "global_maxpool"
    torch_name: ClassVar[str] = "AdaptiveMaxPool2d"


@dataclass(frozen=True, kw_only=True)
class _SizedPool(_AdaptivePool):
    """What pools share whose output size is written."""

    size: tuple[int, int] = argument(ArgumentType.SIZE, position=0, least=1)

    def target(self) -> tuple[int, int]:
        """Return the size asked for."""
        return self.size


@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool(_SizedPool):
    """An average to a fixed output size: `adaptive_avgpool 6x6`."""

    word: ClassVar[str] = "adaptive_avgpool"
    torch_name: ClassVar[str] = "AdaptiveAvgPool2d"


@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxPool(_SizedPool):
    """A maximum to a fixed output size: `adaptive_maxpool 6x6`."""

    word: ClassVar[str] = "adaptive_maxpool"
    torch_name: ClassVar[str] = "AdaptiveMaxPool2d"
