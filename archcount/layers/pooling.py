"""Pooling: maximum and average, over windows, over the whole map, or to a fixed size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.padding import (
    REALISATIONS,
    Padding,
    require_fit,
    same_length,
    window_length,
)
from archcount.layers.shape import Shape
from archcount.printed import Patch

if TYPE_CHECKING:
    from torch import nn


class _Window(NamedTuple):
    """A pooling window resolved for one input: what `nn.MaxPool2d` takes, and the output."""

    padding: tuple[int, int]
    ceil_mode: bool
    output: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class _Pool(LayerKind):
    """What windowed pools share."""

    role: ClassVar[str] = "pool"

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=REALISATIONS, shared=True
    )
    ceil: bool = argument(ArgumentType.BOOLEAN, default=False)

    def window(self, shape: Shape) -> _Window:
        """Resolve padding and rounding for an input shape."""
        shape.require_map(self.word)
        padding = (self._pad_before(0, shape), self._pad_before(1, shape))
        unequal = self.pad == "same" and self.same == "asymmetric"
        ceil = self.ceil or (self.pad == "same" and self.same == "ceil")
        if unequal:
            # One cell more below and to the right is what rounding up gives (tested).
            ceil = any(self._same_total(axis, shape) % 2 for axis in (0, 1))
        output = (
            self._length(0, shape, padding[0], ceil),
            self._length(1, shape, padding[1], ceil),
        )
        if self.pad == "same":
            self._require_same(shape, output)
        return _Window(padding, ceil, output)

    def _same_total(self, axis: int, shape: Shape) -> int:
        length, stride = shape.spatial[axis], self.patch.stride[axis]
        output = same_length(length, stride)
        return max((output - 1) * stride + self.patch.kernel[axis] - length, 0)

    def _pad_before(self, axis: int, shape: Shape) -> int:
        extent = self.patch.kernel[axis]
        if self.pad == "valid":
            return 0
        if self.pad == "same":
            if self.same == "ceil":
                return 0
            if self.same == "asymmetric":
                return self._same_total(axis, shape) // 2
            return (extent - 1) // 2
        if self.pad[axis] > extent // 2:
            raise InvalidValueError(
                f"{self.word}: a pad of {self.pad[axis]} is more than half the kernel ({extent})",
                allowed=f"at most {extent // 2}",
                argument="pad",
            )
        return self.pad[axis]

    def _length(self, axis: int, shape: Shape, pad: int, ceil: bool) -> int:
        length, stride = shape.spatial[axis], self.patch.stride[axis]
        if self.pad != "same":
            require_fit(self.word, length, self.patch.kernel[axis], 2 * pad)
        output = window_length(length, self.patch.kernel[axis], stride, 2 * pad, ceil=ceil)
        # torch drops a last window that would start in the padding below or to the right.
        return output - 1 if ceil and (output - 1) * stride >= length + pad else output

    def _require_same(self, shape: Shape, output: tuple[int, int]) -> None:
        wanted = tuple(same_length(shape.spatial[axis], self.patch.stride[axis]) for axis in (0, 1))
        if output != wanted:
            raise InvalidValueError(
                f"pad=same, same={self.same} gives {output[0]}x{output[1]} and not "
                f"ceil(input/stride) = {wanted[0]}x{wanted[1]} for {self.word} {self.patch} "
                f"on {shape.spatial[0]}x{shape.spatial[1]}",
                remedy=f"write another same= ({', '.join(REALISATIONS)}), or pad=",
                argument="pad",
            )

    def output(self, shape: Shape) -> Shape:
        """Give (channels, rows, columns)."""
        return Shape((shape.channels, *self.window(shape).output))

    def cost(self, shape: Shape) -> Cost:
        """Count the kernel's area per output element, windows at the border counted whole."""
        area = self.patch.kernel[0] * self.patch.kernel[1]
        return Cost(pool=area * self.output(shape).elements)


@dataclass(frozen=True, kw_only=True)
class MaxPool(_Pool):
    """A maximum over windows: `maxpool 3x3/2`.

    >>> pool = MaxPool(patch=Patch((3, 3), (2, 2)), same="ceil")
    >>> pool.output(Shape((64, 112, 112))).dims
    (64, 56, 56)
    """

    word: ClassVar[str] = "maxpool"

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.MaxPool2d`."""
        from torch import nn

        window = self.window(shape)
        return nn.MaxPool2d(
            self.patch.kernel, self.patch.stride, window.padding, ceil_mode=window.ceil_mode
        )


@dataclass(frozen=True, kw_only=True)
class AvgPool(_Pool):
    """An average over windows: `avgpool 5x5/3 pad=valid`.

    `count_pad=true` counts the zeros of the padding as values.

    >>> AvgPool(patch=Patch((5, 5), (3, 3)), pad="valid").output(Shape((512, 14, 14))).dims
    (512, 4, 4)
    """

    word: ClassVar[str] = "avgpool"

    count_pad: bool = argument(ArgumentType.BOOLEAN, default=False)

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.AvgPool2d`."""
        from torch import nn

        window = self.window(shape)
        return nn.AvgPool2d(
            self.patch.kernel,
            self.patch.stride,
            window.padding,
            ceil_mode=window.ceil_mode,
            count_include_pad=self.count_pad,
        )


@dataclass(frozen=True, kw_only=True)
class _AdaptivePool(LayerKind):
    """What pools to a fixed output size share."""

    role: ClassVar[str] = "pool"

    def target(self) -> tuple[int, int]:
        """Give the output's (rows, columns)."""
        return (1, 1)

    def output(self, shape: Shape) -> Shape:
        """Give (channels, rows, columns)."""
        shape.require_map(self.word)
        return Shape((shape.channels, *self.target()))

    def cost(self, shape: Shape) -> Cost:
        """Count the area of every window, which may overlap."""
        shape.require_map(self.word)
        rows, columns = (windows_total(shape.spatial[axis], self.target()[axis]) for axis in (0, 1))
        return Cost(pool=shape.channels * rows * columns)


def windows_total(length: int, outputs: int) -> int:
    """Add up the lengths of the `outputs` adaptive windows over `length` cells.

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

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.AdaptiveAvgPool2d(1)`."""
        from torch import nn

        return nn.AdaptiveAvgPool2d(self.target())


@dataclass(frozen=True, kw_only=True)
class GlobalMaxPool(_AdaptivePool):
    """A maximum over the whole map: `global_maxpool`."""

    word: ClassVar[str] = "global_maxpool"

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.AdaptiveMaxPool2d(1)`."""
        from torch import nn

        return nn.AdaptiveMaxPool2d(self.target())


@dataclass(frozen=True, kw_only=True)
class AdaptiveAvgPool(_AdaptivePool):
    """An average to a fixed output size: `adaptive_avgpool 6x6`."""

    word: ClassVar[str] = "adaptive_avgpool"

    size: tuple[int, int] = argument(ArgumentType.SIZE, position=0, least=1)

    def target(self) -> tuple[int, int]:
        """Give the size asked for."""
        return self.size

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.AdaptiveAvgPool2d`."""
        from torch import nn

        return nn.AdaptiveAvgPool2d(self.size)


@dataclass(frozen=True, kw_only=True)
class AdaptiveMaxPool(_AdaptivePool):
    """A maximum to a fixed output size: `adaptive_maxpool 6x6`."""

    word: ClassVar[str] = "adaptive_maxpool"

    size: tuple[int, int] = argument(ArgumentType.SIZE, position=0, least=1)

    def target(self) -> tuple[int, int]:
        """Give the size asked for."""
        return self.size

    def module(self, shape: Shape) -> nn.Module:
        """Make `nn.AdaptiveMaxPool2d`."""
        from torch import nn

        return nn.AdaptiveMaxPool2d(self.size)
