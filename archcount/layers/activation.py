"""Activations and softmax."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ElementwiseKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


class _Activation(ElementwiseKind):
    """What activations share."""

    def cost(self, shape: Shape) -> Cost:
        """Count one operation per element."""
        return Cost(activation=shape.elements)


@dataclass(frozen=True, kw_only=True)
class Relu(_Activation):
    """A rectifier, max(x, 0): `relu`."""

    word: ClassVar[str] = "relu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "relu")

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.ReLU`."""
        from torch import nn

        return nn.ReLU()


@dataclass(frozen=True, kw_only=True)
class Gelu(_Activation):
    """A Gaussian error linear unit: `gelu`.

    Source: arXiv:1606.08415.
    """

    word: ClassVar[str] = "gelu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "gelu")

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.GELU`."""
        from torch import nn

        return nn.GELU()


@dataclass(frozen=True, kw_only=True)
class Softmax(ElementwiseKind):
    """A softmax over channels: `softmax`."""

    word: ClassVar[str] = "softmax"

    def cost(self, shape: Shape) -> Cost:
        """Count maximum, difference, exponential, sum and quotient per element."""
        return Cost(softmax=5 * shape.elements)

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Softmax` over dimension 1."""
        from torch import nn

        return nn.Softmax(dim=1)
