"""Separable convolutions: each channel filtered by itself, then all mixed by 1x1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.convolution import Conv, DepthwiseConv
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.padding import Padding
from archcount.layers.shape import Shape
from archcount.printed import Patch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class SeparableConv(LayerKind):
    """A depthwise convolution, then a 1x1 one, counted as one layer: `sepconv 7x7/2 64`.

    The bias comes once, after the second part.

    Source: arXiv:1502.03167, appendix, where the first convolution is separable with a depth
    multiplier of 8.

    >>> conv = SeparableConv(patch=Patch((7, 7), (2, 2)), width=64, multiplier=8)
    >>> conv.weights(Shape((3, 224, 224)))  # 24 x 7 x 7 + 24 x 64
    2712
    """

    word: ClassVar[str] = "sepconv"
    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("norm", "act")

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    width: int = argument(ArgumentType.INTEGER, position=1, least=1)
    multiplier: int = argument(ArgumentType.INTEGER, default=1, least=1)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=("symmetric", "asymmetric"), shared=True
    )
    dilation: tuple[int, int] = argument(ArgumentType.SIZE, default=(1, 1), least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    @property
    def depthwise(self) -> DepthwiseConv:
        """The first part."""
        return DepthwiseConv(
            patch=self.patch,
            pad=self.pad,
            same=self.same,
            dilation=self.dilation,
            multiplier=self.multiplier,
            bias=False,
        )

    @property
    def pointwise(self) -> Conv:
        """The second part."""
        return Conv(patch=Patch((1, 1)), width=self.width, pad="valid", bias=self.bias)

    def output(self, shape: Shape) -> Shape:
        """Return (width, rows, columns)."""
        return self.pointwise.output(self.depthwise.output(shape))

    def cost(self, shape: Shape) -> Cost:
        """Count the macs of both parts, and the bias additions of the second."""
        return self.depthwise.cost(shape) + self.pointwise.cost(self.depthwise.output(shape))

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count both parts; gradients always reach back through the second."""
        first = self.depthwise.backward_macs(shape, reaches_back=reaches_back)
        inner = self.depthwise.output(shape)
        return first + self.pointwise.backward_macs(inner, reaches_back=True)

    def weights(self, shape: Shape) -> int:
        """Count channels x multiplier x kernel area, and channels x multiplier x width."""
        inner = self.depthwise.output(shape)
        return self.depthwise.weights(shape) + self.pointwise.weights(inner)

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter of the second part."""
        return self.width if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return a sequence of `depthwise` and `pointwise`."""
        from torch import nn

        module = nn.Sequential()
        module.add_module("depthwise", self.depthwise.module(shape))
        module.add_module("pointwise", self.pointwise.module(self.depthwise.output(shape)))
        return module
