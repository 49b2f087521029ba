"""Models for tests of pages: a small one, a hostile one, and two large ones."""

from __future__ import annotations

import torch
from torch import nn


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(512, 10))


IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = "<script>document.title='live'</script>"
MATHS = "$\\frac{$ ' id=\""


class Hostile(nn.Module):
    """Names that are markup, in the places where a model has names."""

    def __init__(self):
        super().__init__()
        evil = type(SCRIPT, (nn.Sequential,), {})
        self.add_module(IMAGE, evil(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 8)))
        self.add_module(MATHS, nn.Linear(8, 4))

    def forward(self, x):
        for module in self.children():
            x = module(x)
        return x


class Cell(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(8, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.outer = nn.Conv2d(width, 8, 1)
        self.norm = nn.BatchNorm2d(8)

    def forward(self, x):
        return torch.relu(x + self.norm(self.outer(self.inner(x))))


def many() -> nn.Module:
    """More than 1,800 modules, seven of each cell, hardly two neighbours equal."""
    cells = (Cell(4 + place * place % 11) for place in range(257))
    return nn.Sequential(nn.Conv2d(3, 8, 3), *cells, nn.Flatten(), nn.Linear(8 * 36, 10))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x):
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class Decoder(nn.Module):
    """GPT-3 175B as its Table 2.1 has it, with nothing in its weights."""

    def __init__(self):
        super().__init__()
        width = 12288
        self.tokens, self.places = nn.Embedding(50257, width), nn.Embedding(2048, width)
        self.blocks = nn.ModuleList(Block(width, 96) for _ in range(96))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 50257, bias=False)
        self.head.weight = self.tokens.weight

    def forward(self, ids):
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


def decoder() -> nn.Module:
    with torch.device("meta"):
        return Decoder()
