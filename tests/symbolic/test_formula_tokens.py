"""Formulas of transformers: printed equations, symbolic repeats and experts, against expansion."""

from __future__ import annotations

from itertools import product

import pytest
import sympy

import archcount as ac
from archcount.symbolic.expansion_check import check, counted
from archcount.symbolic.formulas import formulas

FILE = """\
archcount: 1
name: t
source: {title: T}
input: %s
let: {%s}
blocks:
%s
table: |
  row | block
%s
"""


@pytest.fixture
def network(tmp_path):
    def made(input, let, blocks, rows):
        path = tmp_path / "t.yaml"
        rows = "\n".join(f"  {name} | {block}" for name, block in rows.items())
        blocks = "\n".join(f"  {name}: {block}" for name, block in blocks.items())
        path.write_text(FILE % (input, let, blocks, rows))
        return ac.load(path)

    return made


@pytest.fixture
def gpt(network):
    """GPT-2 with every number a name, those of Narayanan et al. 2021."""
    return network(
        "tokens s of V",
        "V: 50257, s: 1024, l: 12, h: 768, a: 12",
        {
            "embed": "[embedding h, positions s]",
            "attend": "[layernorm, attention heads=a causal=true]",
            "feed": "[layernorm, linear 4*in.c act=gelu, linear in.c]",
            "layer": "[{add: [identity, attend]}, {add: [identity, feed]}]",
            "layers": "{repeat: l, block: layer}",
            "logits": "linear V bias=false tied=embed",
        },
        {"embed": "embed", "layers": "layers", "norm": "layernorm", "logits": "logits"},
    )


def test_gpt_has_the_params_that_megatron_prints(gpt):
    """arXiv:2104.04473, eq. 2, leaves the last layer normalisation out: 2 h."""
    report = ac.formula(gpt)
    s, V, l, h = (report.symbols[name] for name in "sVlh")  # noqa: E741 - the paper's
    printed = 12 * l * h**2 * (1 + sympy.Rational(13, 12) / h + (V + s) / (12 * l * h))
    assert sympy.expand(printed + 2 * h - report.params) == 0
    assert report.domain == "V, s, l, h, a whole and >= 1; h/a whole"


def test_gpt_has_the_operations_that_megatron_prints(gpt):
    """arXiv:2104.04473, eq. 3, forward and backward with layers recomputed, 2 FLOPs a MAC.

    Layers are run forward twice and backward, which is 4 times as much; logits 3 times.
    """
    rows = {name: ac.formula(gpt, name) for name in ("layers", "logits")}
    s, V, l, h = (rows["layers"].symbols[name] for name in "sVlh")  # noqa: E741
    printed = 96 * s * l * h**2 * (1 + s / (6 * h) + V / (16 * l * h))
    flops = 2 * (4 * rows["layers"].macs + 3 * rows["logits"].macs)
    assert sympy.expand(printed - flops) == 0


def test_a_shipped_gpt_keeps_its_layers_as_a_symbol(data):
    """Of 117M: 12 d^2 + 13 d a layer, 50,257 + 1,024 vectors and a norm of d."""
    report = ac.formula(ac.load("gpt2"), variant="117M", symbols=["layers", "d"])
    assert str(report.params) == "12*d**2*layers + 13*d*layers + 51283*d"
    assert report.at(layers=24, d=1024)["params"] == 354_823_168  # transformers' gpt2-medium


def test_the_length_is_a_symbol_up_to_the_positions(data):
    """A layer: 12 d^2 and, of scores and sums, 2 tokens d for each token; logits 50,257 d."""
    report = ac.formula(ac.load("gpt2"), variant="117M", symbols=["tokens", "layers"])
    n, layers = report.symbols["tokens"], report.symbols["layers"]
    wanted = layers * n * (12 * 768**2 + 2 * n * 768) + n * 50_257 * 768
    assert sympy.expand(wanted - report.macs) == 0
    with pytest.raises(ac.UsageError, match="tokens >= 1 and <= 1024"):
        report.at(tokens=1025)


def holds(table, points):
    """Compare the expressions with the expansion at every point of the domain among some."""
    found = formulas(table.variant())
    assert found.point in found.domain
    inside = [point for point in points if point in found.domain]
    for point in inside:
        own = counted(table.variant(), found, point)
        values = [of.at(point) for of in found.total.quantities().values()]
        assert not own.problem, point
        assert values == [own.params, own.weights, own.macs], point
        assert tuple(side.at(point) for side in found.total.output) == own.output, point
    return found, len(inside)


def test_the_first_repetition_may_be_another(network):
    """From c channels to w, striding once: 9 c w + w params, then 9 w^2 + w in each of m - 1."""
    table = network(
        "3x16x16",
        "m: 3, w: 8",
        {"stage": "{repeat: m, block: conv 3x3/first(2) w}"},
        {"stage": "stage"},
    )
    points = [
        {"H": side, "W": 16, "m": m, "w": w}
        for side, m, w in product((1, 2, 7, 16), (1, 2, 5), (1, 3, 8))
    ]
    _, inside = holds(table, points)
    assert inside == len(points)
    report = ac.formula(table)
    m, w = report.symbols["m"], report.symbols["w"]
    assert sympy.expand(report.params - (27 * w + w + (m - 1) * (9 * w**2 + w))) == 0


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("conv 3x3/2 w", {"m"}),  # it strides each time
        ("{concat: [identity, conv 3x3 w]}", {"m"}),  # it grows
        ("[conv 3x3 2*w, conv 1x1 w]", set()),
        ("{add: [identity, conv 3x3 in.c]}", set()),
    ],
)
def test_a_repeat_is_a_symbol_only_where_it_keeps_its_shape(body, kept, network):
    block = f"{{repeat: m, block: {body}}}"
    table = network("3x16x16", "m: 3, w: 8", {"stage": block}, {"stage": "stage"})
    points = [{"H": 16, "W": 11, "m": m, "w": w} for m, w in product((0, 1, 2, 3, 4), (1, 5))]
    found, inside = holds(table, points)
    assert {*found.fixed} == kept
    assert inside >= 2


def test_experts_are_symbols(network):
    """A router of d e, and of each expert 2 d f + f + d params; k of them are run a token."""
    table = network(
        "tokens 7 of 11",
        "d: 8, f: 12, e: 4, k: 2, m: 2",
        {
            "moe": "{experts: {of: e, active: k, block: [linear f act=relu, linear in.c]}}",
            "layers": "{repeat: m, block: {add: [identity, moe]}}",
        },
        {"embed": "embedding d", "layers": "layers"},
    )
    points = [
        {"tokens": tokens, "d": d, "f": 3, "e": e, "k": k, "m": m}
        for tokens, d, e, k, m in product((1, 5), (2, 8), (1, 4), (1, 2, 4), (1, 3))
    ]
    _, inside = holds(table, points)
    assert inside == sum(point["k"] <= point["e"] for point in points)
    report = ac.formula(table, "layers")
    d, f, e, k, m, tokens = (report.symbols[name] for name in ("d", "f", "e", "k", "m", "tokens"))
    assert sympy.expand(report.params - m * (d * e + e * (2 * d * f + f + d))) == 0
    assert sympy.expand(report.macs - m * tokens * (d * e + k * 2 * d * f)) == 0


@pytest.mark.parametrize("name", ["vit", "bert", "gpt2", "llama3", "mixtral"])
def test_transformers_are_what_the_expansion_counts(name, data):
    table = ac.load(name)
    variant = next(iter(table.models))
    network = table.variant(variant)
    found = formulas(network)
    assert "layers" in found.lets
    assert check(network, found, number=3, seed=2) == 4


def test_names_of_the_input_are_swept(gpt):
    """Each point is what the expanded table counts; 100 are expanded, then expressions used."""
    report = ac.sweep(gpt, let={"s": "1..8", "l": "1..6", "h": [12, 24], "V": [5, 11]})
    points = list(report)
    assert [point.shown for point in points[:9:4]] == ["1 tokens", "1 tokens", "1 tokens"]
    for point in points:
        s, l, h, V = (int(value) for value in point.lets)  # noqa: E741
        assert point.input == (1, s)
        assert point.params == 12 * l * h**2 + 13 * l * h + 2 * h + (V + s) * h
        assert point.macs == l * s * (12 * h**2 + 2 * s * h) + s * V * h
        assert point.output == (V, s)


def test_lengths_of_tokens_are_swept(data):
    report = ac.sweep(ac.load("gpt2"), variant="117M", input="1..128", let={"layers": [1, 2]})
    for point in report:
        n, layers = point.input[1], int(point.lets[0])
        assert point.macs == layers * n * (12 * 768**2 + 2 * n * 768) + n * 50_257 * 768
    with pytest.raises(ac.UsageError, match="another input's axes"):
        ac.sweep(ac.load("gpt2"), variant="117M", input="3x224x224")
