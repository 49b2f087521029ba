"""Normalisation: by the batch, by each image's own mean and deviation, and local response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, ElementwiseKind, LayerKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class BatchNorm(ElementwiseKind):
    """Batch normalisation, its shift trained, and its scale unless `scale=false`: `batchnorm`.

    The scale can be left out where a rectifier and a convolution follow.

    Source: arXiv:1502.03167.

    >>> BatchNorm().params(Shape((64, 112, 112)))
    128
    """

    word: ClassVar[str] = "batchnorm"
    as_option: ClassVar[tuple[str, str] | None] = ("norm", "batch")

    eps: float = argument(ArgumentType.NUMBER, default=1e-5, least=0, shared=True)
    momentum: float = argument(ArgumentType.NUMBER, default=0.1, least=0, most=1, shared=True)
    scale: bool = argument(ArgumentType.BOOLEAN, default=True, shared=True)

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        shape.require_channels_first(self.word)
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count a scale and a shift per element, as at inference."""
        return Cost(norm=2 * shape.elements)

    def params(self, shape: Shape) -> int:
        """Count a scale, if there is one, and a shift per channel."""
        return (2 if self.scale else 1) * shape.channels

    def buffers(self, shape: Shape) -> int:
        """Count the running mean and variance per channel."""
        return 2 * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.BatchNorm1d`, 2d or 3d by the spatial axes, or the same unscaled."""
        from torch import nn

        from archcount.layers import modules

        name = f"BatchNorm{max(1, len(shape.spatial))}d"
        norm = getattr(nn, name) if self.scale else getattr(modules, f"Unscaled{name}")
        module: nn.Module = norm(shape.channels, eps=self.eps, momentum=self.momentum)
        return module


@dataclass(frozen=True, kw_only=True)
class LayerNorm(ElementwiseKind):
    """Layer normalisation over the channels of each position: `layernorm`.

    Scale and shift are trained, the shift unless `bias=false`. On maps it is ConvNeXt's.

    Source: arXiv:1607.06450.

    >>> LayerNorm().params(Shape((768, 7, 7)))
    1536
    """

    word: ClassVar[str] = "layernorm"
    as_option: ClassVar[tuple[str, str] | None] = ("norm", "layer")

    eps: float = argument(ArgumentType.NUMBER, default=1e-5, least=0, shared=True)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)

    def cost(self, shape: Shape) -> Cost:
        """Count mean, difference, square, its mean, quotient, and scale and shift per element."""
        return Cost(norm=(7 if self.bias else 6) * shape.elements)

    def params(self, shape: Shape) -> int:
        """Count a scale, and a shift if there is one, per channel."""
        return (2 if self.bias else 1) * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.LayerNorm`, over the channels of a map where it is one."""
        from torch import nn

        from archcount.layers.modules import LayerNormOfChannels

        norm = nn.LayerNorm if shape.tokens or not shape.spatial else LayerNormOfChannels
        return norm(shape.channels, eps=self.eps, bias=self.bias)


@dataclass(frozen=True, kw_only=True)
class RmsNorm(ElementwiseKind):
    """Division by the root mean square over the channels of each position: `rmsnorm`.

    A scale is trained, and there is no shift.

    Source: arXiv:1910.07467.

    >>> RmsNorm().params(Shape((4096,)))
    4096
    """

    word: ClassVar[str] = "rmsnorm"
    as_option: ClassVar[tuple[str, str] | None] = ("norm", "rms")

    eps: float = argument(ArgumentType.NUMBER, default=1e-6, least=0, shared=True)

    def cost(self, shape: Shape) -> Cost:
        """Count square, its mean, quotient and scale per element, and 2 for each root."""
        return Cost(norm=4 * shape.elements + 2 * shape.positions)

    def params(self, shape: Shape) -> int:
        """Count a scale per channel."""
        return shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.RMSNorm`, over the channels of a map where it is one."""
        from torch import nn

        from archcount.layers.modules import RMSNormOfChannels

        norm = nn.RMSNorm if shape.tokens or not shape.spatial else RMSNormOfChannels
        return norm(shape.channels, eps=self.eps)


@dataclass(frozen=True, kw_only=True)
class GroupNorm(ElementwiseKind):
    """Group normalisation over each of a number of groups of channels: `groupnorm 32`.

    Source: arXiv:1803.08494, sec. 3.1, which takes 32 groups.
    """

    word: ClassVar[str] = "groupnorm"
    as_option: ClassVar[tuple[str, str] | None] = ("norm", "group")

    groups: int = argument(ArgumentType.INTEGER, default=32, position=0, least=1)
    eps: float = argument(ArgumentType.NUMBER, default=1e-5, least=0, shared=True)

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape, or raise InvalidValueError unless the groups divide it."""
        shape.require_channels_first(self.word)
        shape.require_groups(self.groups)
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count mean, difference, square, its mean, quotient, scale and shift per element."""
        return Cost(norm=7 * shape.elements)

    def params(self, shape: Shape) -> int:
        """Count a scale and a shift per channel."""
        return 2 * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.GroupNorm`."""
        from torch import nn

        return nn.GroupNorm(self.groups, shape.channels, eps=self.eps)


@dataclass(frozen=True, kw_only=True)
class InstanceNorm(ElementwiseKind):
    """Instance normalisation over the positions of each channel: `instancenorm`.

    `affine=true` trains a scale and a shift.

    Source: arXiv:1607.08022.
    """

    word: ClassVar[str] = "instancenorm"
    as_option: ClassVar[tuple[str, str] | None] = ("norm", "instance")

    eps: float = argument(ArgumentType.NUMBER, default=1e-5, least=0, shared=True)
    affine: bool = argument(ArgumentType.BOOLEAN, default=False)

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape, or raise InvalidValueError where there is one position."""
        shape.require_channels_first(self.word)
        if shape.positions == 1:
            raise InvalidValueError(
                f"instancenorm needs several positions, and gets {shape} ({shape.layout})",
                remedy="put it before what leaves one position",
            )
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count mean, difference, square, its mean, quotient, and what is trained per element."""
        return Cost(norm=(7 if self.affine else 5) * shape.elements)

    def params(self, shape: Shape) -> int:
        """Count a scale and a shift per channel, where they are trained."""
        return 2 * shape.channels if self.affine else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.InstanceNorm1d`, 2d or 3d by the spatial axes."""
        from torch import nn

        norm = getattr(nn, f"InstanceNorm{len(shape.spatial)}d")
        module: nn.Module = norm(shape.channels, eps=self.eps, affine=self.affine)
        return module


@dataclass(frozen=True, kw_only=True)
class LocalResponseNorm(LayerKind):
    """Local response normalisation, across `size` neighbouring channels: `lrn`.

    The defaults are those of Krizhevsky et al. 2012, sec. 3.3, with `alpha` in the form that
    torch and Caffe use, divided by `size` (their 1e-4 stands for a sum).
    """

    word: ClassVar[str] = "lrn"
    torch_name: ClassVar[str] = "LocalResponseNorm"

    size: int = argument(ArgumentType.INTEGER, default=5, least=1)
    alpha: float = argument(ArgumentType.NUMBER, default=1e-4)
    beta: float = argument(ArgumentType.NUMBER, default=0.75)
    k: float = argument(ArgumentType.NUMBER, default=1.0)

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        shape.require_positions(self.word)
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count square, sum of `size`, scale, shift, power and quotient per element."""
        return Cost(norm=(self.size + 5) * shape.elements)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the constants."""
        return {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
