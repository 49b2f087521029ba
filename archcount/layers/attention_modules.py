"""The torch modules of attention."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archcount.layers.dot_product import sees_all


def _attended(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    hidden: Tensor | None,
    bias: Tensor | None,
    **how: bool,
) -> Tensor:
    """Return torch's attention, (N, heads, L, value).

    Args:
        query: (N, heads, L, dim).
        key: (N, kv_heads, K, dim).
        value: (N, kv_heads, K, value).
        hidden: where a query does not see a key; broadcast to (N, heads, L, K), or None.
        bias: what is added to the scores, likewise.
        **how: `is_causal` and `enable_gqa` of torch.
    """
    mask = None if hidden is None else ~hidden
    if bias is not None:
        bias = bias.to(query.dtype)
        mask = bias if hidden is None else bias.masked_fill(hidden, float("-inf"))
    return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, **how)


class Scores(nn.Module):
    """Queries, keys and values by heads, and which positions see which.

    Args:
        causal: whether a token sees none after it.
        window: how many positions a token sees: itself and those before it under `causal`, else
            itself and as many on each side as half of it; 0 for all.
        alibi: whether scores fall with the distance, for each head by a slope of its own.
        rotary: the base of the angles by which queries and keys are turned; 0 for none.
        turned: how many numbers, the last ones of a query and a key, are turned.
    """

    def __init__(
        self,
        *,
        heads: int,
        kv_heads: int,
        causal: bool,
        window: int,
        alibi: bool,
        rotary: float,
        turned: int,
    ) -> None:
        super().__init__()
        self.head_count, self.kv_heads = heads, kv_heads
        self.causal, self.window, self.alibi = causal, window, alibi
        self.rotary, self.turned = rotary, turned

    def attend(self, query: Tensor, key: Tensor, value: Tensor, bias: Tensor | None) -> Tensor:
        """Return what the heads see, side by side, (N, L, heads x value)."""
        length, keys = query.shape[2], key.shape[2]
        reach = 0 if sees_all(self.window, keys, causal=self.causal) else self.window
        hidden = None
        if reach or self.alibi or (self.causal and bias is not None):
            places = torch.arange(length, device=query.device).unsqueeze(1)
            apart = torch.arange(keys, device=query.device) - places
            hidden = apart > 0 if self.causal else apart > reach // 2
            if reach:
                hidden = hidden | (apart <= -reach if self.causal else apart < -(reach // 2))
            if self.alibi:
                bias = _slopes(self.head_count, query).view(-1, 1, 1) * apart
        seen = _attended(
            query,
            key,
            value,
            hidden,
            bias,
            is_causal=self.causal and hidden is None,
            enable_gqa=self.kv_heads != self.head_count,
        )
        return seen.transpose(1, 2).flatten(2)

    def turn(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Turn the last numbers of queries and keys by their positions, (N, heads, L, dim)."""
        if not self.rotary:
            return query, key
        places = torch.arange(query.shape[2], device=query.device)
        cos, sin = angles(places, self.turned // 2, self.rotary, query)
        return self._turned(query, cos, sin), self._turned(key, cos, sin)

    def _turned(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        rest = x.shape[-1] - self.turned
        if not rest:
            return _turned(x, cos, sin)
        still, moved = torch.split(x, [rest, self.turned], dim=-1)
        return torch.cat((still, _turned(moved, cos, sin)), dim=-1)

    def extra_repr(self) -> str:
        """Describe the heads."""
        told = [f"heads={self.head_count}"]
        told += [f"kv_heads={self.kv_heads}"] * (self.kv_heads != self.head_count)
        told += ["causal=True"] * self.causal
        told += [f"window={self.window}"] * bool(self.window)
        told += ["alibi=True"] * self.alibi
        told += [f"rotary={self.rotary:g} of {self.turned}"] * bool(self.rotary)
        return ", ".join(told)


def by_head(x: Tensor, heads: int) -> Tensor:
    """Map (N, L, heads x dim) to (N, heads, L, dim)."""
    return torch.unflatten(x, 2, (heads, -1)).transpose(1, 2)


def angles(places: Tensor, pairs: int, base: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of the angles of each position or distance, (places, pairs)."""
    frequencies = base ** (torch.arange(pairs, device=like.device) * (-1 / pairs))
    found = places.unsqueeze(1) * frequencies
    return found.cos().to(like.dtype), found.sin().to(like.dtype)


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn the pairs of the two halves of each head, (N, heads, L, dim)."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


def _slopes(heads: int, like: Tensor) -> Tensor:
    """Return by how much the score of each head falls a position, (heads,).

    Of a power of two heads, 2^(-8/heads) to the power of 1, 2, ...; of others, those of the power
    of two below, and then every second of the one above, as the authors' code has them.
    """
    below = 2 ** (heads.bit_length() - 1)
    numbers = torch.arange(heads, device=like.device)
    exponents = numbers + 1 - (numbers >= below) * (below + 0.5)
    slopes: Tensor = 2 ** (exponents * (-8 / below))
    return slopes


class SelfAttention(Scores):
    """Self-attention with its projections, of a sequence or of a grid.

    Args:
        width: the width of a token.
        dim: the size of a head.
        extent: the sides of what has a trained bias for each offset; none for no such bias.
        packed: whether one projection gives queries, keys and values.
        qkv_bias: whether the projections to queries, keys and values have biases.
        bias: whether the one back has.
        **scores: see `Scores`.
    """

    def __init__(
        self,
        width: int,
        *,
        dim: int,
        extent: Sequence[int] = (),
        packed: bool,
        qkv_bias: bool,
        bias: bool,
        heads: int,
        kv_heads: int,
        causal: bool = False,
        window: int = 0,
        alibi: bool = False,
        rotary: float = 0,
        turned: int = 0,
    ) -> None:
        super().__init__(
            heads=heads, kv_heads=kv_heads, causal=causal, window=window, alibi=alibi,
            rotary=rotary, turned=turned,
        )  # fmt: skip
        self.widths = (heads * dim, kv_heads * dim, kv_heads * dim)
        self.packed = packed
        if packed:
            self.qkv_proj = nn.Linear(width, sum(self.widths), bias=qkv_bias)
        else:
            self.q_proj, self.k_proj, self.v_proj = (
                nn.Linear(width, each, bias=qkv_bias) for each in self.widths
            )
        self.out_proj = nn.Linear(heads * dim, width, bias=bias)
        self.extent = tuple(extent)
        if extent:
            offsets = prod(2 * side - 1 for side in extent)
            self.relative = nn.Parameter(torch.empty(offsets, heads))
            nn.init.trunc_normal_(self.relative, std=0.02)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, L, D), or (N, rows, columns, D), to the same."""
        seen = self.project(x.flatten(1, -2), self.relative_bias())
        return torch.unflatten(seen, 1, x.shape[1:-1])

    def project(self, x: Tensor, bias: Tensor | None, hidden: Tensor | None = None) -> Tensor:
        """Attend with projections, (N, L, D)."""
        if self.packed:
            parts = self.qkv_proj(x).split(self.widths, dim=-1)
        else:
            parts = (self.q_proj(x), self.k_proj(x), self.v_proj(x))
        query, key, value = (
            by_head(part, heads)
            for part, heads in zip(
                parts, (self.head_count, self.kv_heads, self.kv_heads), strict=True
            )
        )
        if hidden is None:
            seen = self.attend(*self.turn(query, key), value, bias)
        else:
            gqa = self.kv_heads != self.head_count
            seen = _attended(query, key, value, hidden, bias, enable_gqa=gqa)
            seen = seen.transpose(1, 2).flatten(2)
        out: Tensor = self.out_proj(seen)
        return out

    def relative_bias(self) -> Tensor | None:
        """Return the bias of each pair of positions by their offset, (heads, L, L), or None."""
        if not self.extent:
            return None
        return self.numbers()[_offsets(self.extent, self.relative)].permute(2, 0, 1)

    def numbers(self) -> Tensor:
        """Return the trained numbers of each offset, (offsets, heads)."""
        return self.relative


def _offsets(extent: Sequence[int], like: Tensor) -> Tensor:
    """Return the number of the offset from each position of a grid to each, (L, L)."""
    index: Tensor | None = None
    for side in extent:
        places = torch.arange(side, device=like.device)
        apart = places.unsqueeze(1) - places + (side - 1)
        if index is None:
            index = apart
        else:
            before = index * (2 * side - 1)
            index = (before[:, None, :, None] + apart[None, :, None, :]).flatten(2).flatten(0, 1)
    assert index is not None
    return index
