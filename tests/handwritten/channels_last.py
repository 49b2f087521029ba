"""The same networks with the channels last: 1x1 convolutions are linear layers at each place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from . import functional
from .settings import Conv, Dropout, Linear, Lrn, Pool, Settings, Softmax
from .sizes import Layer


class Stack(functional.Stack):
    """Steps one after another, on maps (N, H, W, C)."""

    def __init__(self, plan: list[Layer], *, bare: bool = False) -> None:
        super().__init__(plan)

    def forward(self, x: Tensor) -> Tensor:
        """Run the steps."""
        weights, norms = iter(self.weights), iter(self.norms)
        for layer in self.plan:
            match layer.step:
                case Conv() as step:
                    x = convolved(x, next(weights), step)
                    if step.norm:
                        x = first(next(norms), x)
                    if step.relu:
                        x = torch.maximum(x, torch.zeros_like(x))
                case Pool() as step:
                    x = pooled(x, step)
                case Linear():
                    flat = x if x.dim() == 2 else x.permute(0, 3, 1, 2).flatten(1)
                    x = next(weights)(flat)
                case Lrn() as step:
                    x = first(
                        partial(F.local_response_norm, size=step.size, alpha=step.alpha,
                                beta=step.beta, k=step.k), x
                    )  # fmt: skip
                case Dropout() as step:
                    x = F.dropout(x, step.p, self.training)
                case Softmax():
                    x = torch.softmax(x, -1)
        return x


def first(part: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Run what wants the channels first."""
    return part(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).contiguous()


def convolved(x: Tensor, conv: nn.Module, step: Conv) -> Tensor:
    """A convolution; of 1x1 a linear layer with its weights."""
    assert isinstance(conv, nn.Conv2d)
    if (step.kernel, step.stride, step.padding, conv.groups) == (1, 1, 0, 1):
        return F.linear(x, conv.weight.flatten(1), conv.bias)
    return first(conv, x)


def pooled(x: Tensor, pool: Pool) -> Tensor:
    """A pool; of the whole map, a mean or a maximum over the axes of places."""
    kernel = pool.kernel
    if kernel is None or (kernel == x.size(1) == x.size(2) and not pool.padding):
        return x.mean((1, 2), keepdim=True) if pool.kind == "avg" else x.amax((1, 2), keepdim=True)
    return first(partial(functional.pooled, pool=pool), x)


class Mixed(functional.Mixed):
    """An Inception module."""

    stack = Stack
    axis = -1


class Unit(functional.Unit):
    """A residual block."""

    stack = Stack


class Net(functional.Net):
    """A network that is given its image with the channels first."""

    def forward(self, x: Tensor) -> Tensor:
        """Turn the image, and run the stages."""
        x = super().forward(x.permute(0, 2, 3, 1))
        return x.flatten(1)


def build(settings: Settings) -> functional.Net:
    """The network; chains that follow each other are one stack, whatever their rows."""
    return functional.build(settings, Mixed, Unit, Net)
