"""Small decoders written by hand: grouped heads, a cache, windows and experts."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Four heads of 2 numbers over two heads of keys and values, which may keep a window."""

    def __init__(self, window=None):
        super().__init__()
        self.query = nn.Linear(8, 8, bias=False)
        self.key, self.value = nn.Linear(8, 4, bias=False), nn.Linear(8, 4, bias=False)
        self.out = nn.Linear(8, 8, bias=False)
        self.window = window

    def forward(self, x, past=None):
        batch, tokens, _ = x.shape
        query, key, value = (
            layer(x).view(batch, tokens, -1, 2).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        kept = (key, value)
        if self.window:
            kept = (key[:, :, -self.window :], value[:, :, -self.window :])
        key, value = key.repeat_interleave(2, 1), value.repeat_interleave(2, 1)
        x = F.scaled_dot_product_attention(query, key, value, is_causal=tokens > 1)
        return self.out(x.transpose(1, 2).reshape(batch, tokens, 8)), kept


class FeedForward(nn.Module):
    def __init__(self):
        super().__init__()
        self.gate, self.up = nn.Linear(8, 12, bias=False), nn.Linear(8, 12, bias=False)
        self.down = nn.Linear(12, 8, bias=False)

    def forward(self, x):
        return self.down(F.silu(self.gate(x)) * self.up(x))


class StackedExperts(nn.Module):
    """Two of four experts for each token, stacked in parameters of three axes."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 4, bias=False)
        self.up, self.down = (
            nn.Parameter(torch.zeros(4, 12, 8)),
            nn.Parameter(torch.zeros(4, 8, 12)),
        )

    def forward(self, x):
        shares, chosen = self.router(x).softmax(-1).topk(2)
        hidden = torch.einsum("btd,btkhd->btkh", x, self.up[chosen]).relu()
        return torch.einsum("btkh,btkdh,btk->btd", hidden, self.down[chosen], shares)


class AllExperts(nn.Module):
    """Four stacked experts that are all run on every token, and weighed."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 4, bias=False)
        self.up, self.down = (
            nn.Parameter(torch.zeros(4, 12, 8)),
            nn.Parameter(torch.zeros(4, 8, 12)),
        )

    def forward(self, x):
        hidden = torch.einsum("btd,ehd->bteh", x, self.up).relu()
        return torch.einsum("bteh,edh,bte->btd", hidden, self.down, self.router(x).softmax(-1))


class ListedExperts(nn.Module):
    """Two of four experts for each token, each a module that is given its tokens."""

    def __init__(self):
        super().__init__()
        self.router = nn.Linear(8, 4, bias=False)
        self.experts = nn.ModuleList(FeedForward() for _ in range(4))

    def forward(self, x):
        rows = x.reshape(-1, 8)
        shares, chosen = self.router(rows).softmax(-1).topk(2)
        result = torch.zeros_like(rows)
        for number, expert in enumerate(self.experts):
            token, place = torch.where(chosen == number)
            result.index_add_(0, token, expert(rows[token]) * shares[token, place, None])
        return result.view_as(x)


class Layer(nn.Module):
    def __init__(self, window, feed_forward):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(8, bias=False), nn.LayerNorm(8, bias=False)
        self.attention, self.feed_forward = Attention(window), feed_forward()

    def forward(self, x, past=None):
        attended, kept = self.attention(self.norm1(x), past)
        x = x + attended
        return x + self.feed_forward(self.norm2(x)), kept


class Decoder(nn.Module):
    """Two layers of width 8 over 11 tokens: 1,176 params, of which 1,048 are multiplied.

    A layer has 2 x 64 + 2 x 32 in attention, 3 x 96 in its feed-forward and 2 x 8 in its norms:
    496. Beside two of them are the embedding and the output layer of 88 each and a norm of 8.
    """

    def __init__(self, window=None, feed_forward=FeedForward, tied=False):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.layers = nn.ModuleList(Layer(window, feed_forward) for _ in range(2))
        self.norm = nn.LayerNorm(8, bias=False)
        self.head = nn.Linear(8, 11, bias=False)
        if tied:
            self.head.weight = self.embed.weight

    def forward(self, ids, past_key_values=None):
        x, cache = self.embed(ids), []
        for layer, past in zip(self.layers, past_key_values or [None, None], strict=True):
            x, kept = layer(x, past)
            cache.append(kept)
        return self.head(self.norm(x)), tuple(cache)
