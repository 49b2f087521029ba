"""Multiplication by a constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, ElementwiseKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


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
