"""A loss for any outputs, so that gradients reach the whole model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.architecture.network import Network, Outputs
from archcount.errors import UsageError
from archcount.tracing.nested_tensors import tensors_in


class Loss:
    """The loss of a model; its random targets are drawn once, at the first call.

    A table's network of one output has its own: cross entropies of it and of the weighted heads. A
    model that returns a loss keeps it. Otherwise, outputs of shape (batch, classes) get a cross
    entropy with random classes, and other tensors their mean square.

    Attributes:
        words: its name, known after the first call.

    >>> loss = Loss(nn.Linear(4, 3), 2)
    >>> loss(torch.zeros(2, 3, requires_grad=True)).ndim, loss.words
    (0, 'cross entropy')
    """

    def __init__(self, module: nn.Module, batch: int) -> None:
        self.words = ""
        self._module, self._batch = module, batch
        self._targets: dict[int, Tensor] = {}

    def __call__(self, outputs: Any) -> Tensor:
        """Return the loss.

        Raises:
            UsageError: no output requires a gradient.
        """
        if isinstance(self._module, Network) and not self._module.outputs:
            return self._of_network(self._module, outputs)
        own = outputs.get("loss") if isinstance(outputs, Mapping) else None
        own = getattr(outputs, "loss", None) if own is None else own
        if isinstance(own, Tensor) and own.requires_grad and own.ndim == 0:
            self.words = "the model's own"
            return own
        parts = [
            self._part(number, tensor)
            for number, tensor in enumerate(tensors_in(outputs))
            if tensor.requires_grad
        ]
        if not parts:
            raise UsageError.of(
                "no output of the model in training mode requires a gradient",
                remedy="use --mode forward",
            )
        words = sorted({word for word, _ in parts})
        self.words = " and ".join(words) + (f" of {len(parts)} tensors" if len(parts) > 1 else "")
        return torch.stack([part for _, part in parts]).sum() if parts[1:] else parts[0][1]

    def _of_network(self, network: Network, outputs: Any) -> Tensor:
        main = outputs.main if isinstance(outputs, Outputs) else outputs
        if main.ndim != 2:
            self.words = "mean square"
            return F.mse_loss(main, self._like(0, main))
        heads = len(outputs.heads) if isinstance(outputs, Outputs) else 0
        self.words = "cross entropy" + (f" with {heads} weighted heads" if heads else "")
        return network.loss(outputs, self._classes(0, main))

    def _part(self, number: int, tensor: Tensor) -> tuple[str, Tensor]:
        if tensor.ndim == 2 and tensor.shape[0] == self._batch and tensor.shape[1] > 1:
            return "cross entropy", F.cross_entropy(tensor, self._classes(number, tensor))
        return "mean square", F.mse_loss(tensor, self._like(number, tensor))

    def _classes(self, number: int, scores: Tensor) -> Tensor:
        if number not in self._targets:
            drawn = torch.randint(scores.shape[1], (scores.shape[0],))
            self._targets[number] = drawn.to(scores.device)
        return self._targets[number]

    def _like(self, number: int, tensor: Tensor) -> Tensor:
        if number not in self._targets:
            self._targets[number] = torch.zeros_like(tensor.detach())
        return self._targets[number]
