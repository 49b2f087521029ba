"""The torch module of attention in windows of a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from archcount.layers.attention_modules import SelfAttention


class WindowAttention(SelfAttention):
    """Self-attention in square windows of a grid, which may be shifted.

    A grid that windows do not divide is padded with zeros below and to the right; a side that one
    window covers is not shifted.

    Args:
        side: the side of a window.
        shift: by how many rows and columns the windows are shifted.
    """

    def __init__(self, width: int, *, side: int, shift: int, **options: Any) -> None:
        super().__init__(width, **options)
        self.side, self.shift = side, shift

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, rows, columns, D) to the same."""
        rows, columns = x.shape[1:3]
        below, right = -rows % self.side, -columns % self.side
        if below or right:
            x = F.pad(x, (0, 0, 0, right, 0, below))
        sides = (rows + below, columns + right)
        shifts = [self.shift if length > self.side else 0 for length in sides]
        if any(shifts):
            x = x.roll([-shift for shift in shifts], dims=(1, 2))
        parts = [length // self.side for length in sides]
        inner = _parted(x, 1, self.side)
        windows = inner.transpose(2, 3).flatten(3, 4).flatten(0, 2)
        bias, hidden = self.relative_bias(), None
        if any(shifts):
            # Of each window of each image; all that is hidden lies at the seam of the roll.
            hidden = _seams(sides, shifts, self.side, x).unsqueeze(1)
            hidden = hidden.expand(x.shape[0], -1, -1, -1, -1).flatten(0, 1)
        seen = self.project(windows, bias, hidden)
        seen = torch.unflatten(seen, 1, (self.side, self.side))
        seen = torch.unflatten(seen, 0, (-1, *parts))
        x = seen.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        if any(shifts):
            x = x.roll(shifts, dims=(1, 2))
        return x[:, :rows, :columns] if below or right else x

    def extra_repr(self) -> str:
        """Describe the heads and the windows."""
        return f"{super().extra_repr()}, side={self.side}, shift={self.shift}"


def _parted(x: Tensor, axis: int, side: int) -> Tensor:
    """Take rows apart, from an axis on, into windows and what is in them; and so columns."""
    x = torch.unflatten(x, axis + 1, (-1, side))
    return torch.unflatten(x, axis, (-1, side))


def _seams(sides: Sequence[int], shifts: Sequence[int], side: int, like: Tensor) -> Tensor:
    """Return which pairs of each window were not neighbours before the roll, (windows, L, L)."""
    rows, columns = (
        (places >= length - side).int() + (places >= length - shift).int()
        for length, shift in zip(sides, shifts, strict=True)
        for places in [torch.arange(length, device=like.device)]
    )
    regions = rows.unsqueeze(1) * 3 + columns
    inner = _parted(regions, 0, side)
    windows = inner.transpose(1, 2).flatten(2).flatten(0, 1)
    return windows.unsqueeze(2) != windows.unsqueeze(1)
