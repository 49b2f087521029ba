"""Layers written in another form: the same where they compute the same, else what differs."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archcount as ac

MAP = (1, 3, 12, 10)


class Plain(nn.Module):
    """A network of a function and the parts that it reads."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *given):
        return self.function(self, *given)


def with_weights_of(one, other):
    """Give a network the parameters of another, in their order, whatever axes of 1 they have."""
    generator = torch.Generator().manual_seed(7)
    pairs = [*zip(one.parameters(), other.parameters(), strict=True)]
    with torch.no_grad():
        for ours, theirs in pairs:
            ours.copy_(torch.randn(ours.shape, generator=generator) / 3)
            theirs.copy_(ours.reshape(theirs.shape))
    return one.double().eval(), other.double().eval()


def results(one, other, shape):
    one, other = with_weights_of(one, other)
    image = torch.randn(shape, generator=torch.Generator().manual_seed(3)).double() * 4
    with torch.no_grad():
        return one(image), other(image)


def told(one, other, shape=MAP):
    """What is said of the layers that are another."""
    found = ac.diff(one.eval(), other.eval(), input=[shape]).record
    pairs = [pair for row in found.rows for pair in row.pairs if pair.verdict != "same"]
    said = [", ".join(map(str, pair.changes)) or pair.verdict for pair in pairs]
    remarks = [remark for row in found.rows for pair in row.pairs for remark in pair.remarks]
    assert bool(said) == found.is_changed
    return said + remarks


def conv(into, out, kernel=3, **more):
    return nn.Conv2d(into, out, kernel, padding=kernel // 2, **more)


def before(function, **parts):
    """A function of what a convolution gives."""
    return Plain(lambda m, x: function(m, m.c(x)), c=conv(3, 8), **parts)


def shifted_windows(way):
    """Scores of 4 windows of 30 places, those of other windows left out by a mask."""

    def forward(m, x):
        rows = m.c(x).flatten(2).view(1, 8, 4, 30).permute(0, 2, 3, 1)
        scores = rows @ rows.transpose(2, 3)
        marks = x.new_zeros(12, 10) if way == "of the input" else torch.zeros(12, 10)
        for number, begin in enumerate((0, 4, 9)):
            marks[begin:, :5] = number
        marks = marks.to(x).view(4, 30)
        apart = marks.unsqueeze(1) - marks.unsqueeze(2)
        apart = apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)
        return (scores + (m.mask if way == "kept" else apart)).softmax(-1) @ rows

    parts = {"mask": nn.Buffer(torch.zeros(4, 30, 30))} if way == "kept" else {}
    return Plain(forward, c=conv(3, 8), **parts)


def pool(*given, **more):
    return nn.Sequential(conv(3, 8), nn.AvgPool2d(*given, **more))


SAME = {
    "a pad by nothing": (
        nn.Sequential(nn.ZeroPad2d(0), conv(3, 8)),
        conv(3, 8),
    ),
    "a mask made as the network runs": (
        shifted_windows("of the input"),
        shifted_windows("of constants"),
    ),
    "a map laid out with the channels last": (
        nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(1)),
        before(
            lambda m, x: F.adaptive_avg_pool2d(
                x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2), 1
            )
        ),
    ),
    "circular by the layer or before it": (
        conv(3, 8, padding_mode="circular"),
        Plain(lambda m, x: m.c(F.pad(x, (1, 1, 1, 1), mode="circular")), c=nn.Conv2d(3, 8, 3)),
    ),
    "what is padded without effect on the divisor": (
        pool(2, count_include_pad=False),
        pool(2),
    ),
    "the area as the divisor": (pool(3, 2, 1, divisor_override=9), pool(3, 2, 1)),
    "the area of the whole map as the divisor": (
        pool((12, 10), divisor_override=120),
        pool((12, 10)),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_computes_the_same_is_the_same(name):
    one, other, *shape = SAME[name]
    shape = shape[0] if shape else MAP
    torch.testing.assert_close(*results(one, other, shape))
    one, other = one.float(), other.float()
    assert told(one, other, shape) == told(other, one, shape) == []


MODES = ("zeros", "reflect", "replicate", "circular")

CHANGED = {
    **{
        f"{left} for {right}": (
            conv(3, 8, padding_mode=left),
            conv(3, 8, padding_mode=right),
            [f"padding mode {left} became {right}"],
        )
        for left in MODES
        for right in MODES
        if left != right
    },
    "two paddings by themselves": (
        before(lambda m, x: F.pad(x, (1, 2, 0, 0), mode="circular")),
        before(lambda m, x: F.pad(x, (1, 2, 0, 0), mode="reflect")),
        ["padding mode circular became reflect"],
    ),
    "zeros for another number": (
        before(lambda m, x: F.pad(x, (1, 2, 0, 0))),
        before(lambda m, x: F.pad(x, (1, 2, 0, 0), value=2.0)),
        ["padding mode zeros became constant, value none became 2.0"],
    ),
    "padding that is counted": (
        pool(3, 2, 1),
        pool(3, 2, 1, count_include_pad=False),
        ["count_include_pad True became False"],
    ),
    "the area as the divisor of padding that is not counted": (
        pool(3, 2, 1, count_include_pad=False),
        pool(3, 2, 1, count_include_pad=False, divisor_override=9),
        ["count_include_pad False became True"],
    ),
    "another divisor": (pool(3), pool(3, divisor_override=4), ["divisor_override none became 4"]),
    "relu6": (
        nn.Sequential(conv(3, 8), nn.ReLU6(), conv(8, 8), nn.ReLU6()),
        nn.Sequential(conv(3, 8), nn.ReLU(), conv(8, 8), nn.ReLU()),
        ["type relu6 became relu"] * 2,
    ),
    "gelu for silu": (
        nn.Sequential(conv(3, 8), nn.SiLU()),
        nn.Sequential(conv(3, 8), nn.GELU("tanh")),
        ["type silu became gelu"],
    ),
    "gelu by tanh": (
        nn.Sequential(conv(3, 8), nn.GELU()),
        nn.Sequential(conv(3, 8), nn.GELU("tanh")),
        ["approximate none became tanh"],
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_what_computes_something_else_is_told(name):
    one, other, expected, *shape = CHANGED[name]
    shape = shape[0] if shape else MAP
    left, right = results(one, other, shape)
    assert left.shape != right.shape or not torch.allclose(left, right)
    assert told(one.float(), other.float(), shape) == expected


def test_a_border_that_is_not_the_other_side_is_no_circular_padding():
    def partly(m, x):
        wide = x.new_zeros(1, 3, 12, 13)
        wide[..., 1:-2] = x
        wide[..., :1] = wide[..., 10:11]
        return m.c(wide)

    whole = Plain(lambda m, x: m.c(F.pad(x, (1, 2, 0, 0), mode="circular")), c=nn.Conv2d(3, 8, 3))
    assert told(whole, Plain(partly, c=nn.Conv2d(3, 8, 3))) != []
