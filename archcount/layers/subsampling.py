"""Subsampling without parameters: every so many rows and columns, zeros as further channels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.padding import same_length
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Subsampling(LayerKind):
    """Every STRIDE-th row and column, zeros up to WIDTH channels: `subsample 2 128`.

    It has no parameters and does no arithmetic.

    Source: arXiv:1512.03385, sec. 3.3, shortcuts of option A.

    >>> Subsampling(stride=2, width=128).output(Shape((64, 56, 56))).dims
    (128, 28, 28)
    """

    word: ClassVar[str] = "subsample"

    stride: int = argument(ArgumentType.INTEGER, position=0, least=1)
    width: int = argument(ArgumentType.INTEGER, position=1, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return (width, rows, columns).

        Raises:
            InvalidValueError: the input has more channels already.
        """
        shape.require_map(self.word)
        if self.width < shape.channels:
            raise InvalidValueError(
                f"subsample to {self.width} channels, and {shape.channels} come in",
                allowed=f"{shape.channels} or more",
                argument="width",
            )
        rows, columns = (same_length(side, self.stride) for side in shape.spatial)
        return Shape((self.width, rows, columns))

    def module(self, shape: Shape) -> nn.Module:
        """Return the selection and the zeros."""
        from archcount.layers.modules import Subsample

        return Subsample(self.stride, self.width - shape.channels)
