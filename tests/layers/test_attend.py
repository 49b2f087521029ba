"""Attention between branches, in windows and with positions: by definition, and counted by hand."""

from __future__ import annotations

import math

import pytest
import torch

from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, InvalidValueError
from archcount.layers import CATEGORIES, Shape
from archcount.layers.attend import Attend
from archcount.layers.attention import Attention
from archcount.layers.dot_product import DotProduct
from archcount.layers.space_to_depth import SpaceToDepth
from archcount.spec.load import load_table

LENGTH = 6


@pytest.fixture
def architecture(tmp_path):
    """Make a network whose last row is a block, on 6 tokens of width 8; others stand before it."""

    def expand(block: str, rows: str = ""):
        path = tmp_path / "net.yaml"
        path.write_text(
            "archcount: 1\nname: net\nsource: {title: A network}\ninput: tokens 6 of 11\n"
            f"let: {{h: 2}}\nblocks:\n  b: {block}\n"
            f"table: |\n  row | block\n  embed | embedding 8\n{rows}  r | b\n"
        )
        return load_table(path).architecture()

    return expand


def _seen(query, key, value, score):
    """Attend with a loop over queries; `score` changes a score, or hides a key by None."""
    seen = []
    for row, one in enumerate(query):
        scores = {
            column: score(row, column, float(one @ other) / math.sqrt(len(one)))
            for column, other in enumerate(key)
        }
        scores = {column: each for column, each in scores.items() if each is not None}
        weights = torch.tensor([*scores.values()]).softmax(0)
        seen.append(
            sum(weight * value[column] for column, weight in zip(scores, weights, strict=True))
        )
    return torch.stack(seen)


def _causal(row, column, score):
    return score if column <= row else None


def _window(row, column, score):
    return score if row - 3 < column <= row else None


def _around(row, column, score):
    return score if abs(row - column) <= 1 else None


PLAIN = "{attend: {q: linear 8, k: linear 4, v: linear 6, heads: h, kv_heads: 1%s}}"


@pytest.mark.parametrize(
    ("options", "score"),
    [
        ("", lambda row, column, score: score),
        (", causal: true", _causal),
        (", causal: true, window: 3", _window),
        (", causal: true, window: 9", _causal),
        (", window: 3", _around),
        # 3 on each side, which hides the first of 6 from the last two
        (", window: 6", lambda row, column, score: score if abs(row - column) <= 3 else None),
        # slopes of two heads: 2^-4 and 2^-8
        (", causal: true, positions: alibi", "alibi"),
    ],
)
def test_attending_branches_are_what_their_papers_define(options, score, architecture):
    network = build(architecture(PLAIN % options))
    x = torch.randn(1, LENGTH, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        query, key, value = (getattr(network.r, name)(x)[0] for name in "qkv")
        heads = []
        for head, slope in enumerate((2**-4, 2**-8)):
            rule = score
            if score == "alibi":
                rule = lambda row, column, each, slope=slope: (  # noqa: E731
                    each - slope * (row - column) if column <= row else None
                )
            heads.append(_seen(query[:, 4 * head : 4 * head + 4], key, value, rule))
        assert torch.allclose(network.r(x)[0], torch.cat(heads, dim=1), atol=1e-5)


@pytest.mark.parametrize("heads", [1, 2, 3, 6, 12])
def test_slopes_of_alibi_are_those_of_its_code(heads):
    from archcount.layers.attention_modules import _slopes

    def of_power(number):  # the authors' get_slopes_power_of_2
        start = 2 ** (-(2 ** -(math.log2(number) - 3)))
        return [start * start**place for place in range(number)]

    below = 2 ** math.floor(math.log2(heads))
    expected = of_power(below) + of_power(2 * below)[0::2][: heads - below]
    assert torch.allclose(_slopes(heads, torch.zeros(1)), torch.tensor(expected))


def test_packed_branches_give_one_after_another(architecture):
    x = torch.randn(1, LENGTH, 8, generator=torch.Generator().manual_seed(2))
    apart = build(
        architecture("{attend: {q: linear 8, k: linear 4, v: linear 4, heads: 2, kv_heads: 1}}")
    ).r
    for block in (
        "{attend: {q: linear 8, kv: linear 8, heads: 2, kv_heads: 1}}",
        "{attend: {qkv: linear 16, heads: 2, kv_heads: 1}}",
    ):
        packed = build(architecture(block)).r
        state = apart.state_dict()
        names = ("k", "v") if hasattr(packed, "kv") else ("q", "k", "v")
        for kind in ("weight", "bias"):
            together = torch.cat([state[f"{name}.{kind}"] for name in names])
            state["".join(names) + f".{kind}"] = together
        packed.load_state_dict({name: state[name] for name in packed.state_dict()})
        assert torch.allclose(packed(x), apart(x), atol=1e-6)


def test_shared_keys_are_the_last_of_each_head_and_alone_are_turned(architecture):
    options = "heads: h, rotary: 100, rotary_dim: 2"
    network = build(
        architecture(
            f"{{attend: {{q: linear 10, k: linear 6, v: linear 4, shared: linear 2, {options}}}}}"
        )
    )
    x = torch.randn(1, LENGTH, 8, generator=torch.Generator().manual_seed(3))

    def turned(vectors):  # of one pair, the angle is the position
        pairs = torch.view_as_complex(vectors[:, -2:].contiguous())
        pairs = pairs * torch.polar(torch.ones(LENGTH), torch.arange(float(LENGTH)))
        return torch.cat([vectors[:, :-2], torch.view_as_real(pairs)], dim=1)

    with torch.no_grad():
        query, key, value, shared = (
            network.r.get_submodule(name)(x)[0] for name in ("q", "k", "v", "shared")
        )
        heads = [
            _seen(
                turned(query[:, 5 * head : 5 * head + 5]),
                turned(torch.cat([key[:, 3 * head : 3 * head + 3], shared], dim=1)),
                value[:, 2 * head : 2 * head + 2],
                lambda row, column, score: score,
            )
            for head in range(2)
        ]
        assert torch.allclose(network.r(x)[0], torch.cat(heads, dim=1), atol=1e-5)


CROSS = '{attend: {q: linear 8, k: ["@memory", linear 4], v: ["@memory", linear 6], heads: h, kv_heads: 1}}'


@pytest.mark.parametrize("name", ENGINES)
@pytest.mark.parametrize(
    ("block", "weights", "cost"),
    [
        # weights 8x8 + 8x4 + 8x6 at 6 tokens; 2 heads x 36 pairs x (4 + 6); 6 query and key rows of
        # 2 x 4 scaled; 5 a pair of softmax; its biases
        (
            PLAIN % "",
            144,
            {"linear": 864, "bias": 18 * 6, "matmul": 720, "softmax": 360, "scale": 96},
        ),
        # the same; a mask on 72 pairs
        (
            PLAIN % ", causal: true, window: 3",
            144,
            {"linear": 864, "bias": 108, "matmul": 720, "softmax": 360, "scale": 96, "add": 72},
        ),
        # 6 see 3 on each side: a mask; 10 see 5 on each side, which are all: none
        (
            PLAIN % ", window: 6",
            144,
            {"linear": 864, "bias": 108, "matmul": 720, "softmax": 360, "scale": 96, "add": 72},
        ),
        (
            PLAIN % ", window: 10",
            144,
            {"linear": 864, "bias": 108, "matmul": 720, "softmax": 360, "scale": 96},
        ),
        # 4 x 8 x 8 at 6 tokens, 2 heads x 36 pairs x (4 + 4); the others likewise
        ("attention heads=2 window=6 bias=false", 256,
         {"linear": 1536, "matmul": 576, "softmax": 360, "scale": 96, "add": 72}),
        ("attention heads=2 window=10 bias=false", 256,
         {"linear": 1536, "matmul": 576, "softmax": 360, "scale": 96}),
        # the same; 2 slopes, each of two products, a difference and a power; 72 products
        (
            PLAIN % ", causal: true, positions: alibi",
            144,
            {
                "linear": 864, "bias": 108, "matmul": 720, "softmax": 360, "scale": 96 + 4 + 72,
                "add": 72, "other": 4,
            },
        ),
        # 8x10 + 8x6 + 8x4 + 8x2; 72 pairs x (5 + 2); scaled 2 x 60. One pair of 2 turns: exponent 1,
        # angles 6; 3 vectors (2 heads of queries, one shared key) at 6: 4 products, a sum, a difference
        (
            "{attend: {q: linear 10, k: linear 6, v: linear 4, shared: linear 2, heads: 2,"
            " rotary: 10, rotary_dim: 2}}",
            176,
            {
                "linear": 1056, "bias": 22 * 6, "matmul": 504, "softmax": 360,
                "scale": 120 + 1 + 6 + 72, "add": 18, "other": 1 + 12 + 18,
            },
        ),
    ],
)  # fmt: skip
def test_attending_branches_counted_by_hand(name, block, weights, cost, architecture):
    count = engine(name).count(architecture(block))
    row = count.rows[-1]
    assert row.weights == weights
    assert row.cost.as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert (row.depth, count.uncounted) == (1, ())


@pytest.mark.parametrize("name", ENGINES)
def test_attention_across_rows_counted_by_hand(name, architecture):
    # 6 queries see 6 keys of the row "memory"; its linear of 8 to 5 is a row of its own
    found = architecture(CROSS, "  memory | linear 5\n  other | linear 8\n")
    row = engine(name).count(found).rows[-1]
    assert row.weights == 64 + 20 + 30
    assert (row.cost.linear, row.cost.matmul) == (6 * 114, 720)
    # twice each product, but for the input of the linear that reads the embedding: it learns too
    assert NetworkParts(found).backward_macs() == 2 * found.cost.macs
    network = build(found)
    network(torch.randint(11, (2, 6))).square().sum().backward()
    assert all(each.grad is not None for each in network.r.parameters())


GRID = Shape((4, 4, 6), tokens=True)
"""Rows and columns of tokens of width 4."""


@pytest.mark.parametrize("shift", [0, 1])
def test_windows_are_what_their_paper_defines(shift):
    kind = Attention(heads=2, window=2, shift=shift, positions="relative")
    module = kind.module(GRID)
    x = torch.randn(1, 4, 6, 4, generator=torch.Generator().manual_seed(4))
    with torch.no_grad():
        module.relative.normal_(generator=torch.Generator().manual_seed(5))
        found = module(x)
        query, key, value = (getattr(module, f"{name}_proj")(x)[0] for name in "qkv")
        expected = torch.zeros(4, 6, 4)
        for row in range(4):
            for column in range(6):
                # Windows begin at the shift: (row - shift) // 2; what is above is one of its own.
                mates = [
                    (down, across)
                    for down in range(4)
                    for across in range(6)
                    if (down - shift) // 2 == (row - shift) // 2
                    and (across - shift) // 2 == (column - shift) // 2
                ]
                for head in range(2):
                    own = slice(2 * head, 2 * head + 2)
                    scores = [
                        query[row, column, own] @ key[place][own] / math.sqrt(2)
                        + module.relative[3 * (row - place[0] + 1) + column - place[1] + 1, head]
                        for place in mates
                    ]
                    weights = torch.tensor(scores).softmax(0)
                    expected[row, column, own] = sum(
                        weight * value[place][own]
                        for weight, place in zip(weights, mates, strict=True)
                    )
        assert torch.allclose(found[0], module.out_proj(expected), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "shape", "weights", "cost"),
    [
        # 4 x 16 + 9 offsets of 2 heads; 24 tokens in 6 windows, each sees 4; a trained number a pair
        (
            {"heads": 2, "window": 2, "positions": "relative", "bias": False},
            GRID,
            64 + 18,
            {"linear": 64 * 24, "matmul": 2 * 24 * 4 * 4, "softmax": 5 * 192, "scale": 192, "bias": 192},
        ),
        # shifted, without a bias: the mask is added
        (
            {"heads": 2, "window": 2, "shift": 1, "bias": False},
            GRID,
            64,
            {"linear": 64 * 24, "matmul": 768, "softmax": 960, "scale": 192, "add": 192},
        ),
        # a window of 6 covers the columns, and the 4 rows filled up: 36 tokens, each sees 36
        (
            {"heads": 1, "window": 6, "shift": 3, "bias": False},
            GRID,
            64,
            {"linear": 64 * 36, "matmul": 2 * 36 * 36 * 4, "softmax": 5 * 1296, "scale": 288},
        ),
        # windows of 4 are shifted along the columns alone: 4x8 tokens, each sees 16; the mask
        (
            {"heads": 1, "window": 4, "shift": 2, "bias": False},
            GRID,
            64,
            {"linear": 64 * 32, "matmul": 4096, "softmax": 2560, "scale": 256, "add": 512},
        ),
        # windows of 4: 4x8 tokens, each sees 16
        (
            {"heads": 1, "window": 4, "bias": False},
            GRID,
            64,
            {"linear": 64 * 32, "matmul": 2 * 32 * 16 * 4, "softmax": 5 * 512, "scale": 256},
        ),
        # a whole grid: 7 x 11 offsets; 24 tokens see 24
        (
            {"heads": 1, "positions": "relative", "bias": False},
            GRID,
            64 + 77,
            {"linear": 64 * 24, "matmul": 2 * 576 * 4, "softmax": 2880, "scale": 192, "bias": 576},
        ),
        # a sequence of 5, causal: 9 offsets; the mask goes into what is added
        (
            {"heads": 1, "positions": "relative", "causal": True, "packed": True, "bias": False},
            Shape((4, 5), tokens=True),
            64 + 9,
            {"linear": 320, "matmul": 200, "softmax": 125, "scale": 40, "bias": 25},
        ),
    ],
)  # fmt: skip
def test_windows_and_positions_counted_by_hand(options, shape, weights, cost):
    kind = Attention(**options)
    assert kind.output(shape) == shape
    assert kind.cost(shape).as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert kind.weights(shape) == weights
    module = kind.module(shape)
    assert sum(each.numel() for each in module.parameters()) == weights
    x = torch.randn(2, *shape.torch_size)
    assert module(x).shape == x.shape
    module(x).square().sum().backward()
    assert all(each.grad is not None for each in module.parameters())


def test_what_fills_a_window_is_cut_off_again():
    # Windows of 4 on 4x6: those of the last two columns and two more of zeros.
    kind = Attention(heads=1, window=4)
    x = torch.randn(1, 4, 6, 4, generator=torch.Generator().manual_seed(6))
    module = kind.module(GRID)
    with torch.no_grad():
        filled = torch.cat([x, torch.zeros(1, 4, 2, 4)], dim=2)
        assert torch.allclose(module(x), module(filled)[:, :, :6], atol=1e-6)


def test_blocks_of_neighbours_stand_row_by_row():
    # the 2x2 block at the top left of a map of 2 channels: its 4 positions, 2 channels each
    for shape in (Shape((2, 4, 4)), Shape((2, 4, 4), tokens=True)):
        x = torch.arange(32).view(1, *shape.torch_size)
        output = SpaceToDepth(side=2).module(shape)(x)
        assert tuple(output.shape[1:]) == SpaceToDepth(side=2).output(shape).torch_size
        first = output[0, 0, 0] if shape.tokens else output[0, :, 0, 0]
        places = [(0, 0), (0, 1), (1, 0), (1, 1)]
        cells = [
            x[0, row, column] if shape.tokens else x[0, :, row, column] for row, column in places
        ]
        assert first.tolist() == torch.cat(cells).tolist()


@pytest.mark.parametrize(
    ("options", "shape", "says"),
    [
        ({"causal": True}, GRID, "a grid of tokens has no order; leave causal out"),
        ({"rotary": 10.0}, GRID, "no single position"),
        ({"positions": "alibi"}, Shape((4, 5), tokens=True), "alibi is of tokens before"),
        ({"rotary_dim": 2}, Shape((4, 5), tokens=True), "no rotary positions to speak of"),
        ({"rotary": 10.0, "rotary_dim": 6}, Shape((4, 5), tokens=True), "of which 6 shall turn"),
        ({"shift": 1}, Shape((4, 5), tokens=True), "only windows of a grid"),
        ({"shift": 1}, GRID, "no windows to shift"),
        ({"window": 2, "shift": 2}, GRID, "windows of 2 shifted by 2"),
    ],
)
def test_options_without_effect_are_refused_in_words(options, shape, says):
    with pytest.raises(InvalidValueError, match=says):
        Attention(heads=1, **options).output(shape)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("{attend: {q: linear 8, k: linear 8, heads: 2}}", "attend has the branches q, k; allowed"),
        ("{attend: {qkv: linear 8, shared: linear 2, heads: 2}}", "the branches qkv, shared"),
        ("{attend: [linear 8]}", "heads is missing"),
        (
            "{attend: {qkv: linear 24, heads: 2, head: 3}}",
            "attend has no 'head'; did you mean 'heads'. allowed: q, k, v",
        ),
        ("{attend: {qkv: linear 25, heads: 2}}", "2 heads do not divide a width of 25|divide"),
        (
            "{attend: {q: linear 8, k: linear 6, v: linear 8, heads: 2}}",
            "keys of 2 heads are 6 wide",
        ),
        ("{attend: {qkv: linear 24, heads: x}}", "unknown name 'x'"),
        ("{attend: {qkv: linear 24, heads: 2, causal: 1}}", "'1' is neither true nor false"),
        ("{attend: {qkv: linear 24, heads: 2, positions: far}}", "'far' is not one of"),
        ("{attend: {q: linear 9, kv: linear 12, heads: 3, kv_heads: 2}}", "do not divide 3 heads"),
        # keys of 4 numbers a head, which leave none of 8 for two heads' values
        ("{attend: {q: linear 8, kv: linear 8, heads: 2}}", "keys alone take 8; allowed: more"),
        (
            "{attend: {q: linear 8, kv: linear 8, shared: linear 5, heads: 2}}",
            "keys share 5 numbers, and queries have 4 a head",
        ),
        ("{attend: {qkv: linear 24, heads: 2, positions: alibi}}", "alibi is of tokens before"),
        (
            "{attend: {qkv: linear 24, heads: 2, causal: true, rotary: 10, positions: alibi}}",
            "alibi beside rotary positions",
        ),
        ("{attend: {qkv: linear 24, heads: 2, rotary_dim: 2}}", "no rotary positions to speak of"),
        (
            "{attend: {q: linear 8, kv: linear 12, shared: linear 2, heads: 2, rotary: 10}}",
            "turn 4 numbers of a key, and 2 are shared",
        ),
        ("{attend: {q: [take first], kv: linear 16, heads: 2}}", "needs a sequence of tokens"),
    ],
)
def test_branches_that_do_not_fit_are_refused_in_words(block, says, architecture):
    with pytest.raises(InvalidTableError, match=says):
        architecture(block)


def test_the_sizes_of_attend_are_of_heads():
    shapes = [Shape((width, 3), tokens=True) for width in (10, 6, 4, 2)]
    kind = Attend(branches=("q", "k", "v", "shared"), heads=2)
    assert kind.sizes(shapes) == (5, 2)


@pytest.mark.parametrize(
    ("learns", "macs"),
    [
        # 2 heads x 6 x 5 pairs: the gradient of queries, and of keys, takes 4 a pair each, besides
        # 3 for that of the scores; the gradient of values takes 3
        ((False, False, False), 0),
        ((False, False, True), 60 * 3),
        ((True, False, False), 60 * (4 + 3)),
        ((False, True, True), 60 * (4 + 3 + 3)),
        ((True, True, True), 60 * (4 + 4 + 3 + 3)),
    ],
)
def test_gradients_are_worked_out_of_what_learns(learns, macs):
    products = DotProduct(heads=2, kv_heads=2, dim=4, value=3)
    assert products.backward_macs(6, 5, learns) == macs
