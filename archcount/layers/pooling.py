"""Pooling over windows: maximum, average, and the one value that subsampling keeps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape
from archcount.layers.sliding_window import (
    REALISATIONS,
    PaddedAxis,
    WindowKind,
    require_fit,
    rounded_up_length,
    same_length,
)

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _Pool(WindowKind):
    """What windowed pools share."""

    role: ClassVar[str] = "pool"

    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=REALISATIONS, shared=True
    )
    ceil: bool = argument(ArgumentType.BOOLEAN, default=False)

    def side(self, shape: Shape, axis: int) -> PaddedAxis:
        """Resolve the padding, rounding up where that is asked for."""
        if self.ceil and self.pad == "same":
            raise InvalidValueError(
                "ceil=true rounds up what pad=same rounds already",
                remedy="write same=ceil, or another pad",
                argument="ceil",
            )
        length, extent = shape.spatial[axis], self.patch.kernel[axis]
        stride, pad = self.patch.stride[axis], self.padding(shape, axis)
        if pad > extent // 2:
            raise InvalidValueError(
                f"a pad of {pad} is more than half the kernel ({extent})",
                allowed=f"at most {extent // 2}",
                argument="pad",
            )
        if not self._rounds_up:
            return self.resolve(shape, axis, extent)
        output = rounded_up_length(length, extent, stride, pad)
        if self.pad != "same" and output < 1:
            require_fit(self.word, length, extent, 2 * pad)
        if self.pad == "same" and output != same_length(length, stride):
            raise InvalidValueError(
                f"rounding up without padding gives {output}, and not ceil({length}/{stride}) = "
                f"{same_length(length, stride)}",
                remedy="write same=symmetric, same=asymmetric, or another pad",
                argument="pad",
            )
        return PaddedAxis(pad, pad, output)

    @property
    def _rounds_up(self) -> bool:
        return self.ceil or (self.pad == "same" and self.same == "ceil")

    def output(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns), or as many sides as the input has."""
        return Shape((shape.channels, *(side.output for side in self.sides(shape))))

    def cost(self, shape: Shape) -> Cost:
        """Count the window's area per output element, windows at the border counted whole."""
        return Cost(pool=self.area * self.output(shape).elements)

    def window(self, shape: Shape) -> dict[str, Any]:
        """Return what torch's pools take for an input with equal padding on both sides."""
        return {
            "kernel_size": self.patch.kernel,
            "stride": self.patch.stride,
            "padding": self.equal_pads(shape),
            "ceil_mode": self._rounds_up,
        }


@dataclass(frozen=True, kw_only=True)
class MaxPool(_Pool):
    """A maximum over windows: `maxpool 3x3/2`.

    >>> from archcount.printed import Patch
    >>> pool = MaxPool(patch=Patch((3, 3), (2, 2)), same="ceil")
    >>> pool.output(Shape((64, 112, 112))).dims
    (64, 56, 56)
    """

    word: ClassVar[str] = "maxpool"

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.MaxPool2d`, behind a padding of its own where the sides differ."""
        from torch import nn

        axes, pads = len(shape.spatial), self.unequal_pads(shape)
        pool = getattr(nn, f"MaxPool{axes}d")
        if pads is None:
            module: nn.Module = pool(**self.window(shape))
            return module
        border = getattr(nn, f"ConstantPad{axes}d")(pads, float("-inf"))
        return nn.Sequential(border, pool(self.patch.kernel, self.patch.stride))


@dataclass(frozen=True, kw_only=True)
class AvgPool(_Pool):
    """An average over windows: `avgpool 5x5/3 pad=valid`.

    `count_pad=true` counts the zeros of the padding as values.

    >>> from archcount.printed import Patch
    >>> AvgPool(patch=Patch((5, 5), (3, 3)), pad="valid").output(Shape((512, 14, 14))).dims
    (512, 4, 4)
    """

    word: ClassVar[str] = "avgpool"

    count_pad: bool = argument(ArgumentType.BOOLEAN, default=False)

    def sides(self, shape: Shape) -> tuple[PaddedAxis, ...]:
        """Resolve the padding.

        Raises:
            InvalidValueError: torch has no average that leaves such padding out.
        """
        sides = super().sides(shape)
        odd = any(side.before != side.after for side in sides)
        if odd and not self.count_pad and not self._rounding_up_pads(sides, shape):
            raise InvalidValueError(
                "an average cannot leave out this padding, which differs from side to side",
                remedy="write count_pad=true, an odd kernel, or another pad",
                argument="pad",
            )
        return sides

    def _rounding_up_pads(self, sides: tuple[PaddedAxis, ...], shape: Shape) -> bool:
        """Return whether rounding up takes exactly the windows that the odd zero would."""
        return all(
            rounded_up_length(
                shape.spatial[axis],
                self.patch.kernel[axis],
                self.patch.stride[axis],
                side.before,
            )
            == side.output
            for axis, side in enumerate(sides)
        )

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.AvgPool2d`, behind a padding of its own where zeros count and sides differ."""
        from torch import nn

        axes, pads = len(shape.spatial), self.unequal_pads(shape)
        pool, window = getattr(nn, f"AvgPool{axes}d"), self.window(shape)
        if pads is not None and self.count_pad:
            border = getattr(nn, f"ZeroPad{axes}d")(pads)
            return nn.Sequential(border, pool(self.patch.kernel, self.patch.stride))
        window["ceil_mode"] |= pads is not None
        module: nn.Module = pool(**window, count_include_pad=self.count_pad)
        return module


@dataclass(frozen=True, kw_only=True)
class Subsampling(LayerKind):
    """Every STRIDE-th row and column (or position), zeros up to WIDTH channels: `subsample 2 128`.

    It has no parameters and does no arithmetic.

    Source: arXiv:1512.03385, sec. 3.3, shortcuts of option A.

    >>> Subsampling(stride=2, width=128).output(Shape((64, 56, 56))).dims
    (128, 28, 28)
    """

    word: ClassVar[str] = "subsample"

    stride: int = argument(ArgumentType.INTEGER, position=0, least=1)
    width: int = argument(ArgumentType.INTEGER, position=1, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return (width, rows, columns), or as many sides as the input has."""
        shape.require_positions(self.word)
        if self.width < shape.channels:
            raise InvalidValueError(
                f"subsample to {self.width} channels, and {shape.channels} come in",
                allowed=f"{shape.channels} or more",
                argument="width",
            )
        return Shape((self.width, *(same_length(side, self.stride) for side in shape.spatial)))

    def module(self, shape: Shape) -> nn.Module:
        """Return the selection and the zeros."""
        from archcount.layers.modules import Subsample

        return Subsample(self.stride, self.width - shape.channels)
