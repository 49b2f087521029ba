"""Decoders of language models, as they are written by hand."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


class DecoderLayer(nn.Module):
    """A layer of a decoder: causal attention, and a gated pair of linear layers."""

    def __init__(self, width: int, hidden: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(width), nn.RMSNorm(width)
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Add what the tokens tell each other, and what is made of each."""
        y = self.norm1(x)
        batch, tokens, width = y.shape
        q, k, v = (
            layer(y).view(batch, tokens, self.heads, -1).transpose(1, 2)
            for layer in (self.q, self.k, self.v)
        )
        found = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(found.transpose(1, 2).reshape(batch, tokens, width))
        y = self.norm2(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


class Decoder(nn.Module):
    """A decoder with 32,000 tokens; without arguments 32 layers, 4,096 wide."""

    def __init__(
        self, layers: int = 32, width: int = 4096, hidden: int = 11_008, heads: int = 32
    ) -> None:
        super().__init__()
        self.embed = nn.Embedding(32_000, width)
        self.layers = nn.ModuleList(DecoderLayer(width, hidden, heads) for _ in range(layers))
        self.norm, self.head = nn.RMSNorm(width), nn.Linear(width, 32_000, bias=False)

    def forward(self, tokens: Tensor) -> Tensor:
        """Score what comes after each token."""
        x = self.embed(tokens)
        for layer in self.layers:
            x = layer(x)
        return self.head(self.norm(x))


def small() -> Decoder:
    """Build a decoder of 12 layers, 768 wide."""
    return Decoder(12, 768, 2048, 12)
