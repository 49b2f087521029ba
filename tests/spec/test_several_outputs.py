"""Networks that give the outputs of several rows, as a feature pyramid does."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch

import archcount as ac
from archcount.architecture.network import Outputs
from archcount.benchmark.loss import Loss
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, UsageError
from archcount.spec.load import load_table

PYRAMID = """\
archcount: 1
name: pyramid
source: {title: A feature pyramid}
input: 3x32x32
layer: {pad: same}
blocks:
  joined(level): {add: [upsample 2, ["@level", conv 1x1 6]]}
table: |
  row | from | block
  c1  |      | conv 3x3/2 4
  c2  |      | conv 3x3/2 8
  c3  |      | conv 3x3/2 16
  t3  |      | conv 1x1 6
  t2  |      | joined(@c2)
  t1  |      | joined(@c1)
  p3  | t3   | conv 3x3 6
  p2  | t2   | conv 3x3 6
  p1  | t1   | conv 3x3 6
outputs: [p1, p2, p3]
"""
HEAD = "heads: [{at: c3, loss_weight: 0.5, body: [global_avgpool, flatten, linear 3, softmax]}]\n"


@pytest.fixture
def load(tmp_path):
    def read(text):
        path = tmp_path / "pyramid.yaml"
        path.write_text(text)
        return load_table(path)

    return read


def test_a_pyramid_by_hand(load):
    architecture = load(PYRAMID).architecture()
    formula, *others = (engine(name).count(architecture) for name in ENGINES)
    # 3x3 of 3 to 4, 4 to 8, 8 to 16; 1x1 of 16, 8 and 4 to 6; three 3x3 of 6 to 6; with biases
    assert [row.params for row in formula.rows] == [112, 296, 1168, 102, 54, 30, 330, 330, 330]
    # at 16x16, 8x8 and 4x4 positions
    assert [row.cost.macs for row in formula.rows] == [
        108 * 256, 288 * 64, 1152 * 16, 96 * 16, 48 * 64, 24 * 256, 324 * 16, 324 * 64, 324 * 256
    ]  # fmt: skip
    # c1, c2, c3, t3, and p1, to which the pyramid only adds
    assert formula.total.depth == 5
    for other in others:
        assert (other.rows, other.uncounted) == (formula.rows, ())
    traced = ac.count(load(PYRAMID).build(), input="3x32x32").total.backward
    assert NetworkParts(architecture).backward_macs() == traced


def test_it_gives_them_in_order_and_learns(load):
    network = load(PYRAMID).build().train()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(6))
    given = network(images)
    assert [tuple(each.shape) for each in given] == [(2, 6, 16, 16), (2, 6, 8, 8), (2, 6, 4, 4)]
    # what p3 is made of, by hand
    state = dict(network.named_children())
    top = state["t3"](state["c3"](state["c2"](state["c1"](images))))
    assert torch.allclose(given[2], state["p3"](top), atol=1e-6)
    sum(each.square().mean() for each in given).backward(retain_graph=True)
    assert all(parameter.grad is not None for parameter in network.parameters())
    with pytest.raises(UsageError, match="several outputs has no loss of its own"):
        network.loss(given, torch.zeros(2))
    loss = Loss(network, 2)
    loss(given).backward()
    assert loss.words == "mean square of 3 tensors"
    network.eval()
    exported = torch.export.export(network, (images,)).module()
    compiled = torch.compile(network, fullgraph=True, backend="eager")
    twins = (exported, compiled, copy.deepcopy(network), pickle.loads(pickle.dumps(network)))
    for twin in twins:
        for own, other in zip(network(images), twin(images), strict=True):
            assert torch.allclose(own, other, atol=1e-5)


def test_heads_stand_beside_them(load):
    architecture = load(PYRAMID + HEAD).architecture()
    formula, *others = (engine(name).count(architecture, heads=True) for name in ENGINES)
    assert formula.heads[0].params == 16 * 3 + 3
    for other in others:
        assert (other.rows, other.heads, other.uncounted) == (formula.rows, formula.heads, ())
    network = load(PYRAMID + HEAD).build().train()
    given = network(torch.zeros(2, 3, 32, 32))
    assert isinstance(given, Outputs)
    assert [each.shape[2] for each in given.main] == [16, 8, 4]
    assert given.heads[0].shape == (2, 3)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("outputs: [p1, p2]", r"16:3: no row reads the output of row p3; .* outputs: \[...\]"),
        ("outputs: [p2, p3]", "18:3: no row reads the output of row p1"),
        ("outputs: [p1, p2, p9]", "19:19: output of unknown row 'p9'"),
        ("outputs: [p1, p2, p3, p1]", "19:23: duplicate output 'p1'"),
        ("", "no row reads the output of row p3"),
    ],
)
def test_what_is_no_output_has_to_be_read(written, message, load):
    with pytest.raises(InvalidTableError, match=message):
        load(PYRAMID.replace("outputs: [p1, p2, p3]", written)).architecture()


def test_a_variant_may_give_others(load):
    text = PYRAMID + "variants: {two: {outputs: [p1, p3, p2]}}\n"
    given = load(text).build(variant="two").eval()(torch.zeros(1, 3, 32, 32))
    assert [each.shape[2] for each in given] == [16, 4, 8]
