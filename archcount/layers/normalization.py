"""Normalisation: batch normalisation and local response normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

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
        shape.require_map(self.word)
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count square, sum of `size`, scale, shift, power and quotient per element."""
        return Cost(norm=(self.size + 5) * shape.elements)

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return the constants."""
        return {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
