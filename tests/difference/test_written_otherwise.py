"""Attention, norms and activations in other words: the same for `diff` as they are on numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archcount as ac

WIDTH, HEADS, LENGTH = 32, 4, 6
SIZE = WIDTH // HEADS
TOKENS = (1, LENGTH, WIDTH)


class Written(nn.Module):
    """A function of a module and what it is given, with parts of its own."""

    def __init__(self, function: Callable[..., Tensor], **parts: nn.Module | nn.Parameter) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def numbers(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64) / 2


def linear(weight: Tensor, bias: Tensor | None = None) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


def record(one: nn.Module, other: nn.Module, shape: tuple[int, ...] = TOKENS):
    given = numbers(*shape, seed=9)
    return ac.diff(one.eval(), other.eval(), input=[given]).record


def told(one: nn.Module, other: nn.Module, shape: tuple[int, ...] = TOKENS) -> list[str]:
    """What is said of the layers that are another."""
    return said(record(one, other, shape))


def said(found) -> list[str]:
    pairs = [pair for row in found.rows for pair in row.pairs]
    return [
        ", ".join(map(str, pair.changes)) or f"{pair.verdict} {pair.left or pair.right}"
        for pair in pairs
        if pair.verdict != "same"
    ]


def told_on_the_cpu(one: nn.Module, other: nn.Module) -> list[str]:
    """What is said where all numbers are there."""
    found = ac.diff(one, other, input=[numbers(*TOKENS, seed=9)], device="cpu").record
    return said(found)


def remarks(one: nn.Module, other: nn.Module, shape: tuple[int, ...] = TOKENS) -> set[str]:
    rows = record(one, other, shape).rows
    return {remark for row in rows for pair in row.pairs for remark in pair.remarks}


def is_equal_on_numbers(one: nn.Module, other: nn.Module, shape: tuple[int, ...] = TOKENS) -> bool:
    given = numbers(*shape, seed=9)
    with torch.no_grad():
        return torch.allclose(one.eval()(given), other.eval()(given), rtol=1e-9, atol=1e-9)


# Scores and what comes of them; what a query does not see is `hidden`, or nothing is.


def fused(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=causal, scale=scale)


def fused_with_mask(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    seen = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device)
    return F.scaled_dot_product_attention(q, k, v, seen.tril() if causal else None, scale=scale)


def hidden(q: Tensor, k: Tensor) -> Tensor:
    return torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=q.device).triu(1)


def filled(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    scores = q @ k.transpose(-2, -1) * scale
    if causal:
        scores = scores.masked_fill(hidden(q, k), float("-inf"))
    return scores.softmax(-1) @ v


def divided_queries(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    scores = (q / (1 / scale)) @ k.transpose(-2, -1)
    if causal:
        scores = scores + torch.full_like(scores[0, 0], float("-inf")).triu(1)
    return F.softmax(scores, dim=-1) @ v


def both_scaled(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    scores = torch.einsum("bhid,bhjd->bhij", q * scale**0.5, k * scale**0.5)
    if causal:
        scores = torch.where(hidden(q, k), torch.finfo(scores.dtype).min, scores)
    return torch.einsum("bhij,bhjd->bhid", scores.softmax(-1), v)


def by_a_tensor(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    scores = torch.matmul(q, k.transpose(-1, -2))
    scores = scores / torch.full([], 1 / scale, dtype=q.dtype, device=q.device)
    places = torch.arange(q.shape[2], device=q.device)
    if causal:
        scores = scores.masked_fill(places[None, :] > places[:, None], -1e9)
    return torch.matmul(scores.softmax(-1), v)


def in_one_product(q: Tensor, k: Tensor, v: Tensor, scale: float, causal: bool) -> Tensor:
    q, k, v = (x.flatten(0, 1) for x in (q, k, v))
    mask = torch.zeros(q.shape[1], k.shape[1], dtype=q.dtype, device=q.device)
    if causal:
        mask = mask.masked_fill(torch.ones_like(mask, dtype=torch.bool).triu(1), float("-inf"))
    scores = torch.baddbmm(mask, q * scale, k.transpose(1, 2))
    return torch.bmm(scores.softmax(-1), v).unsqueeze(0)


PRODUCTS = {
    each.__name__: each
    for each in (
        fused,
        fused_with_mask,
        filled,
        divided_queries,
        both_scaled,
        by_a_tensor,
        in_one_product,
    )
}
LINEARS = ("one", "three", "two", "one by heads")


def attention(
    product: str = "fused",
    linears: str = "three",
    *,
    heads: int = HEADS,
    scale: float | None = None,
    causal: bool = False,
    bias: tuple[bool, bool, bool] = (True, True, True),
    turn: tuple[str, str] = ("", ""),
) -> nn.Module:
    """Attention in some words; its weights are the same in all."""
    size = WIDTH // heads
    weight, shift = numbers(3 * WIDTH, WIDTH, seed=1), numbers(3 * WIDTH, seed=2)
    parts: dict[str, nn.Module] = {"back": linear(numbers(WIDTH, WIDTH, seed=3))}
    if linears in ("one", "one by heads"):
        assert len(set(bias)) == 1
        kept = shift if bias[0] else None
        if linears == "one by heads":  # q, k and v of each head beside one another
            order = torch.arange(3 * WIDTH).view(3, heads, size).transpose(0, 1).flatten()
            weight, kept = weight[order], None if kept is None else kept[order]
        parts["qkv"] = linear(weight, kept)
    elif linears == "two":
        parts["q"] = linear(weight[:WIDTH], shift[:WIDTH])
        parts["kv"] = linear(weight[WIDTH:], shift[WIDTH:])
    else:
        each = zip("qkv", weight.chunk(3), shift.chunk(3), bias, strict=True)
        parts |= {name: linear(part, more if has else None) for name, part, more, has in each}

    def split(m: nn.Module, x: Tensor) -> list[Tensor]:
        if linears == "one by heads":
            return [each.transpose(1, 2) for each in m.qkv(x).view(1, -1, heads, 3, size).unbind(3)]
        if linears == "one":
            found = m.qkv(x).chunk(3, dim=-1)
        elif linears == "two":
            found = (m.q(x), *m.kv(x).split(WIDTH, dim=-1))
        else:
            found = (m.q(x), m.k(x), m.v(x))
        return [each.view(1, -1, heads, size).transpose(1, 2) for each in found]

    def forward(m: nn.Module, x: Tensor) -> Tensor:
        q, k, v = split(m, x)
        q, k = (TURNS[how](each) if how else each for how, each in zip(turn, (q, k), strict=True))
        seen = PRODUCTS[product](q, k, v, size**-0.5 if scale is None else scale, causal)
        return m.back(seen.transpose(1, 2).reshape(1, -1, WIDTH))

    return Written(forward, **parts)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("linears", LINEARS)
@pytest.mark.parametrize("product", PRODUCTS)
def test_attention_is_the_same_however_it_is_written(
    product: str, linears: str, causal: bool
) -> None:
    one, other = attention("fused", causal=causal), attention(product, linears, causal=causal)
    assert is_equal_on_numbers(one, other)
    for pair in ((one, other), (other, one)):
        assert told(*pair) == []
    number = {"one": "one linear for three", "two": "one linear for two"}.get(linears[:3])
    expected = {f"{number}: the same in what is computed"} if number else set()
    assert remarks(one, other) == expected


def test_torchs_module_is_attention_by_hand() -> None:
    module = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True, dtype=torch.float64)
    by_hand = attention("filled", "three")
    with torch.no_grad():
        module.in_proj_weight.copy_(numbers(3 * WIDTH, WIDTH, seed=1))
        module.in_proj_bias.copy_(numbers(3 * WIDTH, seed=2))
        module.out_proj.weight.copy_(numbers(WIDTH, WIDTH, seed=3))
        module.out_proj.bias.zero_()
    for need_weights in (False, True):
        one = Written(lambda m, x, w=need_weights: m.a(x, x, x, need_weights=w)[0], a=module)
        assert is_equal_on_numbers(one, by_hand)
        assert told(one, by_hand) == ["bias yes became no"]  # of the projection back


GQA = {
    "torch's": lambda k: k,
    "packed": lambda k: k,
    "repeated": lambda k: k.repeat_interleave(2, dim=1),
    "spread": lambda k: k[:, :, None].expand(1, 2, 2, *k.shape[2:]).reshape(1, 4, *k.shape[2:]),
}


def grouped(style: str) -> nn.Module:
    def forward(m: nn.Module, x: Tensor) -> Tensor:
        if style == "packed":
            parts = m.qkv(x).split((WIDTH, WIDTH // 2, WIDTH // 2), dim=-1)
        else:
            parts = (m.q(x), m.k(x), m.v(x))
        q, k, v = (part.view(1, -1, n, SIZE).transpose(1, 2)
                   for part, n in zip(parts, (4, 2, 2), strict=True))  # fmt: skip
        gqa = style in ("torch's", "packed")
        k, v = GQA[style](k), GQA[style](v)
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=gqa).transpose(1, 2).flatten(2)

    weight = numbers(2 * WIDTH, WIDTH, seed=1)
    if style == "packed":
        return Written(forward, qkv=linear(weight))
    parts = weight.split((WIDTH, WIDTH // 2, WIDTH // 2))
    return Written(forward, **{n: linear(part) for n, part in zip("qkv", parts, strict=True)})


@pytest.mark.parametrize("product", PRODUCTS)
def test_attention_is_the_same_on_the_cpu(product: str) -> None:
    one, other = attention("fused", causal=True), attention(product, "one", causal=True)
    assert told_on_the_cpu(one, other) == []
    assert told_on_the_cpu(one, attention(product)) == ["missing mask causal"]


@pytest.mark.parametrize("style", GQA)
def test_grouped_keys_are_the_same_however_they_are_repeated(style: str) -> None:
    one, other = grouped("torch's"), grouped(style)
    assert is_equal_on_numbers(one, other)
    assert told(one, other) == []


# One thing is wrong in each; heads of 8 have the scale 0.353553.
ERRORS = {
    "the scale of the width": ({"scale": 1 / SIZE}, ["scale 0.353553 became 0.125"]),
    "no scale": ({"scale": 1.0}, ["scale 0.353553 became 1"]),
    "no mask": ({"causal": False}, ["missing mask causal"]),
    "a bias left out": ({"bias": (True, True, False)}, ["bias yes became no"]),
    "half as many heads": (
        {"heads": 2, "scale": SIZE**-0.5},
        [
            "products 4 of 6x8 by 8x6 became 2 of 6x16 by 16x6",
            "products 4 of 6x6 by 6x8 became 2 of 6x6 by 6x16",
        ],
    ),
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", ERRORS)
def test_what_is_wrong_with_attention_is_said(name: str, product: str) -> None:
    change, expected = ERRORS[name]
    one = attention("fused", causal=True)
    other = attention(product, **{"causal": True, **change})
    assert not is_equal_on_numbers(one, other)
    assert [each for each in told(one, other) if not each.startswith("follows")] == expected


def with_slopes(style: str, slope: float = 0.25) -> nn.Module:
    """Attention whose scores fall with the distance, as ALiBi's do, and that sees nothing after."""

    def forward(m: nn.Module, x: Tensor) -> Tensor:
        q, k = (part(x).view(1, -1, HEADS, SIZE).transpose(1, 2) for part in (m.q, m.k))
        v = x.view(1, -1, HEADS, SIZE).transpose(1, 2)
        places = torch.arange(x.shape[1], device=x.device)
        slopes = slope ** torch.arange(1, HEADS + 1, device=x.device, dtype=x.dtype)
        bias = slopes[:, None, None] * (places - places[:, None])
        hidden = places > places[:, None]
        if style == "torch's":
            mask = bias.masked_fill(hidden, float("-inf"))
            return F.scaled_dot_product_attention(q, k, v, mask)
        if style == "baddbmm":
            scores = torch.baddbmm(bias, q[0], k[0].mT, beta=1.0, alpha=SIZE**-0.5)[None]
        else:
            scores = q @ k.mT / math.sqrt(SIZE) + bias
        if style != "no mask":
            scores = scores + torch.zeros_like(scores).masked_fill(hidden, float("-inf"))
        return scores.softmax(-1) @ v

    return Written(forward, **{n: linear(numbers(WIDTH, WIDTH, seed=ord(n))) for n in "qk"})


def test_a_mask_among_numbers_is_a_mask_behind_them() -> None:
    one = with_slopes("torch's")
    for style in ("baddbmm", "by hand"):
        assert is_equal_on_numbers(one, with_slopes(style))
        assert told(one, with_slopes(style)) == []
    assert told(one, with_slopes("no mask")) == ["missing mask causal"]


def test_a_bias_of_a_packed_linear_layer_is_said() -> None:
    packed = attention("fused", "one", bias=(False, False, False))
    for bias in ((True, True, True), (True, False, True)):
        found = told(packed, attention("fused", "three", bias=bias))
        assert found == [f"bias no became {'yes' if all(bias) else 'of 2 of 3'}"]
    assert remarks(packed, attention()) == {"three linears for one"}


def test_a_trained_scale_is_no_constant() -> None:
    def trained(m: nn.Module, x: Tensor) -> Tensor:
        return ((m.q(x) * m.scale) @ x.mT).softmax(-1) @ x

    one = Written(
        trained, q=linear(numbers(WIDTH, WIDTH)), scale=nn.Parameter(torch.full((1,), 0.5).double())
    )
    other = Written(
        lambda m, x: ((m.q(x) * 0.5) @ x.mT).softmax(-1) @ x, q=linear(numbers(WIDTH, WIDTH))
    )
    assert is_equal_on_numbers(one, other)
    for found in (told(one, other), told_on_the_cpu(one, other)):
        assert found == ["missing mul by one weight", "scale 1 became 0.5"]


def test_a_width_of_a_packed_linear_layer_is_said() -> None:
    def gated(widths: tuple[int, ...], down: int) -> nn.Module:
        parts = {f"p{n}": linear(numbers(w, WIDTH, seed=5 + n)) for n, w in enumerate(widths)}

        def forward(m: nn.Module, x: Tensor) -> Tensor:
            found = torch.cat([getattr(m, name)(x) for name in parts], -1)
            gate, up = found.chunk(2, dim=-1)
            return m.down(F.silu(gate) * up)

        return Written(forward, down=linear(numbers(WIDTH, down, seed=8)), **parts)

    assert "out 128 became 124" in told(gated((128,), 64), gated((124,), 62))


def swiglu(style: str, width: int = 48) -> nn.Module:
    both = numbers(2 * width, WIDTH, seed=4)
    down = linear(numbers(WIDTH, width, seed=5))
    if style == "one":

        def packed(m: nn.Module, x: Tensor) -> Tensor:
            gate, up = m.w(x).chunk(2, dim=-1)
            return m.down(F.silu(gate) * up)

        return Written(packed, w=linear(both), down=down)
    gate, up = map(linear, both.chunk(2))
    if style == "by hand":
        return Written(
            lambda m, x: m.down((y := m.gate(x)) * torch.sigmoid(y) * m.up(x)),
            gate=gate, up=up, down=down,
        )  # fmt: skip
    return Written(lambda m, x: m.down(F.silu(m.gate(x)) * m.up(x)), gate=gate, up=up, down=down)


def test_gate_and_up_may_be_one_linear_layer() -> None:
    one, other, by_hand = map(swiglu, ("two", "one", "by hand"))
    assert is_equal_on_numbers(one, other)
    assert is_equal_on_numbers(one, by_hand)
    assert told(one, other) == told(other, one) == told(one, by_hand) == []
    assert remarks(one, other) == {"one linear for two: the same in what is computed"}
    assert remarks(other, one) == {"two linears for one: the same in what is computed"}
    assert "out 96 became 80" in told(other, swiglu("one", 40))


# Rotations of queries and keys.


def angles(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of each pair, (length, pairs)."""
    pairs = x.shape[-1] // 2
    steps = 100.0 ** (-torch.arange(pairs, device=x.device, dtype=torch.float64) / pairs)
    found = torch.arange(x.shape[2], device=x.device)[:, None] * steps
    return found.cos().to(x.dtype), found.sin().to(x.dtype)


def by_halves(x: Tensor) -> Tensor:
    cos, sin = angles(x)
    one, two = x.chunk(2, dim=-1)
    return torch.cat((one * cos - two * sin, two * cos + one * sin), dim=-1)


def half_turned(x: Tensor) -> Tensor:
    cos, sin = (torch.cat((each, each), -1) for each in angles(x))
    half = x.shape[-1] // 2
    turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
    return x * cos + turned * sin


def by_neighbours(x: Tensor) -> Tensor:
    cos, sin = angles(x)
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


def neighbour_turned(x: Tensor) -> Tensor:
    cos, sin = (each.repeat_interleave(2, dim=-1) for each in angles(x))
    turned = torch.stack((-x[..., 1::2], x[..., ::2]), dim=-1).flatten(-2)
    return x * cos + turned * sin


def as_complex(x: Tensor) -> Tensor:
    cos, sin = angles(x)
    turn = torch.polar(torch.ones_like(cos), torch.atan2(sin, cos))
    pairs = torch.view_as_complex(x.reshape(*x.shape[:-1], -1, 2))
    return torch.view_as_real(pairs * turn).flatten(-2)


def of_a_part(x: Tensor) -> Tensor:
    return torch.cat((by_halves(x[..., :4]), x[..., 4:]), dim=-1)


def of_a_part_turned(x: Tensor) -> Tensor:
    turned, rest = x.split((4, x.shape[-1] - 4), dim=-1)
    return torch.cat((half_turned(turned), rest), dim=-1)


def backwards(x: Tensor) -> Tensor:
    cos, sin = (torch.cat((each, each), -1) for each in angles(x))
    half = x.shape[-1] // 2
    turned = torch.cat((x[..., half:], -x[..., :half]), dim=-1)
    return x * cos + turned * sin


def swapped(x: Tensor) -> Tensor:
    sin, cos = angles(x)
    one, two = x.chunk(2, dim=-1)
    return torch.cat((one * cos - two * sin, two * cos + one * sin), dim=-1)


TURNS = {
    each.__name__: each
    for each in (
        by_halves,
        half_turned,
        by_neighbours,
        neighbour_turned,
        as_complex,
        of_a_part,
        of_a_part_turned,
        backwards,
        swapped,
    )
}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("by_halves", "half_turned"),
        ("by_neighbours", "neighbour_turned"),
        ("by_neighbours", "as_complex"),
        ("of_a_part", "of_a_part_turned"),
    ],
)
def test_rotations_are_the_same_however_they_are_written(one: str, other: str) -> None:
    pair = [attention(turn=(style, style)) for style in (one, other)]
    assert is_equal_on_numbers(*pair)
    assert told(*pair) == told(*reversed(pair)) == []
    assert remarks(*pair) == set()


def test_rotations_of_other_pairs_are_the_same_with_weights_in_another_order() -> None:
    halves, neighbours = (attention(turn=(each, each)) for each in ("by_halves", "by_neighbours"))
    assert not is_equal_on_numbers(halves, neighbours)
    assert told(halves, neighbours) == []
    [remark] = remarks(halves, neighbours)
    assert remark.startswith("turns neighbours for halves: the same with the outputs of the linear")
    # The halves of each head as neighbours: 0, 4, 1, 5, 2, 6, 3, 7.
    order = torch.arange(WIDTH).view(HEADS, 2, SIZE // 2).transpose(1, 2).flatten()
    with torch.no_grad():
        for name in "qk":
            layer = getattr(neighbours, name)
            layer.weight.copy_(layer.weight[order])
            layer.bias.copy_(layer.bias[order])
    assert is_equal_on_numbers(halves, neighbours)


def test_a_rotation_left_out_is_said() -> None:
    both, one = attention(turn=("by_halves", "by_halves")), attention(turn=("half_turned", ""))
    assert told(both, one) == ["missing rotary size 8"]
    assert told(one, both) == ["extra rotary size 8"]
    part = attention(turn=("of_a_part", "of_a_part"))
    assert told(both, part) == ["size 8 became 4"] * 2


def test_angles_of_another_base_are_said() -> None:
    def turned(base: float, style: str) -> nn.Module:
        def turn(x: Tensor) -> Tensor:
            frequencies = 1.0 / base ** (torch.arange(0, SIZE, 2, device=x.device) / SIZE)
            found = torch.outer(torch.arange(x.shape[1], device=x.device), frequencies)
            if style == "complex":
                pairs = torch.view_as_complex(x.float().reshape(1, x.shape[1], -1, 2))
                turned = pairs * torch.polar(torch.ones_like(found), found)
                return torch.view_as_real(turned).flatten(2).to(x.dtype)
            found = torch.cat((found, found), -1)
            one, two = x.chunk(2, -1)
            return x * found.cos() + torch.cat((-two, one), -1) * found.sin()

        return Written(lambda m, x: turn(m.q(x)), q=linear(numbers(SIZE, WIDTH, seed=4)))

    for style in ("halves", "complex"):
        assert told(turned(10_000.0, style), turned(500_000.0, style)) == [
            "base 10000 became 500000"
        ]
        assert told(turned(10_000.0, style), turned(10_000.0, style)) == []
    assert told(turned(10_000.0, "halves"), turned(10_000.0, "complex")) == []


@pytest.mark.parametrize("wrong", ["backwards", "swapped"])
def test_another_rotation_is_not_the_same(wrong: str) -> None:
    right, other = (attention(turn=(each, "half_turned")) for each in ("half_turned", wrong))
    assert not is_equal_on_numbers(right, other)
    assert told(right, other)


# Norms and activations.


def root(x: Tensor) -> Tensor:
    return x.pow(2).mean(-1, keepdim=True) + 1e-6


NORMS = {
    "torch's": lambda x: F.rms_norm(x, (WIDTH,), eps=1e-6),
    "rsqrt": lambda x: x * torch.rsqrt(root(x)),
    "rsqrt before": lambda x: torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-6) * x,
    "a quotient": lambda x: x / torch.sqrt(x.square().mean(dim=-1, keepdim=True) + 1e-6),
    "a power": lambda x: x * (x**2).mean(-1, keepdim=True).add(1e-6).pow(-0.5),
}


@pytest.mark.parametrize("name", NORMS)
def test_root_mean_squares_are_the_same_however_they_are_written(name: str) -> None:
    scale = numbers(WIDTH, seed=6)

    def normed(function: Callable[[Tensor], Tensor], kept: Tensor, more: int = 0) -> nn.Module:
        return Written(
            lambda m, x: m.l((more + m.g) * function(x) if more else m.g * function(x)),
            g=nn.Parameter(kept), l=linear(numbers(WIDTH, WIDTH, seed=7)),
        )  # fmt: skip

    one, other = normed(NORMS["torch's"], scale), normed(NORMS[name], scale)
    plus_one = normed(NORMS[name], scale - 1, 1)
    module = nn.Sequential(nn.RMSNorm(WIDTH, dtype=torch.float64), linear(numbers(WIDTH, WIDTH)))
    assert is_equal_on_numbers(one, other)
    assert is_equal_on_numbers(one, plus_one)
    assert told(one, other) == told(one, plus_one) == told(module, other) == []
    bare = Written(lambda m, x: m.l(NORMS[name](x)), l=linear(numbers(WIDTH, WIDTH)))
    assert told(one, bare) == ["scale yes became no"]
    layer = nn.Sequential(nn.LayerNorm(WIDTH, dtype=torch.float64), linear(numbers(WIDTH, WIDTH)))
    assert told(layer, other) == ["type layer norm became rms norm"]


def test_a_scale_of_the_other_axis_is_no_scale_of_a_norm() -> None:
    def scaled(is_turned: bool) -> nn.Module:
        def forward(m: nn.Module, x: Tensor) -> Tensor:
            x = NORMS["rsqrt"](x)
            return (x.mT * m.g).mT if is_turned else x * m.g

        return Written(forward, g=nn.Parameter(numbers(WIDTH, seed=3)))

    square = (1, WIDTH, WIDTH)
    assert not is_equal_on_numbers(scaled(False), scaled(True), square)
    assert told(scaled(False), scaled(True), square)


def test_what_is_no_root_mean_square_is_not_the_same() -> None:
    right = Written(lambda m, x: NORMS["rsqrt"](x))
    wrong = [
        lambda m, x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6),
        lambda m, x: x * torch.rsqrt(x.pow(4).mean(-1, keepdim=True) + 1e-6),
        lambda m, x: x * torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6),
        lambda m, x: x.roll(1, -1) * torch.rsqrt(root(x)),
        lambda m, x: x[..., :16] * torch.rsqrt(root(x)),
    ]
    for function in wrong:
        assert told(right, Written(function))


def centred(x: Tensor, axis: int) -> Tensor:
    return x - x.mean(axis, keepdim=True)


LAYER_NORMS = {
    "a quotient": lambda x, axis: (
        centred(x, axis)
        / torch.sqrt((x - x.mean(axis, keepdim=True)).pow(2).mean(axis, True) + 1e-5)
    ),
    "by variance": lambda x, axis: (
        centred(x, axis) * torch.rsqrt(x.var(axis, unbiased=False, keepdim=True) + 1e-5)
    ),
}


def by_layer(style: str, *, is_map: bool = False, has_shift: bool = True) -> nn.Module:
    """A norm behind a layer, which says which axis holds the channels."""
    scale, shift = (nn.Parameter(numbers(WIDTH, seed=at)) for at in (1, 2))
    before: nn.Module = linear(numbers(WIDTH, WIDTH, seed=3))
    if is_map:
        before = nn.Conv2d(WIDTH, WIDTH, 1, bias=False, dtype=torch.float64)
        with torch.no_grad():
            before.weight.copy_(numbers(WIDTH, WIDTH, 1, 1, seed=3))

    def forward(m: nn.Module, x: Tensor) -> Tensor:
        x = m.c(x)
        if style == "torch's":
            x = x.permute(0, 2, 3, 1) if is_map else x
            x = F.layer_norm(x, (WIDTH,), m.g, m.b if has_shift else None, eps=1e-5)
            return x.permute(0, 3, 1, 2) if is_map else x
        x = LAYER_NORMS[style](x, 1 if is_map else -1)
        g, b = (each[:, None, None] if is_map else each for each in (m.g, m.b))
        return g * x + b if has_shift else g * x

    return Written(forward, c=before, g=scale, b=shift)


@pytest.mark.parametrize("style", LAYER_NORMS)
@pytest.mark.parametrize("is_map", [False, True])
def test_layer_norms_are_the_same_however_they_are_written(style: str, is_map: bool) -> None:
    shape = (1, WIDTH, 5, 5) if is_map else TOKENS
    one, other = by_layer("torch's", is_map=is_map), by_layer(style, is_map=is_map)
    assert is_equal_on_numbers(one, other, shape)
    assert told(one, other, shape) == told(other, one, shape) == []
    bare = by_layer(style, is_map=is_map, has_shift=False)
    assert told(one, bare, shape) == ["shift yes became no"]


def test_what_is_no_layer_norm_is_not_the_same() -> None:
    right = Written(lambda m, x: F.layer_norm(x, (WIDTH,)))
    wrong = [
        lambda x: centred(x, -1) / torch.sqrt(x.var(-1, keepdim=True) + 1e-5),  # unbiased
        lambda x: x / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-5),
        lambda x: centred(x, 1) / torch.sqrt(x.var(-1, unbiased=False, keepdim=True) + 1e-5),
        lambda x: centred(x, 1) / torch.sqrt(centred(x, -1).pow(2).mean(-1, True) + 1e-5),
        lambda x: centred(x, -1) / torch.sqrt(x.pow(2).mean(-1, True) + 1e-5),
    ]
    for function in wrong:
        other = Written(lambda m, x, f=function: f(x))
        assert not is_equal_on_numbers(right, other)
        assert told(right, other)


TANH = math.sqrt(2 / math.pi)
ACTIVATIONS = {
    "gelu": [
        F.gelu,
        lambda x: x * 0.5 * (1.0 + torch.erf(x / math.sqrt(2.0))),
        lambda x: 0.5 * (x * (1 + (x * 0.7071067811865476).erf())),
    ],
    "gelu by tanh": [
        lambda x: F.gelu(x, approximate="tanh"),
        lambda x: 0.5 * x * (1.0 + torch.tanh(TANH * (x + 0.044715 * torch.pow(x, 3.0)))),
        lambda x: 0.5 * x * (1 + torch.tanh(x * 0.7978845608 * (1 + 0.044715 * x * x))),
        lambda x: x * torch.sigmoid(2 * TANH * (x + 0.044715 * x**3)),
    ],
    "silu": [F.silu, lambda x: x * torch.sigmoid(x), lambda x: x / (1 + torch.exp(-x))],
    "relu": [F.relu, lambda x: (x + x.abs()) / 2],
    "hard swish": [F.hardswish, lambda x: x * F.relu6(x + 3) / 6],
    "mish": [F.mish, lambda x: x * torch.tanh(F.softplus(x))],
    "sigmoid of a multiple": [
        lambda x: x * torch.sigmoid(1.702 * x),
        lambda x: torch.sigmoid(x * 1.702) * x,
    ],
    "gelu with another factor": [
        lambda x: 0.5 * x * (1 + torch.tanh(TANH * (x + 0.04 * x**3))),
    ],
}


def activated(function: Callable[[Tensor], Tensor]) -> nn.Module:
    return Written(
        lambda m, x: m.b(function(m.a(x))),
        a=linear(numbers(WIDTH, WIDTH, seed=1)), b=linear(numbers(WIDTH, WIDTH, seed=2)),
    )  # fmt: skip


@pytest.mark.parametrize("one", ACTIVATIONS)
@pytest.mark.parametrize("other", ACTIVATIONS)
def test_activations_are_the_same_where_their_numbers_are(one: str, other: str) -> None:
    first = activated(ACTIVATIONS[one][0])
    for function in ACTIVATIONS[other]:
        second = activated(function)
        assert is_equal_on_numbers(first, second) == (one == other)
        assert (told(first, second) == []) == (one == other)


def test_activations_of_other_parts_are_none() -> None:
    silu = activated(F.silu)
    wrong = [
        lambda x: x * torch.sigmoid(x.flip(-1)),
        lambda x: x * torch.sigmoid(x.roll(1, 1)),
        lambda x: x * torch.sigmoid(x.mT[:, :6].mT.repeat(1, 1, 6)[..., :WIDTH]),
    ]
    for function in wrong:
        assert told(silu, activated(function))
    outer = Written(lambda m, x: (y := m.a(x)[..., 0])[:, None] * torch.sigmoid(y[..., None]),
                    a=linear(numbers(6, WIDTH)))  # fmt: skip
    column = Written(lambda m, x: F.silu(m.a(x)[..., 0]), a=linear(numbers(6, WIDTH)))
    assert told(column, outer)
    square = Written(lambda m, x: (y := m.a(x)) * torch.sigmoid(y.mT), a=linear(numbers(6, WIDTH)))
    plain = Written(lambda m, x: F.silu(m.a(x)), a=linear(numbers(6, WIDTH)))
    assert told(plain, square)


# Experts, each token's two of four; on the CPU, where tokens are given to experts by numbers.


def routed(style: str, *, active: int = 2, act: Callable[[Tensor], Tensor] = F.silu) -> nn.Module:
    both, down = numbers(4, 48, WIDTH, seed=2), numbers(4, WIDTH, 24, seed=3)
    parts: dict[str, nn.Module | nn.Parameter] = {"router": linear(numbers(4, WIDTH, seed=1))}
    if style == "modules":
        for number in range(4):
            gate, up = map(linear, both[number].chunk(2))
            parts[f"e{number}"] = Written(
                lambda m, x: m.down(act(m.gate(x)) * m.up(x)),
                gate=gate, up=up, down=linear(down[number]),
            )  # fmt: skip
    else:
        parts |= {"both": nn.Parameter(both), "down": nn.Parameter(down)}

    def forward(m: nn.Module, x: Tensor) -> Tensor:
        tokens = x.flatten(0, 1)
        if style == "modules":
            scores, chosen = m.router(tokens).topk(active, dim=-1)
            shares = scores.softmax(-1)
        else:
            shares, chosen = m.router(tokens).softmax(-1).topk(active, dim=-1)
            if style != "shares of all":
                shares = shares / shares.sum(-1, keepdim=True)
        total = torch.zeros_like(tokens)
        for number in range(4):
            rows, slots = torch.where(chosen == number)
            if style == "modules":
                found = getattr(m, f"e{number}")(tokens[rows])
            else:
                gate, up = F.linear(tokens[rows], m.both[number]).chunk(2, dim=-1)
                found = F.linear(act(gate) * up, m.down[number])
            total.index_add_(0, rows, found * shares[rows, slots, None])
        return total.view_as(x)

    return Written(forward, **parts)


def test_experts_are_the_same_whatever_they_are_written_as() -> None:
    one, other = routed("modules"), routed("parameters")
    assert is_equal_on_numbers(one, other)
    assert told_on_the_cpu(one, other) == told_on_the_cpu(other, one) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (lambda: routed("modules", active=1), "active 2 became 1"),
        (lambda: routed("parameters", act=F.gelu), "activation silu became gelu none"),
        (lambda: routed("shares of all"), "weights softmax of the chosen became softmax of all"),
    ],
)
def test_other_experts_are_not(other: Callable[[], nn.Module], expected: str) -> None:
    one, found = routed("modules"), other()
    assert not is_equal_on_numbers(one, found)
    assert told_on_the_cpu(one, found) == [expected]


def test_a_soft_cap_is_one_layer() -> None:
    def capped(cap: float, *, after: float = 1.0) -> nn.Module:
        return Written(
            lambda m, x: m.b(torch.tanh(m.a(x) / cap) * cap * after),
            a=linear(numbers(WIDTH, WIDTH, seed=1)), b=linear(numbers(WIDTH, WIDTH, seed=2)),
        )  # fmt: skip

    by_hand = Written(
        lambda m, x: m.b(5 * (m.a(x) * 0.2).tanh()),
        a=linear(numbers(WIDTH, WIDTH, seed=1)), b=linear(numbers(WIDTH, WIDTH, seed=2)),
    )  # fmt: skip
    assert is_equal_on_numbers(capped(5), by_hand)
    assert told(capped(5), by_hand) == []
    assert told(capped(5), capped(6)) == ["by 5 became 6"]
    assert told(capped(5), activated(lambda x: x)) == ["missing soft cap by 5"]


def test_a_soft_cap_of_scores_leaves_their_scale() -> None:
    def attended(cap: float | None) -> nn.Module:
        def forward(m: nn.Module, x: Tensor) -> Tensor:
            scores = m.q(x) @ m.k(x).mT * 0.25
            if cap is not None:
                scores = torch.tanh(scores / cap) * cap
            hidden = torch.ones(LENGTH, LENGTH, dtype=torch.bool, device=x.device).triu(1)
            return scores.masked_fill(hidden, float("-inf")).softmax(-1) @ x

        parts = {name: linear(numbers(WIDTH, WIDTH, seed=at)) for at, name in enumerate("qk")}
        return Written(forward, **parts)

    assert told(attended(None), attended(50)) == ["extra soft cap by 50"]
    assert told(attended(50), attended(30)) == ["by 50 became 30"]
