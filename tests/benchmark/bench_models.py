"""Small models for tests of the benchmark."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import torch
from torch import Tensor, nn


class Plain(nn.Module):
    """One linear layer."""

    def __init__(self, width: int = 4, out: int = 3) -> None:
        super().__init__()
        self.layer = nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class GivesDict(Plain):
    """Returns a dict, as many language models do."""

    def forward(self, x: Tensor) -> dict[str, Tensor | str]:
        scores = self.layer(x)
        return {"scores": scores, "name": "x", "hidden": scores[:, None].relu()}


@dataclass
class Result:
    loss: Tensor
    scores: Tensor


class GivesLoss(Plain):
    """Returns its own loss."""

    def forward(self, x: Tensor) -> Result:
        scores = self.layer(x)
        return Result(loss=scores.pow(2).sum(), scores=scores)


class _Raises(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        raise ValueError("backward is not for this model")


class RaisesOnBackward(Plain):
    """Fails in the backward pass."""

    def forward(self, x: Tensor) -> Tensor:
        return _Raises.apply(self.layer(x))


class NoGradient(Plain):
    """Its output has no gradient."""

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x).argmax(1)


class OutOfMemory(Plain):
    """Runs out of memory for batches above a size."""

    def __init__(self, most: int = 2) -> None:
        super().__init__()
        self.most = most

    def forward(self, x: Tensor) -> Tensor:
        if len(x) > self.most and not x.is_meta:
            torch.empty(2**60)
        return self.layer(x)


class Exits(Plain):
    """Ends its process."""

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_meta:
            os._exit(7)
        return self.layer(x)


class Talks(Plain):
    """Prints while it runs."""

    def forward(self, x: Tensor) -> Tensor:
        print("in forward")  # noqa: T201
        return self.layer(x)


class Tokens(nn.Module):
    """Takes token ids."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(10, 4)

    def forward(self, ids: Tensor) -> Tensor:
        return self.words(ids)


class Restless(Plain):
    """Takes a different time in each call."""

    calls = 0

    def forward(self, x: Tensor) -> Tensor:
        if not x.is_meta:
            self.calls += 1
            time.sleep(0.2 + 0.2 * (self.calls % 3))
        return self.layer(x)
