"""Convolutions: standard, grouped, dilated, asymmetric, depthwise, and separable."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape, spread
from archcount.layers.sliding_window import PaddedAxis, Padding, WindowKind
from archcount.printed import Patch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _Convolution(WindowKind):
    """What every convolution shares: a patch, padding, dilation and an optional bias."""

    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("norm", "act")

    dilation: tuple[int, ...] = argument(ArgumentType.SIZE, default=(1,), least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    @abstractmethod
    def out_channels(self, shape: Shape) -> int:
        """Return the number of filters."""

    @abstractmethod
    def groups_of(self, shape: Shape) -> int:
        """Return the number of groups."""

    def side(self, shape: Shape, axis: int) -> PaddedAxis:
        """Resolve the padding of the dilated kernel."""
        dilation = spread(self.dilation, shape, "dilation")[axis]
        return self.resolve(shape, axis, dilation * (self.patch.kernel[axis] - 1) + 1)

    def output(self, shape: Shape) -> Shape:
        """Return (filters, rows, columns), or as many sides as the input has."""
        self.groups_of(shape)  # raises an error unless they fit
        return Shape((self.out_channels(shape), *(side.output for side in self.sides(shape))))

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and position, and one bias addition per output element."""
        out = self.output(shape)
        bias = out.elements if self.bias else 0
        return Cost(conv=self.weights(shape) * out.positions, bias=bias)

    def weights(self, shape: Shape) -> int:
        """Count filters x (channels / groups) x kernel area."""
        inputs = shape.channels // self.groups_of(shape)
        return self.out_channels(shape) * inputs * self.area

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter."""
        return self.out_channels(shape) if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Conv2d`, or its subclass with unequal sides where `same` asks for it."""
        from torch import nn

        from archcount.layers import modules

        sizes = (shape.channels, self.out_channels(shape), self.patch.kernel, self.patch.stride)
        options: dict[str, Any] = {
            "dilation": spread(self.dilation, shape, "dilation"),
            "groups": self.groups_of(shape),
            "bias": self.bias,
        }
        name, pads = f"Conv{len(shape.spatial)}d", self.unequal_pads(shape)
        module: nn.Module = (
            getattr(modules, f"Asymmetric{name}")(*sizes, pads=pads, **options)
            if pads
            else getattr(nn, name)(*sizes, padding=self.equal_pads(shape), **options)
        )
        return module


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
        """Return the groups, or raise InvalidValueError unless they divide both channel counts."""
        for channels, name in ((shape.channels, "input channels"), (self.width, "filters")):
            if channels % self.groups:
                raise InvalidValueError(
                    f"{self.groups} groups do not divide {channels} {name}",
                    allowed="a number of groups that divides input channels and filters",
                    argument="groups",
                )
        return self.groups


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
    dilation: tuple[int, ...] = argument(ArgumentType.SIZE, default=(1,), least=1)
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

    def pointwise(self, shape: Shape) -> Conv:
        """Return the second part, with as many axes as the input has."""
        patch = Patch((1,) * len(shape.spatial))
        return Conv(patch=patch, width=self.width, pad="valid", bias=self.bias)

    def output(self, shape: Shape) -> Shape:
        """Return (width, rows, columns), or as many sides as the input has."""
        return self.pointwise(shape).output(self.depthwise.output(shape))

    def cost(self, shape: Shape) -> Cost:
        """Count the macs of both parts, and the bias additions of the second."""
        inner = self.depthwise.output(shape)
        return self.depthwise.cost(shape) + self.pointwise(shape).cost(inner)

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count both parts; gradients always reach back through the second."""
        first = self.depthwise.backward_macs(shape, reaches_back=reaches_back)
        inner = self.depthwise.output(shape)
        return first + self.pointwise(shape).backward_macs(inner, reaches_back=True)

    def weights(self, shape: Shape) -> int:
        """Count channels x multiplier x kernel area, and channels x multiplier x width."""
        inner = self.depthwise.output(shape)
        return self.depthwise.weights(shape) + self.pointwise(shape).weights(inner)

    def biases(self, shape: Shape) -> int:
        """Count one bias per filter of the second part."""
        return self.width if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return a sequence of `depthwise` and `pointwise`."""
        from torch import nn

        module = nn.Sequential()
        module.add_module("depthwise", self.depthwise.module(shape))
        module.add_module("pointwise", self.pointwise(shape).module(self.depthwise.output(shape)))
        return module
