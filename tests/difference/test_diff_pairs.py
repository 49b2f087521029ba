"""Pairs of small networks, the same or not on numbers: what `archcount diff` says of them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archcount as ac


class Plain(nn.Module):
    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *given):
        return self.function(self, *given)


def conv(into, out, kernel, **more):
    return nn.Conv2d(into, out, kernel, padding=kernel // 2, **more)


def filled(network):
    """Give the parameters numbers that follow from their order alone."""
    with torch.no_grad():
        for number, each in enumerate(network.parameters()):
            generator = torch.Generator().manual_seed(number)
            each.copy_(torch.randn(each.shape, generator=generator) / 3)
    return network.eval()


def are_same(one, other, *shapes):
    """Whether two networks give the same numbers, their parameters in order the same."""
    shapes_of = [[each.shape for each in network.parameters()] for network in (one, other)]
    if shapes_of[0] != shapes_of[1]:
        return False
    generator = torch.Generator().manual_seed(99)
    given = [torch.randn(shape, generator=generator) for shape in shapes]
    with torch.no_grad():
        left, right = filled(one)(*given), filled(other)(*given)
    return left.shape == right.shape and torch.allclose(left.float(), right.float(), atol=1e-4)


def told(one, other, *shapes):
    """What is said of the layers that are another."""
    found = ac.diff(one.eval(), other.eval(), input=list(shapes)).record
    pairs = [pair for row in found.rows for pair in row.pairs if pair.verdict != "same"]
    return [", ".join(map(str, pair.changes)) or pair.verdict for pair in pairs]


MAP = (1, 3, 12, 12)
WIDE = (1, 8, 12, 12)
LIST = (1, 8, 8)


def three():
    return {"a": conv(3, 8, 3), "b": conv(3, 8, 5), "d": conv(3, 8, 1)}


def plain(function, **parts):
    return Plain(function, **(parts or three()))


def one_by_one(function):
    return Plain(function, a=nn.Conv2d(3, 3, 1))


def listed(function):
    return Plain(function, a=nn.Linear(8, 8), b=nn.Linear(8, 3))


def run_in(order):
    def forward(m, x):
        for name in order:
            x = F.relu(getattr(m, name)(x))
        return x

    return Plain(forward, p=conv(8, 8, 3), q=conv(8, 8, 3))


def attention(query, key, value):
    part = nn.MultiheadAttention(32, 4, batch_first=True)
    return Plain(lambda m, *x: m.a(x[query], x[key], x[value])[0], a=part)


def scores(scale):
    return Plain(
        lambda m, x: torch.baddbmm(
            x.new_zeros(1, 1, 1), m.q(x), m.k(x).transpose(1, 2), beta=0, alpha=scale
        ),
        q=nn.Linear(8, 8),
        k=nn.Linear(8, 8),
    )


def towers(is_flipped):
    def tower(kernel):
        rest = [part for _ in range(5) for part in (conv(8, 8, 3), nn.ReLU())]
        return nn.Sequential(conv(3, 8, kernel), *rest)

    def forward(m, x):
        return m.b(x) + m.a(x) if is_flipped else m.a(x) + m.b(x)

    return Plain(forward, a=tower(3), b=tower(5))


def tied_branches(is_flipped):
    def forward(m, x):
        if is_flipped:
            q = m.b(x)
            p = m.a(x)
        else:
            p = m.a(x)
            q = m.b(x)
        return torch.cat([q + p if is_flipped else p + q, m.d(p)], 1)

    return Plain(forward, a=conv(3, 8, 1), b=conv(3, 8, 1), d=conv(8, 8, 1))


class Dense(nn.Module):
    def __init__(self, is_listed):
        super().__init__()
        self.is_listed = is_listed
        self.parts = nn.ModuleList(conv(8 + 4 * number, 4, 3) for number in range(3))

    def forward(self, x):
        kept = [x]
        for part in self.parts:
            if self.is_listed:
                kept.append(part(torch.cat(kept, 1)))
            else:
                x = torch.cat([x, part(x)], 1)
        return torch.cat(kept, 1) if self.is_listed else x


def up(**given):
    return nn.Upsample(mode="bilinear", **given)


def pooled(*given, **more):
    return nn.AvgPool2d(*given, **more)


def circular(m, x):
    return m.c(F.pad(x, (1, 1, 1, 1), mode="circular"))


# Each differs on numbers, though every weight has the same shape.
OTHERS = {
    "inputs swapped": (
        plain(lambda m, x, y: torch.cat([m.a(x), m.b(y)], 1)),
        plain(lambda m, x, y: torch.cat([m.a(y), m.b(x)], 1)),
        MAP,
        MAP,
    ),
    "an input ignored": (
        plain(lambda m, x, y: m.a(x + y)),
        plain(lambda m, x, y: m.a(x + x)),
        MAP,
        MAP,
    ),
    "queries and keys swapped": (
        attention(0, 1, 1),
        attention(1, 0, 0),
        (1, 10, 32),
        (1, 10, 32),
    ),
    "the place of the greatest": (
        plain(lambda m, x: m.a(x).max(1)[0]),
        plain(lambda m, x: m.a(x).max(1)[1]),
        MAP,
    ),
    "variance and mean swapped": (
        plain(lambda m, x: m.d(x) * torch.var_mean(m.a(x), (2, 3), keepdim=True)[0]),
        plain(lambda m, x: m.d(x) * torch.var_mean(m.a(x), (2, 3), keepdim=True)[1]),
        MAP,
    ),
    "corners aligned": (up(scale_factor=2), up(scale_factor=2, align_corners=True), MAP),
    "windows taken otherwise": (
        nn.Unfold(3, padding=1),
        nn.Unfold(3, dilation=2, padding=2),
        MAP,
    ),
    "the least of all": (
        one_by_one(lambda m, x: m.a(x).topk(3, 2)[0]),
        one_by_one(lambda m, x: m.a(x).topk(3, 2, largest=False)[0]),
        MAP,
    ),
    "sorted downwards": (
        one_by_one(lambda m, x: m.a(x).sort(2)[0]),
        one_by_one(lambda m, x: m.a(x).sort(2, descending=True)[0]),
        MAP,
    ),
    "summed along another axis": (
        listed(lambda m, x: m.b(m.a(x).sum(1))),
        listed(lambda m, x: m.b(m.a(x).sum(2))),
        LIST,
    ),
    "log of sums along another axis": (
        listed(lambda m, x: m.b(m.a(x).logsumexp([1]))),
        listed(lambda m, x: m.b(m.a(x).logsumexp([2]))),
        LIST,
    ),
    "a log softmax along another axis": (
        listed(lambda m, x: m.a(F.log_softmax(x, 1))),
        listed(lambda m, x: m.a(F.log_softmax(x, 2))),
        LIST,
    ),
    "rolled along another axis": (
        one_by_one(lambda m, x: m.a(x).roll((1, 2), (2, 3)) + x),
        one_by_one(lambda m, x: m.a(x).roll((1, 2), (3, 2)) + x),
        MAP,
    ),
    "statistics of the batch": (
        nn.BatchNorm2d(3),
        nn.BatchNorm2d(3, track_running_stats=False),
        MAP,
    ),
    "an instance norm": (nn.BatchNorm2d(3, affine=False), nn.InstanceNorm2d(3), MAP),
    "an instance norm of a batch": (
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.InstanceNorm2d(3, affine=True),
        (2, 3, 12, 12),
    ),
    "weights in common": (run_in("ppqq"), run_in("pqpq"), WIDE),
    "padding at one side": (
        nn.Sequential(nn.ZeroPad2d((0, 2, 0, 0)), nn.Upsample(size=(12, 14))),
        nn.Sequential(nn.ZeroPad2d((2, 0, 0, 0)), nn.Upsample(size=(12, 14))),
        MAP,
    ),
    "padding of a convolution at one side": (
        nn.Sequential(nn.ZeroPad2d((0, 2, 0, 2)), nn.Conv2d(3, 8, 3)),
        conv(3, 8, 3),
        MAP,
    ),
    "padding before what is no window": (
        nn.Sequential(nn.ZeroPad2d(2), nn.AdaptiveAvgPool2d(4)),
        nn.AdaptiveAvgPool2d(4),
        MAP,
    ),
    "padding with other numbers": (
        nn.Sequential(nn.ConstantPad2d(1, 5.0), nn.Conv2d(3, 8, 3)),
        conv(3, 8, 3),
        MAP,
    ),
    "padding with zeros below zero": (
        one_by_one(lambda m, x: F.max_pool2d(F.pad(-m.a(x).abs(), (1, 1, 1, 1)), 3, 2)),
        one_by_one(lambda m, x: F.max_pool2d(-m.a(x).abs(), 3, 2, 1)),
        MAP,
    ),
    "padding with what is reflected": (
        conv(3, 8, 3),
        conv(3, 8, 3, padding_mode="reflect"),
        MAP,
    ),
    "padding with the other side": (conv(3, 8, 3), Plain(circular, c=nn.Conv2d(3, 8, 3)), MAP),
    "padding that is not counted": (
        pooled(3, 1, 1),
        pooled(3, 1, 1, count_include_pad=False),
        MAP,
    ),
    "another divisor": (pooled(2), pooled(2, divisor_override=1), MAP),
    "a sum with a factor": (
        one_by_one(lambda m, x: torch.add(x, m.a(x), alpha=0.2)),
        one_by_one(lambda m, x: x + m.a(x)),
        MAP,
    ),
    "a sum with the factor on the other": (
        one_by_one(lambda m, x: torch.add(x, m.a(x), alpha=0.2)),
        one_by_one(lambda m, x: torch.add(m.a(x), x, alpha=0.2)),
        MAP,
    ),
    "a product with a factor": (scores(1), scores(0.125), LIST),
    "a leg run twice": (
        plain(lambda m, x, y: (m.a(x) - m.a(y)).abs()),
        plain(lambda m, x, y: (m.a(x) - m.a(x)).abs()),
        MAP,
        MAP,
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_gives_other_numbers_is_not_the_same(name):
    one, other, *shapes = OTHERS[name]
    assert not are_same(one, other, *shapes)
    assert ac.diff(one, other, input=shapes).is_changed
    assert ac.diff(other, one, input=shapes).is_changed
    for each in (one, other):
        assert not ac.diff(each, each, input=shapes).is_changed


def pooled_once(m, x):
    y = F.max_pool2d(x, 2)
    return torch.cat([m.a(y), m.b(y)], 1)


def activated_once(m, x):
    y = F.relu(m.n(x))
    return m.a(y) + m.b(y)


# Each gives the same numbers.
EQUALS = {
    "three summed in another order": (
        plain(lambda m, x: m.a(x) + m.b(x) + m.d(x)),
        plain(lambda m, x: m.a(x) + (m.b(x) + m.d(x))),
        MAP,
    ),
    "the sum of a list": (
        plain(lambda m, x: m.a(x) + m.b(x) + m.d(x)),
        plain(lambda m, x: sum([m.a(x), m.b(x), m.d(x)])),
        MAP,
    ),
    "long branches in another order": (towers(False), towers(True), MAP),
    "equal branches with other readers": (tied_branches(False), tied_branches(True), MAP),
    "concatenated in two steps": (
        plain(lambda m, x: torch.cat([torch.cat([m.a(x), m.b(x)], 1), m.d(x)], 1)),
        plain(lambda m, x: torch.cat([m.a(x), m.b(x), m.d(x)], 1)),
        MAP,
    ),
    "concatenated as it grows": (Dense(False), Dense(True), WIDE),
    "a factor or a size": (up(scale_factor=2), up(size=(24, 24)), MAP),
    "pooled once or twice": (
        plain(pooled_once),
        plain(lambda m, x: torch.cat([m.a(F.max_pool2d(x, 2)), m.b(F.max_pool2d(x, 2))], 1)),
        MAP,
    ),
    "activated once or twice": (
        Plain(activated_once, n=nn.BatchNorm2d(8), a=conv(8, 8, 3), b=conv(8, 8, 1)),
        Plain(
            lambda m, x: m.a(F.relu(m.n(x))) + m.b(F.relu(m.n(x))),
            n=nn.BatchNorm2d(8),
            a=conv(8, 8, 3),
            b=conv(8, 8, 1),
        ),
        WIDE,
    ),
    "a constant and its nearest in float32": (
        plain(lambda m, x: m.a(x) + 1e-6),
        plain(lambda m, x: m.a(x) + float(torch.tensor(1e-6))),
        MAP,
    ),
    "halved or divided by two": (
        one_by_one(lambda m, x: m.a(x) * 0.5),
        one_by_one(lambda m, x: m.a(x) / 2),
        MAP,
    ),
    "less three or plus minus three": (
        one_by_one(lambda m, x: m.a(x) - 3),
        one_by_one(lambda m, x: m.a(x) + -3),
        MAP,
    ),
    "a pool of every place by itself": (
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(10)),
        nn.Sequential(nn.Conv2d(3, 8, 3)),
        MAP,
    ),
    "scaled by the one or by the other": (
        plain(lambda m, x: m.a(x) * m.b(x).mean([2, 3], keepdim=True)),
        plain(lambda m, x: F.adaptive_avg_pool2d(m.b(x), 1) * m.a(x)),
        MAP,
    ),
    "a linear layer as an einsum": (
        nn.Sequential(nn.Linear(8, 3)),
        Plain(
            lambda m, x: torch.einsum("bnc,oc->bno", x, m.l.weight) + m.l.bias, l=nn.Linear(8, 3)
        ),
        LIST,
    ),
    "zeros around what is positive": (
        nn.Sequential(nn.ReLU(), nn.ZeroPad2d(1), nn.MaxPool2d(3, 2)),
        nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 2, 1)),
        MAP,
    ),
    "zeros that an average counts": (
        nn.Sequential(nn.ZeroPad2d(1), pooled(3, 2)),
        pooled(3, 2, 1),
        MAP,
    ),
    "padding of an even kernel": (
        nn.Sequential(nn.Conv2d(3, 8, 4, padding="same")),
        nn.Sequential(nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(3, 8, 4)),
        MAP,
    ),
    "a reflection by itself": (
        conv(3, 8, 3, padding_mode="reflect"),
        nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(3, 8, 3)),
        MAP,
    ),
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("name", EQUALS)
def test_what_gives_the_same_numbers_is_the_same(name):
    one, other, *shapes = EQUALS[name]
    assert are_same(one, other, *shapes)
    for pair in ((one, other), (other, one)):
        found = ac.diff(*pair, input=shapes).record
        assert not found.is_changed
        assert set(found.tally) == {"same"}
        assert not [each.remarks for row in found.rows for each in row.pairs if each.remarks]


def test_slices_of_one_weight_are_weights_by_themselves():
    def sliced(m, x):
        return F.linear(F.relu(F.linear(x, m.w[:8])), m.w[8:])

    def shared(m, x):
        return F.linear(F.relu(F.linear(x, m.w)), m.w)

    whole = Plain(sliced, w=nn.Parameter(torch.zeros(16, 8)))
    parts = [nn.Linear(8, 8, bias=False), nn.ReLU(), nn.Linear(8, 8, bias=False)]
    assert told(whole, nn.Sequential(*parts), LIST) == []
    once = Plain(shared, w=nn.Parameter(torch.zeros(8, 8)))
    assert told(whole, once, LIST) == ["weights its own became those of linear of the model"]


def headed(heads, width):
    """Attention by hand on a list that was made so wide."""

    def forward(m, x):
        x = m.e(x)
        parts = [m.q(x), m.k(x), m.v(x)]
        size = width // heads
        q, k, v = (part.view(1, 8, heads, size).transpose(1, 2) for part in parts)
        return ((q @ k.transpose(2, 3)).softmax(3) @ v).transpose(1, 2).reshape(1, 8, width)

    kept = {name: nn.Linear(width, width) for name in "qkv"}
    return Plain(forward, e=nn.Linear(8, width), **kept)


def test_another_number_of_heads_is_told_after_another_width():
    found = told(headed(4, 32), headed(8, 40), LIST)
    assert "out 32 became 40" in found
    assert "products 4 of 8x8 by 8x8 became 8 of 8x5 by 5x8" in found
    assert not [said for said in told(headed(4, 32), headed(4, 40), LIST) if "products" in said]


def test_a_pool_to_other_sizes_is_told_after_another_padding():
    one = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.AdaptiveAvgPool2d(1))
    other = nn.Sequential(nn.Conv2d(3, 8, 3), nn.AdaptiveAvgPool2d(7))
    assert told(one, other, MAP) == ["padding 1 became 0", "to 1x1 became 7x7"]


def test_what_is_told_is_true():
    same = conv(3, 8, 3)
    assert told(same, conv(3, 8, 3, padding_mode="reflect"), MAP) == [
        "padding mode zeros became reflect"
    ]
    whole = Plain(lambda m, x: m.l(m.a(x).flatten(1)), a=same, l=nn.Linear(1152, 5))
    edge = Plain(lambda m, x: m.l(m.a(x)[..., 0].flatten(1)), a=same, l=nn.Linear(96, 5))
    assert told(whole, edge, MAP) == ["in 1152 became 96"]
    norms = nn.BatchNorm2d(3, affine=False), nn.InstanceNorm2d(3)
    assert told(*norms, MAP) == ["type batch norm became instance norm"]
    swapped = [
        plain(lambda m, x, y: torch.cat([m.a(x), m.b(y)], 1)),
        plain(lambda m, x, y: torch.cat([m.a(x), m.b(x)], 1)),
    ]
    assert told(*swapped, MAP, MAP) == ["reads input 2 became input 1"]
    again = [
        Plain(lambda m, x: m.r(m.a(y := m.r(x))) + y, a=conv(3, 3, 1), r=nn.ReLU()),
        Plain(lambda m, x: (y := m.r(m.a(m.r(x)))) + y, a=conv(3, 3, 1), r=nn.ReLU()),
    ]
    assert told(*again, MAP) == [
        "reads r (relu) call 2, r (relu) call 1 became r (relu) call 2, r (relu) call 2"
    ]


def test_learnt_places_are_no_bias():
    def patches(m, x):
        x = m.p(x).flatten(2).transpose(1, 2)
        return x + m.places if hasattr(m, "places") else x

    bare = Plain(
        patches, p=nn.Conv2d(3, 8, 4, 4, bias=False), places=torch.nn.Parameter(torch.ones(1, 9, 8))
    )
    biased = Plain(patches, p=nn.Conv2d(3, 8, 4, 4))
    assert told(bare, biased, MAP) == ["bias no became yes", "missing"]
    shifted = Plain(
        lambda m, x: patches(m, x) + m.b,
        p=nn.Conv2d(3, 8, 4, 4, bias=False),
        b=nn.Parameter(torch.zeros(8)),
    )
    assert told(biased, shifted, MAP) == []
    axis = Plain(
        lambda m, x: m.c(x) + m.b, c=conv(3, 12, 3, bias=False), b=nn.Parameter(torch.ones(12))
    )
    assert told(conv(3, 12, 3), axis, MAP) == ["bias yes became no", "extra"]


def test_bags_of_other_tables_are_told():
    def bag(entries, **more):
        return nn.Sequential(nn.EmbeddingBag(entries, 8, **more)).eval()

    def changes(one, other):
        found = ac.diff(one, other, input="int64[1,7]").record
        return [str(change) for change in found.rows[0].pairs[0].changes]

    assert changes(bag(100), bag(200)) == ["entries 100 became 200"]
    assert changes(bag(100), bag(100, mode="sum")) == ["type mean became sum"]


class Block(nn.Module):
    """Three branches that any map of 24 channels goes through."""

    def __init__(self):
        super().__init__()
        self.branches = nn.ModuleList(conv(24, 8, kernel) for kernel in (1, 3, 5))

    def forward(self, x):
        return torch.cat([F.relu(branch(x)) for branch in self.branches], 1)


@pytest.mark.parametrize("numbers", [(3, 2), (2, 3)])
def test_a_block_that_came_or_went_is_told_as_one(numbers):
    one, other = (
        nn.Sequential(conv(3, 24, 3), *[Block() for _ in range(number)], nn.Conv2d(24, 5, 1))
        for number in numbers
    )
    found = ac.diff(one, other, input=[MAP]).record
    gone = "missing" if numbers == (3, 2) else "extra"
    # Three convolutions, three activations and their concatenation.
    assert found.tally[gone] == 7
    assert found.tally["changed"] == 0
    assert len([row for row in found.rows if row.verdict in (gone, "changed")]) == 1
