"""Convolutions: standard, grouped, dilated, asymmetric, and depthwise."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.padding import PaddedAxis, Padding, resolve
from archcount.layers.shape import Shape
from archcount.printed import Patch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _Convolution(LayerKind):
    """What every convolution shares: a patch, padding, dilation and an optional bias."""

    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("norm", "act")

    patch: Patch = argument(ArgumentType.PATCH, position=0)
    pad: Padding = argument(ArgumentType.PADDING, default="same", shared=True, least=0)
    same: str = argument(
        ArgumentType.CHOICE, default="symmetric", choices=("symmetric", "asymmetric"), shared=True
    )
    dilation: tuple[int, int] = argument(ArgumentType.SIZE, default=(1, 1), least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    @abstractmethod
    def out_channels(self, shape: Shape) -> int:
        """Return the number of filters."""

    @abstractmethod
    def groups_of(self, shape: Shape) -> int:
        """Return the number of groups."""

    def sides(self, shape: Shape) -> tuple[PaddedAxis, PaddedAxis]:
        """Resolve the padding of rows and of columns for an input shape."""
        shape.require_map(self.word)
        return self._side(shape, 0), self._side(shape, 1)

    def _side(self, shape: Shape, axis: int) -> PaddedAxis:
        extent = self.dilation[axis] * (self.patch.kernel[axis] - 1) + 1
        length, stride = shape.dims[1 + axis], self.patch.stride[axis]
        return resolve(self.word, self.pad, self.same, axis, length, extent, stride)

    def output(self, shape: Shape) -> Shape:
        """Return (filters, rows, columns)."""
        rows, columns = self.sides(shape)
        return Shape((self.out_channels(shape), rows.output, columns.output))

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and position, and one bias addition per output element."""
        out = self.output(shape)
        positions = out.dims[1] * out.dims[2]
        return Cost(conv=self.weights(shape) * positions, bias=out.elements if self.bias else 0)

    def weights(self, shape: Shape) -> int:
        """Count filters x (channels / groups) x kernel area."""
        area = self.patch.kernel[0] * self.patch.kernel[1]
        return self.out_channels(shape) * (shape.channels // self.groups_of(shape)) * area

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter."""
        return self.out_channels(shape) if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Conv2d`, or its subclass with unequal sides where `same` asks for it."""
        from torch import nn

        from archcount.layers.modules import AsymmetricConv2d

        rows, columns = self.sides(shape)
        sizes = (shape.channels, self.out_channels(shape), self.patch.kernel, self.patch.stride)
        groups = self.groups_of(shape)
        if rows.before == rows.after and columns.before == columns.after:
            return nn.Conv2d(
                *sizes,
                padding=(rows.before, columns.before),
                dilation=self.dilation,
                groups=groups,
                bias=self.bias,
            )
        return AsymmetricConv2d(
            *sizes,
            pads=(columns.before, columns.after, rows.before, rows.after),
            dilation=self.dilation,
            groups=groups,
            bias=self.bias,
        )


@dataclass(frozen=True, kw_only=True)
class Conv(_Convolution):
    """A convolution: `conv 3x3/2 64`.

    >>> conv = Conv(patch=Patch((7, 7), (2, 2)), width=64)
    >>> conv.output(Shape((3, 224, 224))).dims
    (64, 112, 112)
    >>> conv.params(Shape((3, 224, 224)))  # 64 x 3 x 7 x 7 + 64
    9472
    """

    word: ClassVar[str] = "conv"

    width: int = argument(ArgumentType.INTEGER, position=1, least=1)
    groups: int = argument(ArgumentType.INTEGER, default=1, least=1)

    def out_channels(self, shape: Shape) -> int:
        """Return the width."""
        return self.width

    def groups_of(self, shape: Shape) -> int:
        """Return the groups, once they divide both channel counts.

        Raises:
            InvalidValueError: they do not.
        """
        for channels, name in ((shape.channels, "input channels"), (self.width, "filters")):
            if channels % self.groups:
                raise InvalidValueError(
                    f"{self.groups} groups do not divide {channels} {name}",
                    allowed="a number of groups that divides input channels and filters",
                    argument="groups",
                )
        return self.groups

    def output(self, shape: Shape) -> Shape:
        """Return (width, rows, columns)."""
        self.groups_of(shape)
        return super().output(shape)


@dataclass(frozen=True, kw_only=True)
class DepthwiseConv(_Convolution):
    """A depthwise convolution, each channel filtered `multiplier` times: `dwconv 3x3/2`.

    >>> DepthwiseConv(patch=Patch((3, 3))).weights(Shape((32, 112, 112)))
    288
    """

    word: ClassVar[str] = "dwconv"

    multiplier: int = argument(ArgumentType.INTEGER, default=1, least=1)

    def out_channels(self, shape: Shape) -> int:
        """Return channels x multiplier."""
        return shape.channels * self.multiplier

    def groups_of(self, shape: Shape) -> int:
        """Return one group per channel."""
        return shape.channels
