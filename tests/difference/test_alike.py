"""What is written nearly alike and computes something else is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archcount as ac
from archcount.loading.model_target import build

WIDTH, HEADS, LENGTH = 32, 4, 6


class Plain(nn.Module):
    """A network of a function and the parts that it reads."""

    def __init__(self, function: Callable[..., Tensor], **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *given: Tensor) -> Tensor:
        return self.function(self, *given)


def told(one: nn.Module, other: nn.Module, *shape: int) -> list[str]:
    """What is said of the layers that are another."""
    found = ac.diff(one.eval(), other.eval(), input=[shape or (1, LENGTH, WIDTH)]).record
    pairs = [pair for row in found.rows for pair in row.pairs if pair.verdict != "same"]
    return [", ".join(map(str, pair.changes)) or pair.verdict for pair in pairs]


def masked(seen: Callable[[Tensor], Tensor], *, by_hand: bool) -> nn.Module:
    """Attention in which a query sees what a function of the places of all pairs says."""

    def attend(m: Plain, x: Tensor) -> Tensor:
        q, k, v = (
            each.unflatten(-1, (HEADS, -1)).transpose(1, 2) for each in m.qkv(x).chunk(3, -1)
        )
        mask = seen(torch.arange(x.shape[1] ** 2, device=x.device).view(x.shape[1], -1))
        if not by_hand:
            return F.scaled_dot_product_attention(q, k, v, mask)
        scores = q @ k.mT * q.shape[-1] ** -0.5
        return scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v

    return Plain(attend, qkv=nn.Linear(WIDTH, 3 * WIDTH))


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_mask_of_as_many_other_pairs_is_another(by_hand: bool) -> None:
    even = masked(lambda places: places % 2 == 0, by_hand=False)
    assert told(even, masked(lambda places: places % 2 == 0, by_hand=by_hand)) == []
    odd = masked(lambda places: places % 2 == 1, by_hand=by_hand)
    # 18 of the 36 places of a 6x6 map are even.
    assert told(even, odd) == ["pattern 18 of 36 pairs became as many others"]


def averaged(begin: int) -> nn.Module:
    """A class token before the places of a map, and the average from one place on."""

    def forward(m: Plain, x: Tensor) -> Tensor:
        places = m.patches(x).flatten(2).mT
        tokens = torch.cat((m.token.expand(len(x), -1, -1), places), 1)
        return m.classes(m.norm(tokens)[:, begin:].mean(1))

    return Plain(
        forward,
        token=nn.Parameter(torch.zeros(1, 1, WIDTH)),
        patches=nn.Conv2d(3, WIDTH, 4, 4),
        norm=nn.LayerNorm(WIDTH),
        classes=nn.Linear(WIDTH, 5),
    )


def test_an_average_without_the_class_token_is_another() -> None:
    # 16x16 in patches of 4x4 are 16 places, and the token.
    found = told(averaged(0), averaged(1), 1, 3, 16, 16)
    assert found == ["over all became 16 of 17 places"]


def turned(style: str = "halves", slower: float = 1.0) -> nn.Module:
    """Scores of queries and keys of which each number is turned with another by its place."""

    def turn(x: Tensor) -> Tensor:
        pairs = x.shape[-1] // 2
        angles = slower * 10_000.0 ** (-torch.arange(pairs, device=x.device) / pairs)
        angles = torch.arange(x.shape[-2], device=x.device)[:, None] * angles
        cos, sin = angles.cos(), angles.sin()
        one, two = x.chunk(2, -1)
        if style == "halves":
            return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)
        if style == "no turn":  # which keeps no lengths
            return torch.cat((one * cos - two * sin, two * cos - one * sin), -1)
        if style == "mixed":  # turned with the one half the width after, by the next one's angle
            cos, sin = (each.repeat_interleave(2, -1) for each in (cos, sin))
        else:
            cos, sin = (torch.cat((each, each), -1) for each in (cos, sin))
        return x * cos + torch.cat((-two, one), -1) * sin

    def forward(m: Plain, x: Tensor) -> Tensor:
        return turn(m.q(x)) @ turn(m.k(x)).mT

    return Plain(forward, q=nn.Linear(WIDTH, 8), k=nn.Linear(WIDTH, 8))


def test_a_rotation_by_angles_of_other_pairs_is_none() -> None:
    assert told(turned(), turned("doubled")) == []
    assert "missing" in told(turned("doubled"), turned("mixed"))
    assert "missing" in told(turned(), turned("no turn"))


def test_angles_that_are_scaled_are_others() -> None:
    found = told(turned(), turned("doubled", slower=0.5))
    assert found == ["base 10000 became other angles"] * 2
    assert told(turned(slower=0.5), turned("doubled", slower=0.5)) == []


def packed(*parts: int, whole: bool = True) -> nn.Module:
    """Attention of three parts of one linear layer, or of three, as queries, keys and values."""

    def forward(m: Plain, x: Tensor) -> Tensor:
        given = m.qkv(x).chunk(3, -1) if whole else (m.q(x), m.k(x), m.v(x))
        q, k, v = (given[part].unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in parts)
        return F.scaled_dot_product_attention(q, k, v)

    if whole:
        return Plain(forward, qkv=nn.Linear(WIDTH, 3 * WIDTH))
    return Plain(forward, **{name: nn.Linear(WIDTH, WIDTH) for name in "qkv"})


@pytest.mark.parametrize("parts", [(0, 0, 2), (0, 1, 1), (2, 1, 2)])
def test_a_part_of_a_packed_linear_layer_that_is_not_read_is_said(parts: tuple[int, ...]) -> None:
    assert told(packed(0, 1, 2), packed(*parts)) == ["read all became 64 of 96 channels"]
    assert told(packed(0, 1, 2, whole=False), packed(*parts))


def test_parts_of_a_packed_linear_layer_in_another_order_are_the_same() -> None:
    assert told(packed(0, 1, 2), packed(2, 0, 1)) == []
    assert told(packed(0, 1, 2, whole=False), packed(1, 2, 0)) == []


def halves(one: int, other: int) -> nn.Module:
    """A map of which one half of the channels is added to what a convolution makes of the other."""

    def forward(m: Plain, x: Tensor) -> Tensor:
        given = F.relu(m.first(x)).chunk(2, 1)
        return given[one] + m.second(given[other])

    return Plain(forward, first=nn.Conv2d(3, 8, 3), second=nn.Conv2d(4, 4, 3, padding=1))


def test_a_half_of_a_map_that_is_not_read_is_said() -> None:
    assert told(halves(0, 1), halves(1, 0), 1, 3, 9, 9) == []
    assert told(halves(0, 1), halves(1, 1), 1, 3, 9, 9) == ["read all became 4 of 8 channels"]


def test_a_softmax_of_the_result_is_of_the_channels() -> None:
    linear, of_channels, of_places = (
        nn.Sequential(nn.Linear(WIDTH, 5), *more)
        for more in ((), (nn.Softmax(-1),), (nn.LogSoftmax(1),))
    )
    assert told(linear, of_channels) == []
    assert told(linear, of_places) == ["extra"]


KEEPS_ANGLES = """
import torch
from torch import nn
class Turned(nn.Module):
    def __init__(self, base=10_000.0, joins=False):
        super().__init__()
        self.q, self.k = nn.Linear(32, 64), nn.Linear(32, 64)
        self.register_buffer("steps", base ** (-torch.arange(32) / 32), persistent=False)
        if joins:  # with a tensor that torch's context makes, on whichever device
            self.steps = self.steps + torch.zeros(32)
    def turn(self, x):
        angles = torch.arange(x.shape[1], device=x.device)[:, None] * self.steps
        one, two = x.chunk(2, -1)
        cos, sin = angles.cos(), angles.sin()
        return torch.cat((one * cos - two * sin, two * cos + one * sin), -1)
    def forward(self, x):
        return self.turn(self.q(x)) @ self.turn(self.k(x)).mT
"""


def test_the_base_of_angles_that_a_model_keeps_is_compared(tmp_path: Path) -> None:
    path = tmp_path / "keeps_angles.py"
    path.write_text(KEEPS_ANGLES)

    def found(**arguments: object) -> list[str]:
        other = build(f"{path}:Turned", arguments)
        return told(build(f"{path}:Turned"), other)

    assert found(base=10_000.0) == []
    assert found(base=500.0) == ["base 10000 became 500"] * 2
    assert found(joins=True) == []  # made without numbers, which are not known then


class Joined(nn.Module):
    """Two convolutions side by side: along channels, rows or columns."""

    def __init__(self, axis: int, *, last: bool = False) -> None:
        super().__init__()
        self.one, self.other = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 4, 3, padding=1)
        self.axis, self.last = axis, last

    def forward(self, image: Tensor) -> Tensor:
        pair = self.one(image), self.other(image)
        if not self.last:
            return torch.cat(pair, self.axis)
        return torch.cat([each.permute(0, 2, 3, 1) for each in pair], self.axis).permute(0, 3, 1, 2)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (Joined(1), Joined(1), []),
        (Joined(1), Joined(3, last=True), []),
        (Joined(2), Joined(1, last=True), []),
        (Joined(1), Joined(2), ["concat axes -2 for channels (model)"]),
        (Joined(2), Joined(3), ["concat axes -1 for -2 (model)"]),
        (Joined(1), Joined(1, last=True), ["concat axes -2 for channels (model)"]),
    ],
)
def test_a_concatenation_along_another_axis_is_another(
    one: nn.Module, other: nn.Module, said: list[str]
) -> None:
    # All give 512 numbers, of 8 x 8 places.
    assert [str(each) for each in ac.diff(one, other, input="3x8x8").findings] == said
