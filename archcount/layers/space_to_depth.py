"""Blocks of neighbouring positions as one, their channels one after another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class SpaceToDepth(LayerKind):
    """Blocks of SIDE x SIDE positions as one, of a map or a grid of tokens: `space_to_depth 2`.

    The channels of a block's positions stand one after another, row by row, as TensorFlow has them.
    Patch merging reads them column by column: a trained layer behind it has the same numbers in
    another order.

    Source: arXiv:2103.14030, sec. 3.1 (patch merging).

    >>> str(SpaceToDepth(side=2).output(Shape((96, 56, 56))))
    '384x28x28'
    """

    word: ClassVar[str] = "space_to_depth"

    side: int = argument(ArgumentType.INTEGER, position=0, least=2)

    def output(self, shape: Shape) -> Shape:
        """Return side x side times the channels, on so many fewer rows and columns."""
        if len(shape.spatial) != 2:
            shape.require_map(self.word)
        if any(length % self.side for length in shape.spatial):
            raise InvalidValueError(
                f"blocks of {self.side}x{self.side} do not divide {shape} ({shape.layout})",
                allowed="a side that divides rows and columns",
                argument="side",
            )
        sides = (length // self.side for length in shape.spatial)
        return replace(shape, dims=(shape.channels * self.side**2, *sides))

    def module(self, shape: Shape) -> nn.Module:
        """Return the change of layout."""
        from archcount.layers.token_modules import BlocksAsChannels

        return BlocksAsChannels(self.side, axis=1 if shape.tokens else 2)
