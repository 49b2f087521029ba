"""torch's recurrent layers, as layers that map a sequence to a sequence."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


def _zeros(layer: nn.RNNBase, x: Tensor, width: int) -> Tensor:
    """Return the first state of every layer and direction."""
    return x.new_zeros(layer.num_layers * (2 if layer.bidirectional else 1), x.shape[0], width)


class LSTMStates(nn.LSTM):
    """`nn.LSTM` that begins at zeros and returns the states of all positions."""

    def __init__(self, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """Map (N, L, D) to (N, L, states)."""
        state = _zeros(self, x, self.proj_size or self.hidden_size)
        states: Tensor = super().forward(x, (state, _zeros(self, x, self.hidden_size)))[0]
        return states


class GRUStates(nn.GRU):
    """`nn.GRU` that begins at zeros and returns the states of all positions."""

    def __init__(self, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """Map (N, L, D) to (N, L, states)."""
        states: Tensor = super().forward(x, _zeros(self, x, self.hidden_size))[0]
        return states


class RNNStates(nn.RNN):
    """`nn.RNN` that begins at zeros and returns the states of all positions."""

    def __init__(self, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, batch_first=True, **options)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        """Map (N, L, D) to (N, L, states)."""
        states: Tensor = super().forward(x, _zeros(self, x, self.hidden_size))[0]
        return states
