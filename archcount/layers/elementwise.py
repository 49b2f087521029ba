"""Layers that work on single elements, or leave them as they are: softmax, dropout, scaling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, ElementwiseKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Softmax(ElementwiseKind):
    """A softmax over channels, of tokens at each position: `softmax`."""

    word: ClassVar[str] = "softmax"
    torch_name: ClassVar[str] = "Softmax"

    def cost(self, shape: Shape) -> Cost:
        """Count maximum, difference, exponential, sum and quotient per element."""
        return Cost(softmax=5 * shape.elements)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the dimension of channels."""
        return {"dim": -1 if shape.tokens else 1}


@dataclass(frozen=True, kw_only=True)
class Scaling(ElementwiseKind):
    """A multiplication by a constant, such as of residuals: `scale 0.17`.

    Source: arXiv:1602.07261, sec. 3.3 and Fig. 20.

    >>> Scaling(factor=0.1).cost(Shape((320, 35, 35))).scale
    392000
    """

    word: ClassVar[str] = "scale"

    factor: float = argument(ArgumentType.NUMBER, position=0)

    def cost(self, shape: Shape) -> Cost:
        """Count one multiplication per element."""
        return Cost(scale=shape.elements)

    def module(self, shape: Shape) -> nn.Module:
        """Return the multiplication."""
        from archcount.layers.modules import Scale

        return Scale(self.factor)


@dataclass(frozen=True, kw_only=True)
class LayerScale(ElementwiseKind):
    """A trained factor for each channel, INITIAL at first: `layer_scale 1e-6`.

    Source: arXiv:2103.17239, eq. 4.

    >>> LayerScale().params(Shape((96, 56, 56)))
    96
    """

    word: ClassVar[str] = "layer_scale"

    initial: float = argument(ArgumentType.NUMBER, default=1e-6, position=0)

    def cost(self, shape: Shape) -> Cost:
        """Count one multiplication per element."""
        return Cost(scale=shape.elements)

    def params(self, shape: Shape) -> int:
        """Count one factor per channel."""
        return shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return the multiplication."""
        from archcount.layers.modules import ChannelScale as Module

        return Module(shape.channels, self.initial, 0 if shape.tokens else len(shape.spatial))


@dataclass(frozen=True, kw_only=True)
class Affine(LayerScale):
    """A trained factor for each channel, INITIAL at first, and a trained shift: `affine`.

    Source: arXiv:2105.03404, eq. 1.

    >>> Affine().params(Shape((384, 196), tokens=True))  # 2 x 384
    768
    """

    word: ClassVar[str] = "affine"

    initial: float = argument(ArgumentType.NUMBER, default=1.0, position=0)

    def cost(self, shape: Shape) -> Cost:
        """Count one multiplication per element, and one addition as of a bias."""
        return Cost(scale=shape.elements, bias=shape.elements)

    def params(self, shape: Shape) -> int:
        """Count a factor and a shift per channel."""
        return 2 * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return a sequence of `scale` and `shift`."""
        from torch import nn

        from archcount.layers.modules import ChannelShift

        module = nn.Sequential()
        module.add_module("scale", super().module(shape))
        spatial = 0 if shape.tokens else len(shape.spatial)
        module.add_module("shift", ChannelShift(shape.channels, spatial))
        return module


@dataclass(frozen=True, kw_only=True)
class Dropout(ElementwiseKind):
    """Dropout, which drops the fraction `p` in training only: `dropout 0.4`."""

    word: ClassVar[str] = "dropout"
    torch_name: ClassVar[str] = "Dropout"

    p: float = argument(ArgumentType.NUMBER, default=0.5, position=0, least=0, most=1)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the fraction."""
        return {"p": self.p}


@dataclass(frozen=True, kw_only=True)
class Identity(ElementwiseKind):
    """The input as it is, never projected as a `shortcut` is: `add: [identity, conv 3x3 64]`."""

    word: ClassVar[str] = "identity"
    is_layer: ClassVar[bool] = False
    torch_name: ClassVar[str] = "Identity"
