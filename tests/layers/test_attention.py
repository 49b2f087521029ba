"""Self-attention against its definition written out, and its numbers by hand."""

from __future__ import annotations

import math

import pytest
import torch

from archcount.errors import InvalidValueError
from archcount.layers import CATEGORIES, Shape
from archcount.layers.attention import Attention

SHAPE = Shape((8, 5), tokens=True)
"""Five tokens of width 8."""


def _by_definition(module, x, kind):
    """Attend with a loop over heads and tokens, as the papers define it."""
    dim = kind.head_dim(SHAPE)
    query, key, value = (
        getattr(module, f"{name}_proj")(x)[0].unflatten(1, (-1, dim)) for name in "qkv"
    )
    seen = torch.zeros(5, kind.heads, dim)
    for head in range(kind.heads):
        shared = head // (kind.heads // kind.kv_heads)
        for row in range(5):
            columns = range(row + 1 if kind.causal else 5)
            turned = [_turn(key[column, shared], column, kind.rotary) for column in columns]
            scores = [float(_turn(query[row, head], row, kind.rotary) @ each) for each in turned]
            if kind.positions == "xl":
                scores = _with_distances(module, query[row, head], turned, head, row)
            scores = [score / math.sqrt(dim) for score in scores]
            if kind.buckets:
                places = [_bucket(row - column, kind) for column in columns]
                scores = [
                    score + float(module.relative[place, head])
                    for score, place in zip(scores, places, strict=True)
                ]
            weights = torch.tensor(scores).softmax(0)
            seen[row, head] = sum(
                weight * value[column, shared]
                for weight, column in zip(weights, columns, strict=True)
            )
    return module.out_proj(seen.flatten(1))


def _turn(vector, position, base):
    """Turn each pair of the halves as a complex number: arXiv:2104.09864, eq. 12 and 15."""
    if not base:
        return vector
    half = len(vector) // 2
    turned = [
        complex(vector[place], vector[place + half]) * complex(math.cos(angle), math.sin(angle))
        for place in range(half)
        for angle in [position * base ** (-place / half)]
    ]
    return torch.tensor([each.real for each in turned] + [each.imag for each in turned])


def _with_distances(module, query, keys, head, row):
    """Score as arXiv:1901.02860, sec. 3.3: (q + u) k + (q + v) W R, of the distance to each key."""
    content, position = (
        getattr(module, f"{name}_bias").bias.unflatten(0, (-1, len(query)))[head]
        for name in ("content", "position")
    )
    projected = module.position_proj.weight.unflatten(0, (-1, len(query)))[head]
    scores = []
    for column, key in enumerate(keys):
        angles = [(row - column) * 10000 ** (-place / 4) for place in range(4)]
        waves = torch.tensor([*map(math.sin, angles), *map(math.cos, angles)])
        scores.append(float((query + content) @ key + (query + position) @ (projected @ waves)))
    return scores


def _bucket(apart, kind):
    """Return a distance's bucket as arXiv:1910.10683, sec. 2.1, and its code: logarithms to 128."""
    each = kind.buckets if kind.causal else kind.buckets // 2
    start, apart = (0 if apart >= 0 or kind.causal else each), abs(apart)
    exact = each // 2
    if apart < exact:
        return start + apart
    steps = math.log(apart / exact) / math.log(128 / exact) * (each - exact)
    return start + exact + min(each - exact - 1, int(steps + 1e-9))


def test_buckets_are_those_of_t5():
    # 16 each way: 8 exact, then floor(8 x log(d / 8) / log(16)): 16 is 2 steps, 32 is 4, 64 is 6
    options = {"heads": 1, "positions": "relative", "buckets": 32}
    found = Attention(**options).module(Shape((8, 200), tokens=True)).buckets[199:]
    assert [found[apart] for apart in (0, 1, 7, 8, 15, 16, 31, 32, 64, 127, 199)] == [
        0, 1, 7, 8, 9, 10, 11, 12, 14, 15, 15,
    ]  # fmt: skip
    for causal in (False, True):
        kind = Attention(**options, causal=causal)
        found = kind.module(Shape((8, 200), tokens=True)).buckets
        first = 0 if causal else -199
        assert found[first + 199 :] == [_bucket(apart, kind) for apart in range(first, 200)]


@pytest.mark.parametrize(
    "options",
    [
        {"heads": 2},
        {"heads": 2, "positions": "relative", "buckets": 8},
        {"heads": 2, "positions": "relative", "buckets": 4, "causal": True},
        {"heads": 4, "causal": True},
        {"heads": 4, "kv": 2, "bias": False},
        {"heads": 4, "kv": 1, "causal": True, "rotary": 100.0},
        {"heads": 3, "dim": 4, "rotary": 10.0, "qkv_bias": False},
        {"heads": 2, "positions": "xl"},
        {"heads": 4, "kv": 2, "dim": 3, "positions": "xl", "causal": True},
    ],
)
def test_attention_is_what_its_papers_define(options):
    kind = Attention(**options)
    module = kind.module(SHAPE)
    drawn = torch.Generator().manual_seed(3)
    x = torch.randn(1, 5, 8, generator=drawn)
    for tensor in module.parameters():  # biases that begin with zeros too
        torch.nn.init.normal_(tensor, std=0.3, generator=drawn)
    with torch.no_grad():
        assert torch.allclose(module(x)[0], _by_definition(module, x, kind), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "weights", "biases", "cost"),
    [
        # four of 8x8, at each of 5 tokens; 2 products of 2 heads x 5 x 5 pairs x 4;
        # 5 a pair of softmax; queries and keys are scaled
        (
            {"heads": 2},
            256,
            32,
            {"linear": 1280, "bias": 160, "matmul": 400, "softmax": 250, "scale": 80},
        ),
        # queries and back 8x8, keys and values 8x4; under the mask dense, its sum 4x25;
        # of 2 numbers a head 1 pair: exponent 1, angle 5, (4 + 2) heads x 5 x 1 x 4 = 120
        (
            {"heads": 4, "kv": 2, "causal": True, "rotary": 10.0, "bias": False},
            128 + 64,
            0,
            {
                "linear": 192 * 5,
                "matmul": 400,
                "softmax": 500,
                "scale": 80 + 1 + 5 + 120,
                "add": 100 + 30,
                "other": 1 + 2 * 5 + 30,
            },
        ),
        # 3 heads of 4: 3 of 8x12 and 12x8; without biases but back
        (
            {"heads": 3, "dim": 4, "qkv_bias": False},
            384,
            8,
            {"linear": 1920, "bias": 40, "matmul": 600, "softmax": 375, "scale": 120},
        ),
        # four of 8x8, and 8 buckets of 2 heads, added to 2 x 5 x 5 pairs
        (
            {"heads": 2, "positions": "relative", "buckets": 8},
            256 + 16,
            32,
            {"linear": 1280, "bias": 160 + 50, "matmul": 400, "softmax": 250, "scale": 80},
        ),
        # four of 8x8, and one at each of 9 distances, whose 4 angles are 4 exponents, 36 products,
        # 4 powers and 72 sines and cosines; queries with two biases, one of them scaled, and its
        # product with each distance, 2 heads x 5 x 9 x 4, which is added to 2 x 5 x 5 pairs
        (
            {"heads": 2, "positions": "xl"},
            256 + 64,
            32 + 16,
            {
                "linear": 1280 + 9 * 64 + 360,
                "bias": 160 + 80,
                "matmul": 400,
                "softmax": 250,
                "scale": 80 + 4 + 36 + 40,
                "add": 50,
                "other": 4 + 72,
            },
        ),
        # under a causal mask 5 distances
        (
            {"heads": 2, "positions": "xl", "causal": True, "bias": False},
            256 + 64,
            16,
            {
                "linear": 1280 + 5 * 64 + 200,
                "bias": 80,
                "matmul": 400,
                "softmax": 250,
                "scale": 80 + 4 + 20 + 40,
                "add": 50,
                "other": 4 + 40,
            },
        ),
    ],
)
def test_attention_counted_by_hand(options, weights, biases, cost):
    kind = Attention(**options)
    assert kind.output(SHAPE) == SHAPE
    assert kind.cost(SHAPE).as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert (kind.weights(SHAPE), kind.biases(SHAPE)) == (weights, biases)
    parameters = list(kind.module(SHAPE).parameters())
    assert sum(tensor.numel() for tensor in parameters) == weights + biases


def test_the_first_projections_need_no_gradient_of_what_nothing_learns_before():
    # 1,280 + 400 twice; without the inputs' gradients of three projections of 8x8 at 5 tokens
    kind = Attention(heads=2)
    assert kind.backward_macs(SHAPE, reaches_back=True) == 3_360
    assert kind.backward_macs(SHAPE, reaches_back=False) == 3_360 - 960
    # 400 + 1,280 + 360 twice; of the projection of what is not trained, its weights' gradient
    kind = Attention(heads=2, positions="xl")
    assert kind.backward_macs(SHAPE, reaches_back=True) == 4_080 + 576


@pytest.mark.parametrize(
    ("options", "shape", "says"),
    [
        ({"heads": 3}, SHAPE, "3 heads do not divide a width of 8"),
        ({"heads": 4, "kv": 3}, SHAPE, "3 heads of keys and values do not divide 4 heads"),
        ({"heads": 8, "rotary": 10.0}, SHAPE, "turn pairs, and a head has 1 numbers"),
        ({"heads": 2, "positions": "xl", "rotary": 10.0}, SHAPE, "xl beside rotary positions"),
        ({"heads": 1, "positions": "xl"}, Shape((7, 5), tokens=True), "make no width of 7"),
        ({"heads": 2, "positions": "xl"}, Shape((8, 5, 5), tokens=True), "no single position"),
        ({"heads": 2, "buckets": 8}, SHAPE, "they are of positions=relative in a sequence"),
        ({"heads": 2, "positions": "relative", "buckets": 6}, SHAPE, "else a multiple of 4"),
        ({"heads": 2, "positions": "relative", "tied": "a"}, SHAPE, "of the numbers of buckets"),
        ({"heads": 2}, Shape((8, 5)), "needs a sequence of tokens"),
    ],
)
def test_heads_that_do_not_fit_are_refused_in_words(options, shape, says):
    with pytest.raises(InvalidValueError, match=says):
        Attention(**options).output(shape)
