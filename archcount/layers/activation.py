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

    torch_name: ClassVar[str]
    """The name of its class in `torch.nn`."""

    def module(self, shape: Shape) -> nn.Module:
        """Return the module of `torch.nn`."""
        from torch import nn

        module: nn.Module = getattr(nn, self.torch_name)()
        return module

    def cost(self, shape: Shape) -> Cost:
        """Count one operation per element."""
        return Cost(activation=shape.elements)


@dataclass(frozen=True, kw_only=True)
class Relu(_Activation):
    """A rectifier, max(x, 0): `relu`."""

    word: ClassVar[str] = "relu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "relu")
    torch_name: ClassVar[str] = "ReLU"


@dataclass(frozen=True, kw_only=True)
class Gelu(_Activation):
    """A Gaussian error linear unit: `gelu`.

    Source: arXiv:1606.08415.
    """

    word: ClassVar[str] = "gelu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "gelu")
    torch_name: ClassVar[str] = "GELU"


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
