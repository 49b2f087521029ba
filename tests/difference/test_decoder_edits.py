"""A decoder in two styles of code: the same unedited, and each edit of the one is said."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archcount as ac

WIDTH, LENGTH, WORDS = 32, 6, 50


@dataclass(frozen=True)
class Settings:
    heads: int = 4
    kv: int = 2
    hidden: int = 48
    scale: float = 1.0
    causal: bool = True
    turned: str = "qk"
    base: float = 10_000.0
    act: str = "silu"
    norm: str = "rms"
    bias: bool = False
    back_bias: bool = False
    last_norm: bool = True
    residual: bool = True
    tied: bool = True


def normed(x: Tensor, weight: Tensor, kind: str, *, by_hand: bool) -> Tensor:
    if kind == "layer":
        return F.layer_norm(x, (WIDTH,), weight, eps=1e-6)
    if by_hand:
        return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))
    return F.rms_norm(x, (WIDTH,), weight, eps=1e-6)


def angles(x: Tensor, base: float) -> tuple[Tensor, Tensor]:
    pairs = x.shape[-1] // 2
    steps = base ** (-torch.arange(pairs, device=x.device, dtype=torch.float64) / pairs)
    found = torch.arange(x.shape[2], device=x.device)[:, None] * steps
    return found.cos().to(x.dtype), found.sin().to(x.dtype)


class Decoder(nn.Module):
    """Two blocks; by hand all is written out, and linear layers of one input are one."""

    def __init__(self, settings: Settings, *, by_hand: bool) -> None:
        super().__init__()
        self.settings, self.by_hand = settings, by_hand
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.blocks = nn.ModuleList(Block(settings, by_hand=by_hand) for _ in range(2))
        self.scale = nn.Parameter(torch.ones(WIDTH)) if settings.last_norm else None
        self.logits = nn.Linear(WIDTH, WORDS, bias=False)
        if settings.tied:
            self.logits.weight = self.embed.weight

    def forward(self, words: Tensor) -> Tensor:
        x = self.embed(words)
        for block in self.blocks:
            x = block(x)
        if self.scale is not None:
            x = normed(x, self.scale, self.settings.norm, by_hand=self.by_hand)
        return self.logits(x)


class Block(nn.Module):
    def __init__(self, settings: Settings, *, by_hand: bool) -> None:
        super().__init__()
        self.settings, self.by_hand = settings, by_hand
        size = WIDTH // settings.heads
        self.widths = (WIDTH, settings.kv * size, settings.kv * size)
        self.scales = nn.ParameterList(torch.ones(WIDTH) for _ in range(2))
        bias, hidden = settings.bias, settings.hidden
        if by_hand:
            self.qkv = nn.Linear(WIDTH, sum(self.widths), bias=bias)
            self.both = nn.Linear(WIDTH, 2 * hidden, bias=False)
        else:
            self.q, self.k, self.v = (nn.Linear(WIDTH, each, bias=bias) for each in self.widths)
            self.gate, self.up = (nn.Linear(WIDTH, hidden, bias=False) for _ in range(2))
        self.back = nn.Linear(WIDTH, WIDTH, bias=settings.back_bias)
        self.down = nn.Linear(hidden, WIDTH, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        kind, is_added = self.settings.norm, self.settings.residual
        attended = self.attend(normed(x, self.scales[0], kind, by_hand=self.by_hand))
        x = x + attended if is_added else attended
        return x + self.feed(normed(x, self.scales[1], kind, by_hand=self.by_hand))

    def attend(self, x: Tensor) -> Tensor:
        own = self.settings
        size, scale = WIDTH // own.heads, own.scale / math.sqrt(WIDTH // own.heads)
        parts = self.qkv(x).split(self.widths, -1) if self.by_hand else None
        q, k, v = parts or (self.q(x), self.k(x), self.v(x))
        q, k, v = (each.unflatten(-1, (-1, size)).transpose(1, 2) for each in (q, k, v))
        q = self.turn(q) if "q" in own.turned else q
        k = self.turn(k) if "k" in own.turned else k
        if self.by_hand:
            k, v = (each.repeat_interleave(own.heads // own.kv, dim=1) for each in (k, v))
            scores = (q * scale) @ k.mT
            if own.causal:
                hidden = torch.ones(x.shape[1], x.shape[1], device=x.device).triu(1).bool()
                scores = scores.masked_fill(hidden, float("-inf"))
            seen = scores.softmax(-1) @ v
        else:
            seen = F.scaled_dot_product_attention(
                q, k, v, is_causal=own.causal, scale=scale, enable_gqa=True
            )
        return self.back(seen.transpose(1, 2).flatten(2))

    def turn(self, x: Tensor) -> Tensor:
        cos, sin = angles(x, self.settings.base)
        one, two = x.chunk(2, dim=-1)
        if self.by_hand:
            cos, sin = (torch.cat((each, each), -1) for each in (cos, sin))
            return x * cos + torch.cat((-two, one), -1) * sin
        return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)

    def feed(self, x: Tensor) -> Tensor:
        gate, up = self.both(x).chunk(2, -1) if self.by_hand else (self.gate(x), self.up(x))
        if self.settings.act == "silu" and self.by_hand:
            return self.down(gate * torch.sigmoid(gate) * up)
        return self.down(getattr(F, self.settings.act)(gate) * up)


def compared(one: nn.Module, other: nn.Module) -> ac.api.diff_report.DifferenceReport:
    return ac.diff(one.eval(), other.eval(), input=f"int64[1,{LENGTH}]")


@pytest.mark.parametrize("kv", [1, 2, 4])
def test_a_decoder_is_the_same_in_both_styles(kv: int) -> None:
    one, other = (Decoder(Settings(kv=kv), by_hand=by_hand).double() for by_hand in (False, True))
    with torch.no_grad():
        for name, each in one.named_parameters():
            each.copy_(torch.randn(each.shape, generator=torch.Generator().manual_seed(len(name))))
        state = one.state_dict()
        for at in range(2):
            for whole, parts in (("qkv", "qkv"), ("both", ("gate", "up"))):
                given = [state.pop(f"blocks.{at}.{part}.weight") for part in parts]
                state[f"blocks.{at}.{whole}.weight"] = torch.cat(given)
        other.load_state_dict(state)
        words = torch.arange(LENGTH)[None] * 7
        torch.testing.assert_close(one(words), other(words), rtol=1e-9, atol=1e-9)
    for pair in ((one, other), (other, one)):
        report = compared(*pair)
        assert not report.is_changed
        assert [str(each) for each in report.findings] == []


# What is said of each edit. Which layers it changes, and how many in both blocks, follows from the
# settings; the words are the report's, several of them taken over from a run.
EDITS = {
    "heads": (
        {"heads": 2, "kv": 1, "scale": math.sqrt(2)},
        [
            "2 matmul products 2 of 6x16 by 16x6 for 4 of 6x8 by 8x6 (blocks)",
            "2 matmul products 2 of 6x6 by 6x16 for 4 of 6x6 by 6x8 (blocks)",
            "4 rotary size 16 for 8 (blocks)",
        ],
    ),
    "keys": ({"kv": 1}, ["2 linear with 48 outputs for 64 (blocks)"]),
    "hidden": (
        {"hidden": 40},
        ["2 linear with 80 outputs for 96 (blocks)"],
    ),
    "scale": ({"scale": 0.5}, ["2 matmul scale 0.176777 for 0.353553 (blocks)"]),
    "mask": ({"causal": False}, ["2 mask left out (blocks)"]),
    "keys not turned": ({"turned": "q"}, ["2 rotary left out (blocks)"]),
    "nothing turned": ({"turned": ""}, ["4 rotary left out (blocks)"]),
    "base": ({"base": 500.0}, ["4 rotary base 500 for 10000 (blocks)"]),
    "activation": ({"act": "gelu"}, ["2 gelu for silu (blocks)"]),
    "norm": ({"norm": "layer"}, ["5 layer norm for rms norm"]),
    "bias": ({"bias": True}, ["2 linear with bias (blocks)"]),
    "bias of the way back": ({"back_bias": True}, ["2 linear with bias (blocks)"]),
    "last norm": ({"last_norm": False}, ["rms norm left out"]),
    "residual": ({"residual": False}, ["2 add left out (blocks)"]),
    "tied": ({"tied": False}, ["weights"]),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_said_whatever_the_style(name: str) -> None:
    change, expected = EDITS[name]
    report = compared(
        Decoder(Settings(), by_hand=False), Decoder(replace(Settings(), **change), by_hand=True)
    )
    found = [str(each) for each in report.findings]
    assert len(found) == len(expected)
    for text, each in zip(sorted(expected), sorted(found), strict=True):
        assert text in each
