"""Fixed positions: sines and cosines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.sequences import SequenceKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Sinusoids(SequenceKind):
    """Sines and cosines of each position added, which are not trained: `sinusoids`.

    Source: arXiv:1706.03762, sec. 3.5.

    >>> Sinusoids().params(Shape((512, 100), tokens=True))
    0
    """

    word: ClassVar[str] = "sinusoids"

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        if shape.channels % 2:
            raise InvalidValueError(
                f"a sine and a cosine of each angle make no width of {shape.channels}",
                allowed="an even width",
            )
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count one addition per element, of a kept number as a bias is."""
        return Cost(bias=shape.elements)

    def buffers(self, shape: Shape) -> int:
        """Count positions x width."""
        return shape.elements

    def module(self, shape: Shape) -> nn.Module:
        """Return the addition."""
        from archcount.layers.token_modules import FixedPositions

        return FixedPositions(shape.positions, shape.channels)
