"""Random networks of every kind: engines, torch's own shapes, and formulas hold together.

A new kind is a line in `PARTS`: something that leaves the shape of what it reads as it is.
"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from archcount.engines import ENGINES, cross_check, engine
from archcount.spec.load import load_table
from archcount.symbolic.expansion_check import check
from archcount.symbolic.formulas import formulas

# The names are those of `let`; a network of tokens is of width d, any other of d channels.
PARTS = {
    "tokens": [
        "layernorm",
        "layernorm bias=false",
        "rmsnorm",
        "dropout 0.1",
        "gelu",
        "softmax",
        "layer_scale",
        "scale 0.5",
        "affine",
        "tanh",
        "positions",
        "segments 2",
        "[linear 2*d, sinusoids, linear d act=elu]",
        "[class_token, transpose, linear in.l, transpose]",
        "{add: [identity, [mean, linear in.c act=sigmoid, map 1, tokens]]}",
        "{add: [identity, [take last, linear in.c act=swish, map 1, tokens]]}",
        "[linear f act=silu, linear in.c bias=false]",
        "[{mul: [linear f act=silu, linear f bias=false]}, linear in.c]",
        "{experts: {of: e, active: 2, block: [linear f act=relu, linear in.c]}}",
        "attention heads=2 dim=2*g",
        "attention heads=4 kv=2 dim=2*g causal=true bias=false",
        "attention heads=g dim=4 rotary=10000 qkv_bias=false",
        "attention heads=2 dim=g window=3 causal=true",
        "attention heads=2 dim=g positions=relative",
        "attention heads=g dim=2 positions=relative buckets=8",
        "attention heads=3 dim=g positions=alibi causal=true",
        "[linear 2*d, attention heads=2 dim=g positions=xl, linear d]",
        "[linear 2*d, attention heads=4 kv=2 dim=g positions=xl causal=true bias=false, linear d]",
        "[{attend: {q: linear 2*g, kv: linear 4*g, heads: 2}}, linear d]",
        "[lstm f, linear in.c]",
        "[gru f layers=2, linear in.c]",
        "[rnn f bidirectional=true, linear in.c]",
        "[transpose, linear in.l, transpose]",
        "causal_conv 3 act=silu",
        "selective_scan rank=g state=f",
    ],
    "map": [
        "conv 3x3 d norm=batch act=relu",
        "[conv 1x1 f act=relu6, dwconv 3x3, conv 1x1 in.c act=none]",
        "[conv 1x1 4*g act=none, conv 3x3 2*g groups=2, conv 1x1 d]",
        "sepconv 3x3 d",
        "groupnorm 1",
        "layernorm",
        "prelu",
        "lrn",
        "batchnorm",
        "unit_bias",
        "[leaky_relu 0.1, hswish, scaled_tanh]",
        "layer_scale",
        "maxpool 3x3",
        "avgpool 3x3",
        "{mul: [identity, [global_avgpool, conv 1x1 g act=relu, conv 1x1 in.c act=hsigmoid]]}",
        "{mul: [identity, [global_maxpool, flatten, rbf in.c, map 1x1]]}",
        "{mul: [identity, [adaptive_avgpool 1x1, conv 1x1 in.c act=sigmoid]]}",
        "{mul: [identity, [adaptive_maxpool 1x1, conv 1x1 in.c act=tanh]]}",
        "[upconv 2x2/2 g, maxpool 2x2/2 pad=valid, conv 1x1 d]",
        "[upsample 2, avgpool 2x2/2 pad=valid]",
        "[upsample 2, trained_pool 2x2/2]",
        "[upsample 2, space_to_depth 2, conv 1x1 d]",
        "[upsample 2, pixel_unshuffle 2, conv 1x1 d]",
        "[upsample 2, subsample 2 in.c+g, conv 1x1 d]",
        "[padding 2 mode=replicate, crop in.h in.w]",
        "[padding 1, avgpool 3x3 pad=valid]",
        "[conv 1x1 3, sparse_conv 3x3 some, conv 1x1 d]",
        "[conv 1x1 4*g act=none, pixel_shuffle 2, maxpool 2x2/2 pad=valid, conv 1x1 d]",
        "[conv 1x1 2*g, channel_shuffle 2, conv 1x1 d]",
        "[conv 1x1 2*g, {split: [identity, conv 3x3 g]}, conv 1x1 d]",
        "[conv 1x1 2*g, slice 0 input.c/2, conv 1x1 d]",
    ],
    "signal": [
        "conv 3 d act=gelu",
        "[conv 1 f act=relu, conv 5 d]",
        "layernorm",
        "prelu",
        "layer_scale",
    ],
    "video": [
        "conv 3x3x3 d act=relu norm=batch",
        "[conv 1x1x1 f, conv 3x3x3 d]",
        "instancenorm",
        "prelu",
    ],
}
"""Blocks by what they read, written in flow style."""
INPUTS = {
    "tokens": ("tokens s of V", "embedding d"),
    "map": ("3 x s x 7", "conv 1x1 d"),
    "signal": ("2 x s", "conv 1 d"),
    "video": ("2 x 3 x s x 5", "conv 1x1x1 d"),
}
CONNECTIONS = """\
connections:
  some: |
    map | 0 | 1
    0   | X |
    1   | X | X
    2   |   | X
"""
BACK = {"tokens": "linear d", "map": "conv 1x1 d", "signal": "conv 1 d", "video": "conv 1x1x1 d"}
"""What leads from other channels back to d."""
WAYS = (
    "{0}",
    "{{add: [identity, {0}]}}",
    "{{mul: [{0}, {1}]}}",
    "[{{concat: [identity, {0}, {1}]}}, {back}]",
    "{{repeat: m, block: {{add: [identity, {0}]}}}}",
    "{{repeat: m, block: [{0}, {1}]}}",
    "{{when: m > 1 and d >= 2, block: {0}, else: {1}}}",
    '{{add: ["@start", {0}]}}',
)
"""How blocks are put together, `@start` being the first row."""


@st.composite
def networks(draw):
    """Draw a table file of some rows on one kind of input."""
    kind = draw(st.sampled_from(sorted(PARTS)))
    numbers = {name: draw(st.integers(1, 4)) for name in "dfgm"}
    numbers |= {"s": draw(st.integers(2, 6)), "V": 9, "e": draw(st.integers(2, 3))}
    size, start = INPUTS[kind]
    blocks, rows = {"start": start}, []
    for number in range(draw(st.integers(1, 4))):
        parts = [draw(st.sampled_from(PARTS[kind])) for _ in range(2)]
        parts = [part if part[0] in "[{" else f'"{part}"' for part in parts]
        way = draw(st.sampled_from(WAYS)).format(*parts, back=BACK[kind])
        blocks[f"b{number}"] = way
        rows.append(f"  r{number} | b{number}")
    lines = "\n".join(f"  {name}: {text}" for name, text in blocks.items())
    lets = ", ".join(f"{name}: {number}" for name, number in numbers.items())
    return (
        f"archcount: 1\nname: random\nsource: {{title: none}}\ninput: {size}\nlet: {{{lets}}}\n"
        f"layer: {{pad: same, act: none}}\n{CONNECTIONS}blocks:\n{lines}\ntable: |\n  row | block\n"
        "  start | start\n" + "\n".join(rows) + "\n"
    )


@given(text=networks())
def test_engines_and_formulas_hold_together(text, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "random.yaml"
    path.write_text(text)
    network = load_table(path).variant()
    formula, *traced = (engine(name).count(network.architecture) for name in ENGINES)
    for other in traced:
        assert cross_check(formula, other) == (), text
        assert other.uncounted == (), text
    found = formulas(network)
    total = formula.total
    values = [of.at(found.point) for of in found.total.quantities().values()]
    assert values == [total.params, total.weights, total.cost.macs], text
    assert check(network, found, number=3) >= 1
