"""The torch module of attention with a trained number for each bucket of distances, as T5's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from archcount.layers.attention_modules import SelfAttention

FARTHEST = 128
"""From this distance on, all are of one bucket: arXiv:1910.10683, sec. 2.1."""


def bucket(distance: int, buckets: int) -> int:
    """Return the bucket of a distance: one for each of the first half, then by its logarithm.

    >>> [bucket(distance, 16) for distance in (0, 7, 8, 11, 12, 127, 500)]
    [0, 7, 8, 8, 9, 15, 15]
    """
    exact = buckets // 2
    if distance < exact:
        return distance
    more = buckets - exact
    # floor(more x log(distance / exact) / log(FARTHEST / exact)), in whole numbers
    steps = 0
    while steps < more - 1 and (
        distance**more * exact ** (steps + 1) >= FARTHEST ** (steps + 1) * exact**more
    ):
        steps += 1
    return exact + steps


class BucketAttention(SelfAttention):
    """Self-attention that adds a trained number of each head for each bucket of distances.

    Half of the buckets are of tokens before and half of tokens behind; under a causal mask all are
    of tokens before.

    Args:
        width: the width of a token.
        heads: the number of heads.
        buckets: the number of buckets.
        extent: the length of the sequence.
        causal: whether a token sees none after it.
        **options: see `SelfAttention`.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int,
        buckets: int,
        extent: Sequence[int],
        causal: bool,
        **options: Any,
    ) -> None:
        super().__init__(width, heads=heads, extent=extent, causal=causal, **options)
        self.relative = nn.Parameter(torch.empty(buckets, heads))
        nn.init.trunc_normal_(self.relative, std=0.02)
        (length,) = extent
        each = buckets if causal else buckets // 2
        behind = 0 if causal else each
        # of a query and a key as far behind it as -(length - 1), ..., length - 1
        self.buckets = [
            bucket(max(apart, 0), each) if apart >= 0 or causal else behind + bucket(-apart, each)
            for apart in range(1 - length, length)
        ]

    def numbers(self) -> Tensor:
        """Return the trained numbers of each offset, (offsets, heads)."""
        return self.relative[torch.tensor(self.buckets, device=self.relative.device)]
