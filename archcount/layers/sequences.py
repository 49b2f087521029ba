"""Sequences of tokens: embeddings, positions, and what leads from maps and to single vectors."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Embedding(LayerKind):
    """A trained vector for each token of the vocabulary, looked up by its id: `embedding 768`.

    It reads ids alone, the input `tokens LENGTH of VOCABULARY`, and does no arithmetic.
    `tied=ROW` takes the vectors of the embedding in that row.

    >>> ids = Shape.parse("tokens 512 of 30522")
    >>> Embedding(width=768).params(ids), str(Embedding(width=768).output(ids))
    (23440896, '512x768')
    """

    word: ClassVar[str] = "embedding"
    reads_ids: ClassVar[bool] = True

    width: int = argument(ArgumentType.INTEGER, position=0, least=1)
    tied: str = argument(ArgumentType.ROW, default="")

    def output(self, shape: Shape) -> Shape:
        """Return (width, positions)."""
        if not shape.vocabulary:
            raise InvalidValueError(
                f"embedding needs the ids of tokens, and gets {shape} ({shape.layout})",
                remedy="give the table an input such as tokens 512 of 30522",
            )
        return Shape((self.width, *shape.spatial), tokens=True)

    def weights(self, shape: Shape) -> int:
        """Count vocabulary x width; tied ones are the other embedding's."""
        return 0 if self.tied else shape.vocabulary * self.width

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Embedding`."""
        from torch import nn

        return nn.Embedding(shape.vocabulary, self.width)


@dataclass(frozen=True, kw_only=True)
class Tokens(LayerKind):
    """Every position of a map as a token, its channels as the width: `tokens`.

    They stand one after another, or with `grid=true` in the rows and columns of the map.

    Source: arXiv:2010.11929, eq. 1.

    >>> str(Tokens().output(Shape((768, 14, 14))))
    '196x768'
    """

    word: ClassVar[str] = "tokens"

    grid: bool = argument(ArgumentType.BOOLEAN, default=False)

    def output(self, shape: Shape) -> Shape:
        """Return (channels, positions), or (channels, rows, columns)."""
        is_grid = shape.tokens and len(shape.spatial) > 1
        if self.grid:
            shape.require_map("tokens grid=true")
            return replace(shape, tokens=True)
        if not shape.spatial or (shape.tokens and not is_grid):
            raise InvalidValueError(
                f"tokens needs a map, and gets {shape} ({shape.layout})",
                remedy="leave it out",
            )
        return Shape((shape.channels, shape.positions), tokens=True)

    def module(self, shape: Shape) -> nn.Module:
        """Return the change of layout."""
        from archcount.layers.token_modules import GridToTokens, MapToGrid, MapToTokens

        return MapToGrid() if self.grid else GridToTokens() if shape.tokens else MapToTokens()


@dataclass(frozen=True, kw_only=True)
class SequenceKind(LayerKind):
    """What kinds that need a sequence of tokens share."""

    takes_grids: ClassVar[bool] = False
    """Whether the tokens may lie in rows and columns."""

    def output(self, shape: Shape) -> Shape:
        """Return the shape that a sequence leads to."""
        shape.require_tokens(self.word, grid=self.takes_grids)
        return self.after(shape)

    @abstractmethod
    def after(self, shape: Shape) -> Shape:
        """Return the shape that a sequence leads to."""


@dataclass(frozen=True, kw_only=True)
class Positions(SequenceKind):
    """A trained vector added at each of N positions, the input's or more: `positions 2048`.

    Source: arXiv:1810.04805, Fig. 2.

    >>> Positions(most=512).params(Shape((768, 128), tokens=True))  # 512 x 768
    393216
    """

    word: ClassVar[str] = "positions"

    most: int = argument(ArgumentType.INTEGER, default=0, position=0, least=1)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        if self.most and shape.positions > self.most:
            raise InvalidValueError(
                f"positions for {self.most} tokens, and {shape.positions} come in",
                allowed=f"{shape.positions} or more",
                argument="most",
            )
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count one addition per element, of a trained number as a bias is."""
        return Cost(bias=shape.elements)

    def weights(self, shape: Shape) -> int:
        """Count positions x width."""
        return (self.most or shape.positions) * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return the addition."""
        from archcount.layers.token_modules import LearnedPositions

        return LearnedPositions(self.most or shape.positions, shape.channels)


@dataclass(frozen=True, kw_only=True)
class Segments(SequenceKind):
    """A trained vector for each of N segments, that of the first added: `segments 2`.

    Which segment a token is of is a second input of the paper's network; here all are of the first.

    Source: arXiv:1810.04805, Fig. 2.
    """

    word: ClassVar[str] = "segments"

    number: int = argument(ArgumentType.INTEGER, position=0, least=1)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count one addition per element, of a trained number as a bias is."""
        return Cost(bias=shape.elements)

    def weights(self, shape: Shape) -> int:
        """Count segments x width."""
        return self.number * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return the addition."""
        from archcount.layers.token_modules import SegmentEmbedding as Module

        return Module(self.number, shape.channels)


@dataclass(frozen=True, kw_only=True)
class ClassToken(SequenceKind):
    """A trained token before the others: `class_token`.

    Source: arXiv:2010.11929, eq. 1.

    >>> str(ClassToken().output(Shape((768, 196), tokens=True)))
    '197x768'
    """

    word: ClassVar[str] = "class_token"

    def after(self, shape: Shape) -> Shape:
        """Return one position more."""
        return replace(shape, dims=(shape.channels, shape.positions + 1))

    def params(self, shape: Shape) -> int:
        """Count the width."""
        return shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return the concatenation."""
        from archcount.layers.token_modules import PrependToken as Module

        return Module(shape.channels)


@dataclass(frozen=True, kw_only=True)
class Transpose(SequenceKind):
    """Positions as the width and the width as positions: `transpose`.

    A linear layer between two of them mixes positions, each channel by itself.

    Source: arXiv:2105.01601, eq. 1.

    >>> str(Transpose().output(Shape((768, 196), tokens=True)))
    '768x196'
    """

    word: ClassVar[str] = "transpose"

    def after(self, shape: Shape) -> Shape:
        """Return (positions, width)."""
        return replace(shape, dims=shape.dims[::-1])

    def module(self, shape: Shape) -> nn.Module:
        """Return the change of layout."""
        from archcount.layers.token_modules import TransposedTokens

        return TransposedTokens()


@dataclass(frozen=True, kw_only=True)
class Take(SequenceKind):
    """One token alone, such as the class token: `take first`, `take second`, `take last`.

    Source: arXiv:2010.11929, eq. 4; the second one is the distillation token of arXiv:2012.12877.
    """

    word: ClassVar[str] = "take"

    which: str = argument(ArgumentType.CHOICE, position=0, choices=("first", "second", "last"))

    def after(self, shape: Shape) -> Shape:
        """Return (width,)."""
        return Shape((shape.channels,))

    def module(self, shape: Shape) -> nn.Module:
        """Return the selection."""
        from archcount.layers.token_modules import SelectPosition as Module

        return Module({"first": 0, "second": 1, "last": -1}[self.which])


@dataclass(frozen=True, kw_only=True)
class Mean(SequenceKind):
    """The mean over the positions: `mean`."""

    word: ClassVar[str] = "mean"
    takes_grids: ClassVar[bool] = True

    def after(self, shape: Shape) -> Shape:
        """Return (width,)."""
        return Shape((shape.channels,))

    def cost(self, shape: Shape) -> Cost:
        """Count one operation per element."""
        return Cost(other=shape.elements)

    def module(self, shape: Shape) -> nn.Module:
        """Return the mean."""
        from archcount.layers.token_modules import MeanOfPositions

        return MeanOfPositions()
