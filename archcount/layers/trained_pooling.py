"""What the first convolutional networks had: trained pools, biases of units, distances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, ElementwiseKind, LayerKind, argument
from archcount.layers.pooling import AvgPool
from archcount.layers.shape import Shape
from archcount.printed import Patch

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class TrainedPool(LayerKind):
    """Sums over windows, times a coefficient and with a bias a channel: `trained_pool 2x2/2`.

    Both are trained. No window reaches past the map.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", sec. II.B,
    layers S2 and S4.

    >>> pool = TrainedPool(patch=Patch((2, 2), (2, 2)))
    >>> pool.params(Shape((6, 28, 28))), str(pool.output(Shape((6, 28, 28))))
    (12, '6x14x14')
    """

    word: ClassVar[str] = "trained_pool"
    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("act",)

    patch: Patch = argument(ArgumentType.PATCH, position=0)

    @property
    def _sums(self) -> AvgPool:
        return AvgPool(patch=self.patch, pad="valid")

    def output(self, shape: Shape) -> Shape:
        """Return (channels, rows, columns)."""
        shape.require_map(self.word)
        return self._sums.output(shape)

    def cost(self, shape: Shape) -> Cost:
        """Count the window's area, a product and a bias addition per output element."""
        elements = self.output(shape).elements
        return self._sums.cost(shape) + Cost(scale=elements, bias=elements)

    def params(self, shape: Shape) -> int:
        """Count one coefficient and one bias per channel."""
        return 2 * shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return `pool`, `scale` and `bias`, one after another."""
        from archcount.layers.classic_modules import trained_pool

        (height, width), (down, across) = self.patch.kernel, self.patch.stride
        return trained_pool((height, width), (down, across), shape.channels)


@dataclass(frozen=True, kw_only=True)
class UnitBias(ElementwiseKind):
    """A trained bias for each unit, where that of a convolution is one a map: `unit_bias`.

    Source: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition".

    >>> UnitBias().params(Shape((12, 8, 8)))
    768
    """

    word: ClassVar[str] = "unit_bias"

    def cost(self, shape: Shape) -> Cost:
        """Count one bias addition per element."""
        return Cost(bias=shape.elements)

    def biases(self, shape: Shape) -> int:
        """Count one bias per element."""
        return shape.elements

    def module(self, shape: Shape) -> nn.Module:
        """Return the addition."""
        from archcount.layers.classic_modules import AddedBias

        return AddedBias(shape.torch_size)


@dataclass(frozen=True, kw_only=True)
class Rbf(LayerKind):
    """The squared distance of the features to each of WIDTH centers: `rbf 10`.

    The centers are fixed, of -1 and 1 drawn evenly, unless `trained=true`.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", eq. 7; its
    authors drew their centers by hand, as pictures of the classes.

    >>> rbf = Rbf(width=10)
    >>> rbf.params(Shape((84,))), rbf.buffers(Shape((84,))), rbf.cost(Shape((84,))).macs
    (0, 840, 840)
    """

    word: ClassVar[str] = "rbf"
    role: ClassVar[str] = "weights"

    width: int = argument(ArgumentType.INTEGER, position=0, least=1)
    trained: bool = argument(ArgumentType.BOOLEAN, default=False)

    def output(self, shape: Shape) -> Shape:
        """Return (width,)."""
        if shape.spatial:
            raise InvalidValueError(
                f"rbf needs flattened features, and gets {shape} ({shape.layout})",
                remedy="put flatten before rbf",
            )
        return Shape((self.width,))

    def cost(self, shape: Shape) -> Cost:
        """Count a difference, and a square that is added up, for each feature and center."""
        pairs = shape.channels * self.width
        return Cost(matmul=pairs, other=pairs)

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count the gradient of each difference, where something learns of it."""
        return 2 * self.cost(shape).macs if reaches_back or self.trained else 0

    def weights(self, shape: Shape) -> int:
        """Count features x centers, if they are trained."""
        return shape.channels * self.width if self.trained else 0

    def buffers(self, shape: Shape) -> int:
        """Count features x centers, unless they are trained."""
        return 0 if self.trained else shape.channels * self.width

    def module(self, shape: Shape) -> nn.Module:
        """Return the distances."""
        from archcount.layers.classic_modules import SquaredDistances

        return SquaredDistances(shape.channels, self.width, trained=self.trained)
