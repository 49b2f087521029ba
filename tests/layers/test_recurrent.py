"""Recurrent layers: their numbers by hand, their states by definition, the engines on them."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import archcount as ac
from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError
from archcount.layers import CATEGORIES, Shape
from archcount.layers.recurrent import Gru, Lstm, Rnn
from archcount.spec.load import load_table

SHAPE = Shape((4, 3), tokens=True)
"""Three tokens of width 4."""


@pytest.mark.parametrize(
    ("kind", "weights", "biases", "cost"),
    [
        # 4 gates of 5 with 4 and with 5 numbers, two biases each, at 3 positions; of 15 numbers
        # of the state: four gates and the cell activated; gates of two parts and the cell's sum
        # added; forget and input gates and output gate multiplied
        (Lstm(width=5), 180, 40, {"linear": 540, "bias": 120, "activation": 75, "add": 75, "scale": 45}),
        # both ways, the second layer reads 5 + 5: 2 x 20 x (4 + 5) + 2 x 20 x (10 + 5)
        (
            Lstm(width=5, layers=2, bidirectional=True),
            960,
            160,
            {"linear": 2880, "bias": 480, "activation": 300, "add": 300, "scale": 180},
        ),
        # 20 x (4 + 3) and 5 x 3, then 20 x (3 + 3) and 5 x 3
        (
            Lstm(width=5, layers=2, projection=3, bias=False),
            140 + 15 + 120 + 15,
            0,
            {"linear": 870, "activation": 150, "add": 150, "scale": 90},
        ),
        # 3 gates; old state less new one, the update gate's product and sum, the reset gate's
        (
            Gru(width=5),
            135,
            30,
            {"linear": 405, "bias": 90, "activation": 45, "add": 60, "scale": 30, "other": 15},
        ),
        (Rnn(width=5, nonlinearity="relu"), 45, 10, {"linear": 135, "bias": 30, "activation": 15, "add": 15}),
        (Rnn(width=5, bidirectional=True, bias=False), 90, 0, {"linear": 270, "activation": 30, "add": 30}),
    ],
)  # fmt: skip
def test_numbers_by_hand(kind, weights, biases, cost):
    assert (kind.weights(SHAPE), kind.biases(SHAPE)) == (weights, biases)
    assert kind.cost(SHAPE).as_dict() == dict.fromkeys(CATEGORIES, 0) | cost
    report = ac.count(kind.module(SHAPE), input="[1,3,4]")
    assert (report.total.params, report.total.cost) == (weights + biases, kind.cost(SHAPE))
    # Of the first state, which is zeros, nobody learns.
    assert report.total.backward == kind.backward_macs(SHAPE, reaches_back=False)


@pytest.mark.parametrize("kind", [Lstm(width=5), Gru(width=5), Rnn(width=5), Rnn(width=5, nonlinearity="relu")])  # fmt: skip
def test_states_are_those_of_the_definition(kind):
    module = kind.module(SHAPE)
    x = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(1))
    state = cell = torch.zeros(2, 5)
    with torch.no_grad():
        for position, given_state in enumerate(module(x).unbind(1)):
            own = x[:, position] @ module.weight_ih_l0.T + module.bias_ih_l0
            back = state @ module.weight_hh_l0.T + module.bias_hh_l0
            if isinstance(kind, Lstm):
                into, forget, new, out = (own + back).chunk(4, 1)
                cell = forget.sigmoid() * cell + into.sigmoid() * new.tanh()
                state = out.sigmoid() * cell.tanh()
            elif isinstance(kind, Gru):
                reset, update = (own + back)[:, :10].sigmoid().chunk(2, 1)
                new = (own[:, 10:] + reset * back[:, 10:]).tanh()
                state = (1 - update) * new + update * state
            else:
                act = torch.relu if kind.nonlinearity == "relu" else torch.tanh
                state = act(own + back)
            assert torch.allclose(given_state, state, atol=1e-6)


def test_depth_counts_the_layers(tmp_path):
    table = _table(tmp_path, "[lstm 6 layers=3, take last, linear 2]")
    assert table.architecture().depth == 4


def _table(tmp_path, block):
    path = tmp_path / "table.yaml"
    path.write_text(
        "archcount: 1\nname: recurrent\nsource: {title: none}\ninput: tokens 7 of 11\nlet: {d: 6}\n"
        f"blocks: {{all: [embedding 4, {block}]}}\ntable: |\n  row | block\n  all | all\n"
    )
    return load_table(path)


@given(data=st.data())
def test_engines_agree(data, tmp_path_factory):
    word = data.draw(st.sampled_from(["lstm", "gru", "rnn"]))
    options = {
        "layers": ["1", "2", "3"], "bidirectional": ["true", "false"], "bias": ["true", "false"],
        **{"lstm": {"projection": ["2", "3"]}, "rnn": {"nonlinearity": ["tanh", "relu"]}}.get(word, {}),
    }  # fmt: skip
    text = f"{word} d" + "".join(
        f" {name}={data.draw(st.sampled_from(values))}"
        for name, values in options.items()
        if data.draw(st.booleans())
    )
    table = _table(tmp_path_factory.getbasetemp(), f"[{text}, take last, linear 5]")
    formula, *others = (engine(name).count(table.architecture()) for name in ENGINES)
    for other in others:
        assert (other.rows, other.uncounted) == (formula.rows, ())


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("lstm 6 projection=6", "a projection to 6 of a state of 6; allowed: less than 6"),
        ("gru 6 projection=3", "unknown option 'projection'"),
        ("rnn 6 nonlinearity=gelu", "allowed: tanh, relu"),
    ],
)
def test_what_cannot_be_is_refused(written, message, tmp_path):
    with pytest.raises(InvalidTableError, match=message):
        _table(tmp_path, written)


def test_they_are_refused_on_maps(tmp_path, toy_text):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text.replace("global_avgpool", "lstm 8"))
    with pytest.raises(InvalidTableError, match="lstm needs a sequence of tokens"):
        load_table(path)


@pytest.fixture
def language_model(data):
    return load_table(data / "lstm_medium.yaml")


@pytest.mark.parametrize(
    ("variant", "params"),
    [
        # Zaremba et al. 2014, medium: embedding 10,000 x 650; two layers of 4 x (2 x 650 x 650 +
        # 2 x 650) = 3,385,200; softmax 650 x 10,000 + 10,000.
        ("", 6_500_000 + 2 * 3_385_200 + 6_510_000),
        ("tied", 6_500_000 + 2 * 3_385_200 + 10_000),
    ],
)
def test_a_language_model_by_hand(variant, params, language_model):
    for name in ENGINES:
        total = engine(name).count(language_model.architecture(variant=variant)).total
        assert total.params == params
        # each of 35 tokens: two layers of 8 x 650 x 650, and 650 x 10,000
        assert total.cost.macs == 35 * (2 * 3_380_000 + 6_500_000) == 464_100_000


@pytest.fixture
def small(language_model):
    return language_model.architecture(let={"d": 8, "vocab": 13}, input="tokens 5 of 13")


def test_it_learns_copies_and_pickles(small):
    network = build(small).train()
    ids = torch.arange(10).reshape(2, 5)
    network(ids).square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    assert "states.block1.lstm.weight_ih_l0" in network.state_dict()
    network.eval()
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(twin(ids), network(ids))
    # The closed form is what the trace of the module finds.
    traced = ac.count(network, input="int64[1,5]").total.backward
    assert NetworkParts(small).backward_macs() == traced


@pytest.mark.filterwarnings("ignore")
def test_it_is_exported_as_it_runs(small):
    network = build(small).eval()
    ids = torch.arange(10).reshape(2, 5)
    exported = torch.export.export(network, (ids,)).module()
    with torch.no_grad():
        assert torch.allclose(exported(ids), network(ids), atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_it_compiles(small):
    network = build(small).eval()
    ids = torch.arange(10).reshape(2, 5)
    with torch.no_grad():
        assert torch.allclose(torch.compile(network)(ids), network(ids), atol=1e-5)


def test_what_is_explained_is_no_product(data):
    explained = ac.explain(load_table(data / "lstm_medium.yaml"), "states").to_markdown()
    assert "6,760,000" in explained
    assert "650 x 650" not in explained  # 16 of these
