"""The torch modules of moves on maps: parts of their channels, and of their positions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.layers.modules import Named


class SelectChannels(nn.Module):
    """Take the channels from `start` up to `stop`, which is left out, along axis `dim`."""

    def __init__(self, start: int, stop: int, dim: int) -> None:
        super().__init__()
        self.start, self.stop, self.dim = start, stop, dim

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...), or (N, ..., C) where `dim` is -1, to stop - start channels."""
        return x.narrow(self.dim, self.start, self.stop - self.start)

    def extra_repr(self) -> str:
        """Describe the channels."""
        return f"{self.start}:{self.stop}"


class CenterCrop(nn.Module):
    """Take a part of a map.

    Args:
        starts: where it begins on each axis after the channels.
        sides: how long it is there.
    """

    def __init__(self, starts: Sequence[int], sides: Sequence[int]) -> None:
        super().__init__()
        self.places = tuple(zip(starts, sides, strict=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, C, sides)."""
        for axis, (start, side) in enumerate(self.places, 2):
            x = x.narrow(axis, start, side)
        return x

    def extra_repr(self) -> str:
        """Describe the part."""
        return ", ".join(f"{start}:{start + side}" for start, side in self.places)


class Unpool(Named):
    """Put the first branch's values where the maxima of the second's windows stand; 0 elsewhere."""

    def forward(self, x: Tensor) -> Tensor:
        """Map any tensor to the second branch's size, (N, C, H, W)."""
        values, pooled = (branch(x) for branch in self.children())
        # In a trace sizes are tensors, which no window takes.
        height, width = (int(pooled.shape[axis]) // int(values.shape[axis]) for axis in (2, 3))
        _, places = F.max_pool2d(pooled, (height, width), return_indices=True)
        flat = torch.zeros_like(pooled).flatten(2)
        return flat.scatter(2, places.flatten(2), values.flatten(2)).view_as(pooled)
