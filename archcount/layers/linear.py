"""Fully connected layers, and the flatten before them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, LayerKind, argument
from archcount.layers.shape import Shape


@dataclass(frozen=True, kw_only=True)
class Linear(LayerKind):
    """A fully connected layer on flattened features, or on each token: `linear 1000`.

    `tied=embed` takes the vectors of the embedding in the row `embed` for its weights.

    >>> Linear(width=1000).params(Shape((1024,)))  # 1024 x 1000 + 1000
    1025000
    """

    word: ClassVar[str] = "linear"
    role: ClassVar[str] = "weights"
    torch_name: ClassVar[str] = "Linear"
    follows: ClassVar[tuple[str, ...]] = ("act",)

    width: int = argument(ArgumentType.INTEGER, position=0, least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)
    tied: str = argument(ArgumentType.ROW, default="")

    def output(self, shape: Shape) -> Shape:
        """Return (width,), or (width, positions) of tokens."""
        if shape.spatial and not shape.tokens:
            raise InvalidValueError(
                f"linear needs flattened features, and gets {shape} ({shape.layout})",
                remedy="put flatten, or global_avgpool and flatten, before linear",
            )
        return replace(shape, dims=(self.width, *shape.spatial))

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and position, and one bias addition per output."""
        positions = shape.positions
        return Cost(
            linear=shape.channels * self.width * positions,
            bias=self.width * positions if self.bias else 0,
        )

    def weights(self, shape: Shape) -> int:
        """Count features x width; tied ones are the embedding's."""
        return 0 if self.tied else shape.channels * self.width

    def biases(self, shape: Shape) -> int:
        """Count one bias per output."""
        return self.width if self.bias else 0

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return features, width and bias."""
        return {"in_features": shape.channels, "out_features": self.width, "bias": self.bias}


@dataclass(frozen=True, kw_only=True)
class Flatten(LayerKind):
    """Channels, rows and columns as one list of features: `flatten`."""

    word: ClassVar[str] = "flatten"
    torch_name: ClassVar[str] = "Flatten"

    def output(self, shape: Shape) -> Shape:
        """Return (features,)."""
        return Shape((shape.elements,))
