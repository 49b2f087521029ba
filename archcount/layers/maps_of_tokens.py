"""The way back from tokens, or from features, to a map."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Map(LayerKind):
    """Tokens as a map again, or features as one of the sides SIZE: `map`, `map 4x4`.

    A grid of tokens keeps its rows and columns, and a sequence its length, unless SIZE says how
    its tokens lie; the width is the channels. Features stand channel by channel.

    Source: arXiv:1511.06434, Fig. 1 (features); arXiv:2006.11239, appendix B (tokens).

    >>> Map().output(Shape((768, 14, 14), tokens=True)).dims
    (768, 14, 14)
    >>> Map(size=(4, 4)).output(Shape((16384,))).dims
    (1024, 4, 4)
    """

    word: ClassVar[str] = "map"

    size: tuple[int, ...] = argument(ArgumentType.SIZE, default=(), position=0, least=1)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns), or as many sides as there are."""
        if shape.vocabulary or (shape.spatial and not shape.tokens):
            raise InvalidValueError(
                f"map needs tokens or features, and gets {shape} ({shape.layout})",
                remedy="leave it out",
            )
        if not shape.tokens and not self.size:
            raise InvalidValueError(
                f"map of {shape} features needs its sides", remedy="write them, such as map 4x4"
            )
        sides = self.size or shape.spatial
        area = prod(sides)
        fits = shape.positions == area if shape.tokens else shape.channels % area == 0
        if not fits:
            raise InvalidValueError(
                f"map of {'x'.join(map(str, sides))}, and {shape} ({shape.layout}) come in",
                allowed="sides whose product is the number of tokens, or divides the features",
                argument="size",
            )
        return Shape((shape.channels if shape.tokens else shape.channels // area, *sides))

    def module(self, shape: Shape) -> nn.Module:
        """Return the change of layout."""
        from archcount.layers.token_modules import FeaturesToMap, TokensToMap

        made = self.output(shape)
        return TokensToMap(made.spatial) if shape.tokens else FeaturesToMap(made.dims)
