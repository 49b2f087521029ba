"""The few torch modules that torch lacks: branches joined, unequal padding, the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class AsymmetricConv2d(nn.Conv2d):
    """`nn.Conv2d` with its own number of zeros on each side.

    Args:
        sizes: as `nn.Conv2d`: in and out channels, kernel, stride.
        pads: zeros to the left, right, above, below.
        options: as `nn.Conv2d`.
    """

    def __init__(self, *sizes: Any, pads: tuple[int, int, int, int], **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, filters, rows, columns)."""
        return super().forward(F.pad(x, self.pads))

    def extra_repr(self) -> str:
        """Add the pads to the description."""
        described = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{described}, pads={self.pads}"


class _Unscaled:
    """Takes the trained scale from a batch normalisation; mixed in before it."""

    def __init__(self, *sizes: Any, **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.register_parameter("weight", None)  # type: ignore[attr-defined]

    def reset_parameters(self) -> None:
        """Begin with no shift and empty averages."""
        self.reset_running_stats()  # type: ignore[attr-defined]
        nn.init.zeros_(self.bias)  # type: ignore[attr-defined]


class UnscaledBatchNorm1d(_Unscaled, nn.BatchNorm1d):
    """`nn.BatchNorm1d` with a trained shift and no trained scale."""


class UnscaledBatchNorm2d(_Unscaled, nn.BatchNorm2d):
    """`nn.BatchNorm2d` with a trained shift and no trained scale."""


class Scale(nn.Module):
    """Multiply by a constant.

    Args:
        factor: the constant.
    """

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Map any tensor to its multiple."""
        return x * self.factor

    def extra_repr(self) -> str:
        """Describe the factor."""
        return f"{self.factor:g}"


class Subsample(nn.Module):
    """Take every `stride`-th row and column, and add channels of zeros.

    Args:
        stride: how many rows and columns one is taken of.
        zeros: how many channels are added.
    """

    def __init__(self, stride: int, zeros: int) -> None:
        super().__init__()
        self.stride, self.zeros = stride, zeros

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C + zeros, rows, columns)."""
        taken = x[:, :, :: self.stride, :: self.stride]
        return F.pad(taken, (0, 0, 0, 0, 0, self.zeros))

    def extra_repr(self) -> str:
        """Describe stride and zeros."""
        return f"stride={self.stride}, zeros={self.zeros}"


class Named(nn.Module):
    """Modules by name; unlike `nn.ModuleDict`, it has no names of its own besides a module's."""

    def __init__(self, modules: Mapping[str, nn.Module]) -> None:
        super().__init__()
        for name, module in modules.items():
            self.add_module(name, module)


class Concat(Named):
    """Run every branch on the same input and concatenate their channels."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, sum of the branches' channels, H, W)."""
        return torch.cat([branch(x) for branch in self.children()], dim=1)


class Add(Named):
    """Run every branch on the same input and add their outputs."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the sum of the branches' outputs."""
        branches = iter(self.children())
        total: Tensor = next(branches)(x)
        for branch in branches:
            total = total + branch(x)
        return total


class Outputs(NamedTuple):
    """What a network with heads returns in train mode.

    Attributes:
        main: logits of the main classifier, (N, classes).
        heads: logits of each head, in the order of `Network.loss_weights`.
    """

    main: Tensor
    heads: tuple[Tensor, ...]


class FinalSoftmax(nn.Softmax):
    """The softmax at a network's end: probabilities in eval mode, logits in train mode.

    In training the softmax belongs to the loss (`cross_entropy` takes logits).

    Args:
        dim: as `nn.Softmax`.
        logits: give logits in eval mode too.
    """

    def __init__(self, dim: int | None = 1, *, logits: bool = False) -> None:
        super().__init__(dim)
        self.logits = logits

    def forward(self, x: Tensor) -> Tensor:
        """Map logits (N, classes) to probabilities, or pass them through."""
        return x if self.training or self.logits else super().forward(x)


class Network(Named):
    """A table's architecture as an ordinary module, its children named after the rows.

    In eval mode it returns the table's output. In train mode it returns logits; with heads,
    `Outputs` of main and head logits.

    Attributes:
        rows: the rows' names in order.
        loss_weights: the loss weight of each head by the row it is attached to.
    """

    def __init__(
        self,
        rows: Mapping[str, nn.Module],
        heads: Mapping[str, nn.Module],
        loss_weights: Mapping[str, float],
    ) -> None:
        super().__init__(rows)
        if heads:
            self.heads = Named(heads)
        self.rows = tuple(rows)
        self.loss_weights = dict(loss_weights)

    def forward(self, x: Tensor) -> Tensor | Outputs:
        """Map images (N, C, H, W) to the output; see the class for train and eval mode."""
        if self.training and self.loss_weights:
            return self.forward_with_heads(x)
        for name in self.rows:
            x = getattr(self, name)(x)
        return x

    def forward_with_heads(self, x: Tensor) -> Outputs:
        """Map images (N, C, H, W) to the main output and those of all heads, in either mode."""
        heads = []
        for name in self.rows:
            x = getattr(self, name)(x)
            if name in self.loss_weights:
                heads.append(getattr(self.heads, name)(x))
        return Outputs(x, tuple(heads))

    def loss(self, outputs: Tensor | Outputs, target: Tensor) -> Tensor:
        """Add up the cross entropies of main and heads, the heads by their loss weights.

        Args:
            outputs: what the network returned in train mode.
            target: class indices, (N,).
        """
        if isinstance(outputs, Tensor):
            return F.cross_entropy(outputs, target)
        total = F.cross_entropy(outputs.main, target)
        for weight, head in zip(self.loss_weights.values(), outputs.heads, strict=True):
            total = total + weight * F.cross_entropy(head, target)
        return total
