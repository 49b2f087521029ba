"""The few torch modules that torch lacks: joined branches, unequal padding, and their like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WITH_KERNELS = (
    nn.Linear,
    *(nn.Conv1d, nn.Conv2d, nn.Conv3d),
    *(nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
)
"""The modules that have a kernel, and perhaps a bias."""


class _Asymmetric:
    """Gives a convolution its own number of zeros on each side; mixed in before it.

    Args:
        pads: zeros to the left, right, above, below, and so on: the last axis first.
    """

    def __init__(self, *sizes: Any, pads: tuple[int, ...], **options: Any) -> None:
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, filters, sides)."""
        output: Tensor = super().forward(F.pad(x, self.pads))  # type: ignore[misc]
        return output

    def extra_repr(self) -> str:
        """Add the pads to the description."""
        return f"{super().extra_repr()}, pads={self.pads}"  # type: ignore[misc]


class AsymmetricConv1d(_Asymmetric, nn.Conv1d):
    """`nn.Conv1d` with its own number of zeros on each side."""


class AsymmetricConv2d(_Asymmetric, nn.Conv2d):
    """`nn.Conv2d` with its own number of zeros on each side."""


class AsymmetricConv3d(_Asymmetric, nn.Conv3d):
    """`nn.Conv3d` with its own number of zeros on each side."""


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


class UnscaledBatchNorm3d(_Unscaled, nn.BatchNorm3d):
    """`nn.BatchNorm3d` with a trained shift and no trained scale."""


class _OfChannels:
    """Normalises the channels of each position of a map; mixed in before a norm of the last."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to the same."""
        normed: Tensor = super().forward(x.movedim(1, -1))  # type: ignore[misc]
        return normed.movedim(-1, 1)


class LayerNormOfChannels(_OfChannels, nn.LayerNorm):
    """`nn.LayerNorm` of a map, (N, C, ...), over channels at each position."""


class RMSNormOfChannels(_OfChannels, nn.RMSNorm):
    """`nn.RMSNorm` of a map, (N, C, ...), over channels at each position."""


class Scale(nn.Module):
    """Multiply by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """Map any tensor to its multiple."""
        return x * self.factor

    def extra_repr(self) -> str:
        """Describe the factor."""
        return f"{self.factor:g}"


class ChannelScale(nn.Module):
    """Multiply each channel by a trained factor.

    Args:
        channels: the number of channels.
        initial: the factors at first.
        spatial: how many axes follow the channels.
    """

    def __init__(self, channels: int, initial: float, spatial: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), initial))
        self.spatial = spatial

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...), or (N, ..., C) where no axes follow, to the same."""
        return x * self.weight.view(-1, *[1] * self.spatial)


class ChannelShift(nn.Module):
    """Add a trained number to each channel.

    Args:
        channels: the number of channels.
        spatial: how many axes follow the channels.
    """

    def __init__(self, channels: int, spatial: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))
        self.spatial = spatial

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...), or (N, ..., C) where no axes follow, to the same."""
        return x + self.bias.view(-1, *[1] * self.spatial)


class Subsample(nn.Module):
    """Take every `stride`-th position on each axis, and add `zeros` channels of zeros."""

    def __init__(self, stride: int, zeros: int) -> None:
        super().__init__()
        self.stride, self.zeros = stride, zeros

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, C + zeros, sides)."""
        axes = x.dim() - 2
        taken = x[:, :, *[slice(None, None, self.stride)] * axes]
        return F.pad(taken, (*[0, 0] * axes, 0, self.zeros))

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
    """Run every branch on the same input and concatenate their channels.

    Args:
        branches: the branches by name.
        dim: the axis of channels.
    """

    def __init__(self, branches: Mapping[str, nn.Module], dim: int = 1) -> None:
        super().__init__(branches)
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, sum of the branches' channels, H, W)."""
        return torch.cat([branch(x) for branch in self.children()], dim=self.dim)


class SplitAndConcat(Concat):
    """Run each branch on its equal part of the channels and concatenate theirs."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, sum of the branches' channels, ...)."""
        branches = tuple(self.children())
        parts = x.chunk(len(branches), dim=self.dim)
        return torch.cat(
            [run(part) for run, part in zip(branches, parts, strict=True)], dim=self.dim
        )


class Add(Named):
    """Run every branch on the same input and add their outputs."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the sum of the branches' outputs."""
        branches = iter(self.children())
        total: Tensor = next(branches)(x)
        for branch in branches:
            total = total + branch(x)
        return total


class Mul(Named):
    """Run every branch on the same input and multiply their outputs."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the product of the branches' outputs."""
        branches = iter(self.children())
        product: Tensor = next(branches)(x)
        for branch in branches:
            product = product * branch(x)
        return product


Kept = dict[str, Tensor]
"""Outputs of rows that later rows read, by the rows' names."""


class KeptOutput(nn.Module):
    """Another row's output, from those that the network kept."""

    def __init__(self, row: str) -> None:
        super().__init__()
        self.row = row

    def forward(self, x: Tensor, kept: Kept) -> Tensor:
        """Return what the row gave, whatever the input."""
        return kept[self.row]

    def extra_repr(self) -> str:
        """Describe the row."""
        return self.row


class ReadingSequential(nn.Sequential):
    """`nn.Sequential` of modules some of which read outputs of other rows too."""

    def forward(self, x: Tensor, kept: Kept) -> Tensor:  # type: ignore[override]
        """Map any tensor through the modules, one after another."""
        for module in self:
            x = module(x, kept) if isinstance(module, READING) else module(x)
        return x


class ReadingJoin(Named):
    """A join of branches some of which read outputs of other rows too.

    Args:
        branches: the branches by their names.
        join: what joins their outputs, and takes these as its input.
        split: the axis along which each branch reads its equal part of the input, where it does.
    """

    def __init__(
        self, branches: Mapping[str, nn.Module], join: nn.Module, split: int | None = None
    ) -> None:
        super().__init__(branches)
        self.names = tuple(branches)
        self.join, self.split = join, split

    def forward(self, x: Tensor, kept: Kept) -> Tensor:
        """Map any tensor to the join of what the branches give."""
        branches = [getattr(self, name) for name in self.names]
        times = len(branches)
        parts = [x] * times if self.split is None else x.chunk(times, dim=self.split)
        given = [
            branch(part, kept) if isinstance(branch, READING) else branch(part)
            for branch, part in zip(branches, parts, strict=True)
        ]
        joined: Tensor = self.join(given)
        return joined


class Taken(nn.Module):
    """Takes one of several tensors, as a branch of a join that is given all of them."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def forward(self, given: list[Tensor]) -> Tensor:
        """Return the tensor at its place."""
        return given[self.place]


READING = (KeptOutput, ReadingSequential, ReadingJoin)
"""The modules that take kept outputs beside their input."""
