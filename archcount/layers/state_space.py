"""State spaces of tokens, as Mamba has them: the causal convolution, and the selective scan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, argument
from archcount.layers.linear import Linear
from archcount.layers.sequences import SequenceKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class CausalConv(SequenceKind):
    """Each channel filtered over its token and SIZE - 1 before it: `causal_conv 4 act=silu`.

    Source: arXiv:2312.00752, sec. 3.4 and Fig. 3.

    >>> CausalConv(size=4).params(Shape((1536, 100), tokens=True))  # 1,536 x 4 + 1,536
    7680
    """

    word: ClassVar[str] = "causal_conv"
    role: ClassVar[str] = "weights"
    follows: ClassVar[tuple[str, ...]] = ("act",)

    size: int = argument(ArgumentType.INTEGER, position=0, least=1)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape

    def cost(self, shape: Shape) -> Cost:
        """Count one mac per weight and position, zeros before the first included."""
        return Cost(conv=self.size * shape.elements, bias=shape.elements if self.bias else 0)

    def weights(self, shape: Shape) -> int:
        """Count width x size."""
        return shape.channels * self.size

    def biases(self, shape: Shape) -> int:
        """Count one a channel."""
        return shape.channels if self.bias else 0

    def module(self, shape: Shape) -> nn.Module:
        """Return the convolution."""
        from archcount.layers.state_space_modules import CausalConvOfTokens

        return CausalConvOfTokens(shape.channels, self.size, bias=self.bias)


@dataclass(frozen=True, kw_only=True)
class SelectiveScan(SequenceKind):
    """States of each channel that a token steps, feeds and reads: `selective_scan rank=48`.

    Projections of a token x give a step d of each channel, by way of `rank` numbers and softplus,
    and B and C, of `state` numbers each. The states of a channel are h = exp(d A) h + d B x, of the
    states of the token before; the channel's output is C h + D x, with A and D trained.

    Source: arXiv:2312.00752, Algorithm 2, eq. 2 and 4, and sec. 3.6.

    >>> scan = SelectiveScan(rank=48)
    >>> scan.params(Shape((1536, 100), tokens=True))  # 1,536 x (48 + 32 + 48 + 1 + 16 + 1)
    224256
    """

    word: ClassVar[str] = "selective_scan"
    role: ClassVar[str] = "weights"

    rank: int = argument(ArgumentType.INTEGER, least=1)
    state: int = argument(ArgumentType.INTEGER, default=16, least=1)

    def after(self, shape: Shape) -> Shape:
        """Return the input's shape."""
        return shape

    def _projections(self, shape: Shape) -> tuple[Linear, Linear]:
        """Return that of a token to all that it selects, and that of the rank to the steps."""
        return (
            Linear(width=self.rank + 2 * self.state, bias=False),
            Linear(width=shape.channels),
        )

    def _costs(self, shape: Shape) -> tuple[Cost, Cost]:
        """Return the costs of both projections."""
        chosen, steps = self._projections(shape)
        return chosen.cost(shape), steps.cost(Shape((self.rank, *shape.spatial), tokens=True))

    def cost(self, shape: Shape) -> Cost:
        """Count the projections, and of each state what the recurrence takes.

        Of each state and token d A, (d x) B and the recurrence are products, its sum an addition,
        the exponential another operation; C h is a multiply-accumulate. Counted is the recurrence
        from token to token, however it is worked out.
        """
        elements, states = shape.elements, shape.elements * self.state
        trained = shape.channels * self.state
        rest = Cost(
            matmul=states,
            activation=elements,
            scale=3 * states + 2 * elements,
            add=states + elements,
            other=states + 2 * trained,
        )
        return Cost.total([*self._costs(shape), rest])

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count all products twice, the first projection's inputs where gradients reach back."""
        macs, (first, _) = self.cost(shape).macs, self._costs(shape)
        return 2 * macs - (0 if reaches_back else first.linear)

    def weights(self, shape: Shape) -> int:
        """Count those of both projections, and A."""
        chosen, steps = self._projections(shape)
        projected = chosen.weights(shape) + steps.weights(Shape((self.rank,)))
        return projected + shape.channels * self.state

    def biases(self, shape: Shape) -> int:
        """Count those of the steps."""
        return shape.channels

    def params(self, shape: Shape) -> int:
        """Count weights, biases, and D."""
        return self.weights(shape) + self.biases(shape) + shape.channels

    def module(self, shape: Shape) -> nn.Module:
        """Return the projections and the scan."""
        from archcount.layers.state_space_modules import StateSpace

        return StateSpace(shape.channels, rank=self.rank, state=self.state)
