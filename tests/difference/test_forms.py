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
    """Give a network the parameters of another by size, whatever axes of 1 they have."""
    generator = torch.Generator().manual_seed(7)
    pairs = zip(
        *(sorted(each.parameters(), key=torch.numel) for each in (one, other)), strict=False
    )
    with torch.no_grad():
        for ours, theirs in pairs:
            ours.copy_(torch.randn(ours.shape, generator=generator) / 3)
            if ours.numel() == theirs.numel():
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


def apart(x, rows):
    """Whether places of 4 windows of 30 places lie in other parts of a shifted map."""
    marks = x.new_zeros(12, 10)
    for number, begin in enumerate((0, *rows)):
        marks[begin:, :5] = number
    marks = marks.view(4, 30)
    return marks.unsqueeze(1) - marks.unsqueeze(2)


def windows(way, rows=(4, 9)):
    """Swin's attention in 4 shifted windows, each place seeing those of its part of the map."""

    def forward(m, x):
        places = m.c(x).flatten(2).view(1, 8, 4, 30).permute(0, 2, 3, 1) / 8
        scores = places @ places.transpose(2, 3)
        index = torch.arange(30, device=x.device)
        index = index.unsqueeze(0) - index.unsqueeze(1) + 29
        bias = m.t[index.view(-1)].view(30, 30)
        parts = apart(x, rows)
        if way == "filled into the bias":
            scores = scores + bias.masked_fill(parts != 0, float("-inf"))
        elif way == "kept":
            scores = scores + bias + m.mask.unsqueeze(0)
        elif way == "chosen":
            scores = torch.where(parts == 0, scores + bias, -1e4)
        elif way == "nothing":
            scores = scores + bias
        else:
            mask = parts.masked_fill(parts != 0, -100.0).masked_fill(parts == 0, 0.0)
            scores = scores + bias + mask
        return scores.softmax(-1) @ places

    kept = torch.where(apart(torch.zeros(1), rows) == 0, 0.0, -100.0)
    parts = {"mask": nn.Buffer(kept)} if way == "kept" else {}
    return Plain(forward, c=conv(3, 8), t=nn.Parameter(torch.zeros(59)), **parts)


def pool(*given, **more):
    return nn.Sequential(conv(3, 8), nn.AvgPool2d(*given, **more))


def channels_last(part):
    """A function that has a part read its map with the channels last."""
    return lambda m, x: getattr(m, part)(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def squeezed(kind):
    """Squeeze and excitation by linear layers or by 1x1 convolutions."""

    def by_linear(m, x):
        x = m.c(x)
        scale = m.e(F.relu(m.s(x.mean((2, 3)))))
        return x * torch.sigmoid(scale)[:, :, None, None]

    def by_conv(m, x):
        x = m.c(x)
        return x * m.e(m.s(F.adaptive_avg_pool2d(x, 1)).relu()).sigmoid()

    if kind == "linear":
        return Plain(by_linear, c=conv(3, 8), s=nn.Linear(8, 2), e=nn.Linear(2, 8))
    return Plain(by_conv, c=conv(3, 8), s=conv(8, 2, 1), e=conv(2, 8, 1))


def by_patch(m, x):
    x = x.view(1, 3, 3, 4, 5, 2).permute(0, 2, 4, 1, 3, 5).flatten(3)
    return m.l(x).permute(0, 3, 1, 2)


def pointwise(**more):
    return nn.Sequential(conv(3, 8), nn.Conv2d(8, 6, 1, **more))


def linear(out=6, **more):
    return Plain(
        lambda m, x: m.l(m.c(x).movedim(1, 3)).movedim(3, 1),
        c=conv(3, 8),
        l=nn.Linear(8, out, **more),
    )


def mixed(kind):
    """Mix places, then channels, as MLP-Mixer does."""
    if kind == "linear":
        return Plain(
            lambda m, x: m.d(F.gelu(m.t(m.c(x).flatten(2))).transpose(1, 2)).transpose(1, 2),
            c=conv(3, 8),
            t=nn.Linear(120, 40),
            d=nn.Linear(8, 5),
        )
    return Plain(
        lambda m, x: m.d(F.gelu(m.t(m.c(x).flatten(2).transpose(1, 2))).transpose(1, 2)),
        c=conv(3, 8),
        t=nn.Conv1d(120, 40, 1),
        d=nn.Conv1d(8, 5, 1),
    )


def biased(axis):
    """A bias of its own behind a convolution without one."""
    shape = {"first": (8, 1, 1), "last": (8,)}[axis]

    def forward(m, x):
        if axis == "first":
            return m.c(x) + m.b
        return (m.c(x).permute(0, 2, 3, 1) + m.b).permute(0, 3, 1, 2)

    return Plain(forward, c=conv(3, 8, bias=False), b=nn.Parameter(torch.ones(shape)))


def scaled(shape, axis="first"):
    """ConvNeXt's layer scale."""

    def forward(m, x):
        x = m.c(x)
        if axis == "first":
            return x + m.d(x) * m.g
        return x + (m.d(x).permute(0, 2, 3, 1) * m.g).permute(0, 3, 1, 2)

    return Plain(forward, c=conv(3, 8), d=conv(8, 8), g=nn.Parameter(torch.ones(shape)))


def classified(function):
    return Plain(lambda m, x: m.l(function(m.c(x)).flatten(1)), c=conv(3, 8), l=nn.Linear(8, 5))


def merged(way):
    """Swin's merging of 2x2 patches."""

    def forward(m, x):
        x = m.c(x).permute(0, 2, 3, 1)
        if way == "slices":
            parts = [x[:, row::2, column::2] for row in (0, 1) for column in (0, 1)]
            x = torch.cat(parts, -1)
        elif way == "some twice":
            x = torch.cat([x[:, row::2, 0::2] for row in (0, 1, 0, 1)], -1)
        else:
            x = x.unflatten(1, (6, 2)).unflatten(3, (5, 2)).permute(0, 1, 3, 2, 4, 5).flatten(3)
        return m.r(m.n(x))

    return Plain(forward, c=conv(3, 8), n=nn.LayerNorm(32), r=nn.Linear(32, 16, bias=False))


def placed(way):
    """A bias by relative places, of a table that is looked up."""

    def forward(m, x):
        scores = (rows := m.c(x).flatten(2)).transpose(1, 2) @ rows
        index = torch.arange(120, device=x.device)
        index = (index.unsqueeze(0) - index.unsqueeze(1)) + 119
        found = m.t[index] if way == "at once" else m.t[index.flatten()].view(120, 120, 1)
        return scores + found.permute(2, 0, 1).contiguous()

    return Plain(forward, c=conv(3, 8), t=nn.Parameter(torch.zeros(239, 1)))


def channels_normed(axis):
    norm = nn.LayerNorm(8)
    if axis == "last":
        return Plain(
            lambda m, x: m.d(m.n(m.c(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2),
            c=conv(3, 8),
            n=norm,
            d=nn.Linear(8, 4),
        )
    return Plain(
        lambda m, x: m.d(m.n(m.c(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
        c=conv(3, 8),
        n=norm,
        d=conv(8, 4, 1),
    )


POOLS = {
    "a mean": lambda x: x.mean((2, 3)),
    "a mean that keeps the axes": lambda x: x.mean([-1, -2], keepdim=True),
    "a mean with the channels last": lambda x: x.permute(0, 2, 3, 1).mean([1, 2]),
    "an adaptive pool": lambda x: F.adaptive_avg_pool2d(x, 1),
    "a pool of the whole map": lambda x: F.avg_pool2d(x, x.shape[2:]),
    "a mean of places": lambda x: x.flatten(2).mean(2),
    "a mean of means": lambda x: x.mean(3).mean(2),
    "a mean of means of columns": lambda x: x.mean(2, keepdim=True).mean(3, keepdim=True),
    "a mean of a list": lambda x: x.flatten(2).transpose(1, 2).mean(1),
}


def zeros(x):
    return torch.zeros_like(x)


ACTIVATIONS = {
    "relu6": [
        F.relu6,
        lambda x: x.clamp(0, 6),
        lambda x: F.relu(x).clamp(max=6),
        lambda x: torch.minimum(F.relu(x), torch.full_like(x, 6)),
        lambda x: F.hardtanh(x, 0, 6),
    ],
    "relu": [
        F.relu,
        lambda x: x.clamp(min=0),
        lambda x: torch.maximum(x, zeros(x)),
        lambda x: x * (x > 0).to(x.dtype),
        lambda x: torch.where(x > 0, x, 0.0),
        lambda x: x.masked_fill(x < 0, 0),
        lambda x: F.threshold(x, 0, 0),
    ],
    "leaky relu": [
        lambda x: F.leaky_relu(x, 0.1),
        lambda x: torch.maximum(x, 0.1 * x),
        lambda x: F.relu(x) - 0.1 * F.relu(-x),
    ],
    "hardsigmoid": [
        F.hardsigmoid,
        lambda x: F.relu6(x + 3) / 6,
        lambda x: (x / 6 + 0.5).clamp(0, 1),
    ],
    "hardswish": [
        F.hardswish,
        lambda x: x * F.relu6(x + 3) / 6,
        lambda x: x * F.hardsigmoid(x),
    ],
    "silu": [F.silu, lambda x: x * x.sigmoid(), lambda x: x * 0.5 * (1 + torch.tanh(x / 2))],
    "mish": [F.mish, lambda x: x * torch.tanh(torch.log(1 + torch.exp(x)))],
    "gelu": [F.gelu, lambda x: 0.5 * x * torch.erfc(-x / 2**0.5)],
    "softplus": [F.softplus, lambda x: torch.log1p(torch.exp(x))],
    "log sigmoid": [F.logsigmoid, lambda x: -F.softplus(-x)],
    "elu": [F.elu, lambda x: torch.where(x > 0, x, torch.expm1(x))],
    "relu up to 20": [lambda x: x.clamp(0, 20), lambda x: F.hardtanh(x, 0, 20)],
    "relu up to 30": [lambda x: F.relu(x).clamp(max=30), lambda x: x.clamp(0, 30)],
    "nearly the identity": [lambda x: x + 1e-6],
    "hardswish with another shift": [lambda x: x * F.relu6(x + 2) / 6],
    "the absolute value": [torch.abs],
}


def activated(function):
    return Plain(lambda m, x: m.d(function(m.c(x))), c=conv(3, 8), d=conv(8, 4))


def by_mean_square(x, axis):
    x = x - x.mean(axis, keepdim=True)
    return x / torch.sqrt(x.pow(2).mean(axis, keepdim=True) + 1e-6)


def by_variance(x, axis, correction=0):
    spread = x.var(axis, keepdim=True, correction=correction)
    return (x - x.mean(axis, keepdim=True)) * torch.rsqrt(spread + 1e-6)


def by_another_mean(x, axis):
    apart = x - x.mean(axis, keepdim=True)
    return (x - x.mean(2, keepdim=True)) / torch.sqrt((apart**2).mean(axis, keepdim=True) + 1e-6)


def normed(function, axis=1, shape=(8, 1, 1), shift=True):
    """ConvNeXt's norm of channels, as a function has it."""

    def forward(m, x):
        x = m.c(x) if axis == 1 else m.c(x).permute(0, 2, 3, 1)
        x = function(x, axis) * m.n.g
        x = x + m.n.b if shift else x
        return m.d(x if axis == 1 else x.permute(0, 3, 1, 2))

    parts = {"g": nn.Parameter(torch.ones(shape)), "b": nn.Parameter(torch.zeros(shape))}
    if not shift:
        parts.pop("b")
    return Plain(forward, c=conv(3, 8), n=Plain(None, **parts), d=conv(8, 4))


def normed_by_torch():
    norm = nn.LayerNorm(8, eps=1e-6)
    return Plain(
        lambda m, x: m.d(m.n(m.c(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)),
        c=conv(3, 8),
        n=norm,
        d=conv(8, 4),
    )


SAME = {
    **{
        f"{name} {number}": (activated(functions[0]), activated(function))
        for name, functions in ACTIVATIONS.items()
        for number, function in enumerate(functions[1:])
    },
    "a response norm behind a relu": (
        nn.Sequential(conv(3, 8), nn.ReLU(), nn.LocalResponseNorm(5)),
        before(lambda m, x: F.local_response_norm(x.clamp(min=0), 5)),
    ),
    "a softmax of channels": (
        before(lambda m, x: x.softmax(1) * x),
        before(lambda m, x: ((y := x.permute(0, 2, 3, 1)).softmax(-1) * y).permute(0, 3, 1, 2)),
    ),
    "a map that is shifted": (
        before(lambda m, x: x.roll((1, 2), (2, 3)) + x),
        before(
            lambda m, x: ((y := x.permute(0, 2, 3, 1)).roll((1, 2), (1, 2)) + y).permute(0, 3, 1, 2)
        ),
    ),
    "a norm by its mean square": (normed_by_torch(), normed(by_mean_square)),
    "a norm by its variance": (normed_by_torch(), normed(by_variance)),
    "a norm by hand with the channels last": (
        normed_by_torch(),
        normed(by_mean_square, -1, (8,)),
    ),
    "a bias with the channels first or last": (biased("first"), biased("last")),
    "a bias by itself": (biased("last"), conv(3, 8)),
    "a scale with the channels first or last": (scaled((8, 1, 1)), scaled((8,), "last")),
    "patches merged": (merged("slices"), merged("a transpose")),
    "a table looked up": (placed("at once"), placed("as a list")),
    "a norm of channels": (channels_normed("last"), channels_normed("first")),
    "an einsum": (
        nn.Sequential(conv(3, 8), nn.Conv2d(8, 6, 1, bias=False)),
        Plain(
            lambda m, x: torch.einsum("bchw,oc->bohw", m.c(x), m.l.weight),
            c=conv(3, 8),
            l=nn.Linear(8, 6, bias=False),
        ),
    ),
    **{
        f"{one} for {other}": (classified(POOLS[one]), classified(POOLS[other]))
        for one in POOLS
        for other in POOLS
        if one < other
    },
    "a 1x1 convolution or a linear layer": (pointwise(), linear()),
    "squeezed and excited": (squeezed("linear"), squeezed("conv")),
    "places and channels mixed": (mixed("linear"), mixed("conv")),
    "patches": (nn.Conv2d(3, 8, (4, 2), stride=(4, 2)), Plain(by_patch, l=nn.Linear(24, 8))),
    "the whole map": (
        nn.Sequential(conv(3, 8), nn.Conv2d(8, 5, (12, 10)), nn.Flatten()),
        nn.Sequential(conv(3, 8), nn.Flatten(), nn.Linear(960, 5)),
    ),
    "a classifier before or after the pool's places are dropped": (
        nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 5, 1), nn.Flatten()),
        nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)),
    ),
    "a pad by nothing": (
        nn.Sequential(nn.ZeroPad2d(0), conv(3, 8)),
        conv(3, 8),
    ),
    **{
        f"a mask that is {way}": (windows("added"), windows(way))
        for way in ("filled into the bias", "kept", "chosen")
    },
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


def test_a_response_norm_behind_a_relu_is_one_layer():
    one = nn.Sequential(conv(3, 8), nn.ReLU(), nn.LocalResponseNorm(5))
    layers = ac.diff(one, one, input=[MAP]).record.left.layers
    assert [layer.kind for layer in layers] == ["conv", "relu", "lrn"]


@pytest.mark.parametrize("name", SAME)
def test_what_computes_the_same_is_the_same(name):
    one, other, *shape = SAME[name]
    shape = shape[0] if shape else MAP
    torch.testing.assert_close(*results(one, other, shape))
    one, other = one.float(), other.float()
    assert told(one, other, shape) == told(other, one, shape) == []


MODES = ("zeros", "reflect", "replicate", "circular")

CHANGED = {
    "a softmax of rows": (
        before(lambda m, x: x.softmax(1) * x),
        before(lambda m, x: x.softmax(3) * x),
        ["dim -3 became -1"],
    ),
    "a softmax of rows on the last axis too": (
        before(lambda m, x: ((y := x.permute(0, 2, 3, 1)).softmax(-1) * y).permute(0, 3, 1, 2)),
        before(lambda m, x: x.softmax(-1) * x),
        ["axes channels became -1"],
    ),
    "a norm without shift": (
        normed_by_torch(),
        normed(by_variance, shift=False),
        ["shift yes became no"],
    ),
    "relu6 written out": (
        activated(F.relu),
        activated(ACTIVATIONS["relu6"][2]),
        ["type relu became relu6"],
    ),
    # Marks 0 to 2 begin at rows 0, 4 and 9 in half of the columns, 3 rows to a window. The second
    # window, of rows 3 to 5, has mark 0 in 5 + 15 places, 1 in 10; the fourth, of rows 9 to 11, has
    # 0 in 15 places, 2 in 15; the third has 0 in 15, 1 in 15; the first has 0 alone.
    # 900 + 20^2 + 10^2 + 2 * (15^2 + 15^2) = 2300. From row 6 on, 900 in the second.
    "a mask with other parts": (
        windows("added"),
        windows("filled into the bias", (6, 9)),
        ["pattern 2300 of 3600 pairs became 2700 of 3600 pairs"],
    ),
    "no mask": (windows("added"), windows("nothing"), ["missing"]),
    "a scale along another axis": (
        scaled((8, 1, 1)),
        scaled((1, 8)),
        ["axis channels became -1"],
        (1, 3, 12, 8),
    ),
    "a scale of all channels": (scaled((8, 1, 1)), scaled((1,)), ["by weights became one weight"]),
    "patches of which some are merged twice": (merged("slices"), merged("some twice"), ["extra"]),
    "a mean over channels": (
        Plain(lambda m, x: m.c(x).mean((2, 3)), c=conv(3, 8)),
        Plain(lambda m, x: m.c(x).permute(0, 2, 3, 1).mean((1, 3)), c=conv(3, 8)),
        ["extra", "missing"],
        (1, 3, 12, 8),
    ),
    "a linear layer of another width": (pointwise(), linear(7), ["out 6 became 7"]),
    "a linear layer without bias": (pointwise(), linear(bias=False), ["bias yes became no"]),
    "a linear layer for a strided convolution": (
        pointwise(stride=2),
        linear(),
        ["stride 2x2 became 1x1"],
    ),
    "a linear layer for a grouped convolution": (
        pointwise(groups=2),
        linear(),
        ["groups 2 became 1"],
    ),
    "a linear layer for a convolution that pads": (
        pointwise(padding=1),
        linear(),
        ["padding 1 became 0"],
    ),
    "a 3x3 convolution for a linear layer": (
        linear(),
        nn.Sequential(conv(3, 8), conv(8, 6)),
        ["kernel 1x1 became 3x3"],
    ),
    "a pool to one place for none": (
        nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(2), nn.Conv2d(8, 5, 1), nn.Flatten()),
        nn.Sequential(conv(3, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)),
        ["to 2x2 became 1x1", "follows"],
    ),
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


@pytest.mark.parametrize(
    "other",
    [
        normed(lambda x, axis: by_variance(x, axis, correction=1)),
        normed(by_another_mean),
        normed(by_variance, shape=(1, 8)),
    ],
)
def test_what_is_no_norm_of_channels_is_none(other):
    shape = (1, 3, 12, 8)
    left, right = results(normed_by_torch(), other, shape)
    assert not torch.allclose(left, right)
    assert told(normed_by_torch(), other.float(), shape)


@pytest.mark.parametrize("one", ACTIVATIONS)
def test_no_activation_is_taken_for_another(one):
    for other, functions in ACTIVATIONS.items():
        assert (told(activated(ACTIVATIONS[one][0]), activated(functions[-1])) == []) == (
            one == other
        )
