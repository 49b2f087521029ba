"""Recurrent layers on sequences of tokens: LSTM, GRU, and the plain one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from archcount.errors import InvalidValueError
from archcount.layers.cost import Cost
from archcount.layers.kind import ArgumentType, argument
from archcount.layers.sequences import SequenceKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class _Recurrent(SequenceKind):
    """What recurrent layers share: each gate reads the token and the state before it.

    The states of all positions are the output, `layers` of them one upon another; with
    `bidirectional` those of both directions side by side. The state begins at zeros. A gate has
    two biases, as in torch: one beside the token's product, one beside the state's.
    """

    role: ClassVar[str] = "weights"
    gates: ClassVar[int]
    """How many products with the token, and with the state, a number of the state takes."""
    elementwise: ClassVar[Cost]
    """What is done beside products and biases for each number of the state."""

    width: int = argument(ArgumentType.INTEGER, position=0, least=1)
    layers: int = argument(ArgumentType.INTEGER, default=1, least=1)
    bidirectional: bool = argument(ArgumentType.BOOLEAN, default=False)
    bias: bool = argument(ArgumentType.BOOLEAN, default=True)

    @property
    def depth(self) -> int:
        """The layers that stand one upon another."""
        return self.layers

    @property
    def state(self) -> int:
        """The width of the state that the next step reads, and of the output of a direction."""
        return self.width

    @property
    def ways(self) -> int:
        """The number of directions."""
        return 2 if self.bidirectional else 1

    def after(self, shape: Shape) -> Shape:
        """Return (state of all directions, positions)."""
        return replace(shape, dims=(self.ways * self.state, *shape.spatial))

    def cost(self, shape: Shape) -> Cost:
        """Count every weight and bias once a position, and the gates' elementwise operations.

        Of the gates, the products with token and state are added.
        """
        numbers = self.width * self.ways * self.layers * shape.positions
        products = Cost(
            linear=self.weights(shape) * shape.positions,
            bias=self.biases(shape) * shape.positions,
        )
        return products + self.elementwise.scaled(numbers)

    def backward_macs(self, shape: Shape, *, reaches_back: bool) -> int:
        """Count every product twice, save those of the first state, of which nobody learns.

        The first layer's inputs have gradients where gradients reach back.
        """
        first_state = self.layers * self.ways * self.gates * self.width * self.state
        inputs = self.ways * self.gates * self.width * shape.channels * shape.positions
        macs = 2 * self.cost(shape).macs - first_state
        return macs if reaches_back else macs - inputs

    def weights(self, shape: Shape) -> int:
        """Count gates x width x (what a layer reads + state), in every layer and direction."""
        read = shape.channels + (self.layers - 1) * self.ways * self.state
        return self.ways * self.gates * self.width * (read + self.layers * self.state)

    def biases(self, shape: Shape) -> int:
        """Count two biases for each number of a gate."""
        return 2 * self.gates * self.width * self.layers * self.ways if self.bias else 0

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return what torch's layer takes."""
        return {
            "input_size": shape.channels,
            "hidden_size": self.width,
            "num_layers": self.layers,
            "bias": self.bias,
            "bidirectional": self.bidirectional,
        }

    def module(self, shape: Shape) -> nn.Module:
        """Return torch's layer, which gives the states of all positions."""
        from archcount.layers import recurrent_modules

        module: nn.Module = getattr(recurrent_modules, self.torch_name)(**self.options(shape))
        return module


@dataclass(frozen=True, kw_only=True)
class Lstm(_Recurrent):
    """A long short-term memory, its states at all positions: `lstm 650 layers=2`.

    `projection` gives the state another, smaller width. `take last` behind it is the last state of
    one direction.

    Source: Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000; projection
    arXiv:1402.1128.

    >>> Lstm(width=650).params(Shape((650, 35), tokens=True))  # 4 x (2 x 650 x 650 + 2 x 650)
    3385200
    """

    word: ClassVar[str] = "lstm"
    torch_name: ClassVar[str] = "LSTMStates"
    gates: ClassVar[int] = 4
    # Four gates and the cell are activated; products of gates with old cell, new cell, and state.
    elementwise: ClassVar[Cost] = Cost(activation=5, add=5, scale=3)

    projection: int = argument(ArgumentType.INTEGER, default=0, least=1)

    @property
    def state(self) -> int:
        """The projection's width, where there is one."""
        return self.projection or self.width

    def after(self, shape: Shape) -> Shape:
        """Return (state of all directions, positions).

        Raises:
            InvalidValueError: the projection is no smaller than the width.
        """
        if self.projection and self.projection >= self.width:
            raise InvalidValueError(
                f"a projection to {self.projection} of a state of {self.width}",
                allowed=f"less than {self.width}",
                argument="projection",
            )
        return super().after(shape)

    def weights(self, shape: Shape) -> int:
        """Count those of the gates and of the projections."""
        projected = self.layers * self.ways * self.width * self.projection
        return super().weights(shape) + projected

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return what torch's layer takes."""
        return super().options(shape) | {"proj_size": self.projection}


@dataclass(frozen=True, kw_only=True)
class Gru(_Recurrent):
    """A gated recurrent unit, its states at all positions: `gru 512`.

    The reset gate is put on the state's product, as in torch, not on the state.

    Source: arXiv:1406.1078v1.

    >>> Gru(width=5).params(Shape((4, 3), tokens=True))  # 3 x (5 x (4 + 5) + 2 x 5)
    165
    """

    word: ClassVar[str] = "gru"
    torch_name: ClassVar[str] = "GRUStates"
    gates: ClassVar[int] = 3
    # The old state less the new one, times the update gate; the reset gate's product.
    elementwise: ClassVar[Cost] = Cost(activation=3, add=4, scale=2, other=1)


@dataclass(frozen=True, kw_only=True)
class Rnn(_Recurrent):
    """A plain recurrent layer, its states at all positions: `rnn 512 nonlinearity=relu`.

    Source: Elman 1990, "Finding structure in time".

    >>> Rnn(width=5).params(Shape((4, 3), tokens=True))  # 5 x (4 + 5) + 2 x 5
    55
    """

    word: ClassVar[str] = "rnn"
    torch_name: ClassVar[str] = "RNNStates"
    gates: ClassVar[int] = 1
    elementwise: ClassVar[Cost] = Cost(activation=1, add=1)

    nonlinearity: str = argument(ArgumentType.CHOICE, default="tanh", choices=("tanh", "relu"))

    def options(self, shape: Shape) -> dict[str, Any]:
        """Return what torch's layer takes."""
        return super().options(shape) | {"nonlinearity": self.nonlinearity}
