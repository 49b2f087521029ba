"""The torch module of attention that sees distances, as Transformer-XL's does."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.layers.attention_modules import SelfAttention, angles
from archcount.layers.classic_modules import AddedBias


class OffsetAttention(SelfAttention):
    """Self-attention whose scores have a second product, of queries with each distance.

    The score of a query q and a key k is (q + content_bias) k + (q + position_bias) r, with r the
    projection of the sines and cosines of their distance.

    Args:
        width: the width of a token, and of the sines and cosines.
        heads: the number of heads.
        dim: the size of a head.
        **options: see `SelfAttention`.
    """

    def __init__(self, width: int, *, heads: int, dim: int, **options: Any) -> None:
        super().__init__(width, heads=heads, dim=dim, **options)
        self.pairs, self.scale = width // 2, dim**-0.5
        self.position_proj = nn.Linear(width, heads * dim, bias=False)
        size = (heads, 1, dim)
        self.content_bias, self.position_bias = AddedBias(size), AddedBias(size)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the heads see, side by side, (N, L, heads x dim)."""
        length = query.shape[2]
        first = length - 1
        last = 0 if self.causal else -first
        distances = torch.arange(first, last - 1, -1, device=query.device)
        cos, sin = angles(distances, self.pairs, 10000, query)
        offsets = self.position_proj(torch.cat((sin, cos), dim=1))
        offsets = torch.unflatten(offsets, 1, (self.head_count, -1)).permute(1, 2, 0)
        scores = _by_key((self.position_bias(query) * self.scale) @ offsets)
        return super().attend(self.content_bias(query), key, value, scores)


def _by_key(scores: Tensor) -> Tensor:
    """Put the score of each distance where the key at it stands: (N, heads, L, distances) to L x L.

    A column more moves each row on by one against the row before it. Under a causal mask there are
    no distances to keys behind a query, and what comes to stand there is hidden.
    """
    length, distances = scores.shape[2:]
    moved = F.pad(scores, (1, 0)).flatten(2)[:, :, length:]
    return torch.unflatten(moved, 2, (length, distances))[..., :length]
