"""Activations: layers of their own, or behind another layer as `act=`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, ElementwiseKind, argument
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
    torch_name: ClassVar[str] = "ReLU"


@dataclass(frozen=True, kw_only=True)
class Relu6(_Activation):
    """A rectifier that ends at 6, min(max(x, 0), 6): `relu6`.

    Source: arXiv:1704.04861.
    """

    word: ClassVar[str] = "relu6"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "relu6")
    torch_name: ClassVar[str] = "ReLU6"


@dataclass(frozen=True, kw_only=True)
class Elu(_Activation):
    """An exponential linear unit: `elu`.

    Source: arXiv:1511.07289.
    """

    word: ClassVar[str] = "elu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "elu")
    torch_name: ClassVar[str] = "ELU"


@dataclass(frozen=True, kw_only=True)
class Gelu(_Activation):
    """A Gaussian error linear unit: `gelu`.

    Source: arXiv:1606.08415.
    """

    word: ClassVar[str] = "gelu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "gelu")
    torch_name: ClassVar[str] = "GELU"


@dataclass(frozen=True, kw_only=True)
class Silu(_Activation):
    """A sigmoid linear unit, x sigmoid(x), also called swish: `silu`.

    Source: arXiv:1710.05941.
    """

    word: ClassVar[str] = "silu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "silu")
    torch_name: ClassVar[str] = "SiLU"
    aliases: ClassVar[tuple[str, ...]] = ("swish",)


@dataclass(frozen=True, kw_only=True)
class HardSwish(_Activation):
    """A swish in straight pieces, x min(max(x + 3, 0), 6) / 6: `hswish`.

    Source: arXiv:1905.02244, sec. 5.2.
    """

    word: ClassVar[str] = "hswish"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "hswish")
    torch_name: ClassVar[str] = "Hardswish"


@dataclass(frozen=True, kw_only=True)
class Sigmoid(_Activation):
    """A logistic function, 1 / (1 + exp(-x)): `sigmoid`."""

    word: ClassVar[str] = "sigmoid"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "sigmoid")
    torch_name: ClassVar[str] = "Sigmoid"


@dataclass(frozen=True, kw_only=True)
class HardSigmoid(_Activation):
    """A sigmoid in straight pieces, min(max(x + 3, 0), 6) / 6: `hsigmoid`.

    Source: arXiv:1905.02244, sec. 5.2.
    """

    word: ClassVar[str] = "hsigmoid"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "hsigmoid")
    torch_name: ClassVar[str] = "Hardsigmoid"


@dataclass(frozen=True, kw_only=True)
class Tanh(_Activation):
    """A hyperbolic tangent: `tanh`."""

    word: ClassVar[str] = "tanh"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "tanh")
    torch_name: ClassVar[str] = "Tanh"


@dataclass(frozen=True, kw_only=True)
class ScaledTanh(_Activation):
    """A hyperbolic tangent that is 1 at 1 and -1 at -1, 1.7159 tanh(2/3 x): `scaled_tanh`.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", eq. 6 and
    appendix A.
    """

    word: ClassVar[str] = "scaled_tanh"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "scaled_tanh")

    def cost(self, shape: Shape) -> Cost:
        """Count the tangent and two products per element."""
        return super().cost(shape) + Cost(scale=2 * shape.elements)

    def module(self, shape: Shape) -> nn.Module:
        """Return the tangent."""
        from archcount.layers.classic_modules import ScaledTangent

        return ScaledTangent()


@dataclass(frozen=True, kw_only=True)
class LeakyRelu(_Activation):
    """A rectifier with a slope below 0: `leaky_relu 0.1`.

    Source: Maas et al. 2013, "Rectifier nonlinearities improve neural network acoustic models".
    """

    word: ClassVar[str] = "leaky_relu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "leaky_relu")
    torch_name: ClassVar[str] = "LeakyReLU"

    slope: float = argument(ArgumentType.NUMBER, default=0.01, position=0)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the slope."""
        return {"negative_slope": self.slope}


@dataclass(frozen=True, kw_only=True)
class Prelu(_Activation):
    """A rectifier whose slope below 0 is trained, one per channel: `prelu`.

    Source: arXiv:1502.01852.

    >>> Prelu().params(Shape((64, 28, 28)))
    64
    """

    word: ClassVar[str] = "prelu"
    as_option: ClassVar[tuple[str, str] | None] = ("act", "prelu")
    torch_name: ClassVar[str] = "PReLU"

    def output(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        shape.require_channels_first(self.word)
        return shape

    def params(self, shape: Shape) -> int:
        """Count one slope per channel."""
        return shape.channels

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the number of channels."""
        return {"num_parameters": shape.channels}
