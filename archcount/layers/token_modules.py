"""The torch modules of sequences of tokens."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.layers.modules import Named


class MapToTokens(nn.Module):
    """Take every position of a map as a token."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, ...) to (N, positions, C)."""
        return x.flatten(2).transpose(1, 2)


class TransposedTokens(nn.Module):
    """Take positions as channels, and channels as positions."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D, L)."""
        return x.transpose(1, 2)


class LearnedPositions(nn.Module):
    """Add a trained vector at each position.

    Args:
        most: how many positions there are vectors for.
        width: the width of a token.
    """

    def __init__(self, most: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(most, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return x + self.weight[: x.shape[1]]


class SegmentEmbedding(nn.Module):
    """Add the trained vector of a token's segment, which is the first of all tokens.

    Args:
        segments: how many segments there are vectors for.
        width: the width of a token.
    """

    def __init__(self, segments: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(segments, width))
        nn.init.normal_(self.weight, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        return x + self.weight[0]


class PrependToken(nn.Module):
    """Put a trained token before the others."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(width))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, 1 + L, D)."""
        return torch.cat([self.weight.expand(x.shape[0], 1, -1), x], dim=1)


class SelectPosition(nn.Module):
    """Take one position of a sequence."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self.position = position

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D)."""
        return x[:, self.position]

    def extra_repr(self) -> str:
        """Describe the position."""
        return f"{self.position}"


class MeanOfPositions(nn.Module):
    """Average over the positions of a sequence."""

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to (N, D)."""
        return x.mean(dim=1)


class SelfAttention(nn.Module):
    """Self-attention with its projections.

    Args:
        width: the width of a token.
        heads: the heads of queries.
        kv_heads: the heads of keys and values, which divide them.
        dim: the size of a head.
        causal: whether a token sees none after it.
        rotary: the base of the angles by which queries and keys are turned; 0 for none.
        qkv_bias: whether the projections to queries, keys and values have biases.
        bias: whether the one back has.
    """

    def __init__(
        self,
        width: int,
        *,
        heads: int,
        kv_heads: int,
        dim: int,
        causal: bool,
        rotary: float,
        qkv_bias: bool,
        bias: bool,
    ) -> None:
        super().__init__()
        self.q_proj = nn.Linear(width, heads * dim, bias=qkv_bias)
        self.k_proj = nn.Linear(width, kv_heads * dim, bias=qkv_bias)
        self.v_proj = nn.Linear(width, kv_heads * dim, bias=qkv_bias)
        self.out_proj = nn.Linear(heads * dim, width, bias=bias)
        self.dim, self.causal, self.rotary = dim, causal, rotary
        self.grouped = kv_heads != heads

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        query, key, value = (
            project(x).unflatten(2, (-1, self.dim)).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj)
        )
        if self.rotary:
            cos, sin = _angles(x.shape[1], self.dim // 2, self.rotary, x)
            query, key = _turned(query, cos, sin), _turned(key, cos, sin)
        seen = F.scaled_dot_product_attention(
            query, key, value, is_causal=self.causal, enable_gqa=self.grouped
        )
        out: Tensor = self.out_proj(seen.transpose(1, 2).flatten(2))
        return out

    def extra_repr(self) -> str:
        """Describe the heads."""
        return f"dim={self.dim}, causal={self.causal}, rotary={self.rotary:g}"


def _angles(length: int, pairs: int, base: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of each position's angles, (positions, pairs)."""
    frequencies = base ** (torch.arange(pairs, device=like.device) * (-1 / pairs))
    angles = torch.arange(length, device=like.device).unsqueeze(1) * frequencies
    return angles.cos().to(like.dtype), angles.sin().to(like.dtype)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs of the two halves of each head, (N, heads, L, dim)."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class RoutedExperts(Named):
    """Give each token to the experts that the router scores highest, and add what they give.

    On the meta device, where there are no scores, every expert gets an equal part of the tokens.

    Args:
        branches: the `router`, and the experts.
        active: how many experts a token is given to.
    """

    def __init__(self, branches: Mapping[str, nn.Module], active: int) -> None:
        super().__init__(branches)
        self.active = active

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D) to the same."""
        tokens = x.flatten(0, 1)
        router, *experts = self.children()
        scores, chosen = router(tokens).topk(self.active, dim=-1)
        weights = scores.softmax(dim=-1)
        total = torch.zeros_like(tokens)
        for number, expert in enumerate(experts):
            if chosen.is_meta:
                first, last = (
                    chosen.numel() * part // len(experts) for part in (number, number + 1)
                )
                rows = slots = chosen.new_empty(last - first)
            else:
                rows, slots = torch.where(chosen == number)
            given = expert(tokens[rows].unsqueeze(0)).squeeze(0)
            total = total.index_add(0, rows, given * weights[rows, slots].unsqueeze(1))
        return total.view_as(x)

    def extra_repr(self) -> str:
        """Describe how many are active."""
        return f"active={self.active}"
