"""The first convolutional networks: their layers by definition, and their numbers by hand."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError
from archcount.layers import Shape
from archcount.layers.sparse_convolution import SparseConv
from archcount.layers.trained_pooling import Rbf, TrainedPool, UnitBias
from archcount.printed import Connections, Patch
from archcount.spec.load import load_table


@pytest.mark.parametrize("pad", ["valid", "same"])
def test_a_sparse_convolution_is_a_dense_one_with_zeros(pad):
    maps = ((0, 2), (0, 1, 2), (1,), (1, 2), (0,))
    kind = SparseConv(patch=Patch((3, 3)), connections=Connections(3, maps), pad=pad)
    module = kind.module(Shape((3, 6, 6)))
    weight = torch.zeros(5, 3, 3, 3)
    for reads in (1, 2, 3):
        own = module.convs[f"reads{reads}"]
        filters = [number for number, read in enumerate(maps) if len(read) == reads]
        for place, number in enumerate(filters):
            weight[number, list(maps[number])] = own.weight[place].detach()
            own.bias.data[place] = number
    x = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(2))
    dense = nn.functional.conv2d(x, weight, torch.arange(5.0), padding=0 if pad == "valid" else 1)
    with torch.no_grad():
        assert torch.allclose(module(x), dense, atol=1e-5)
    # 9 connections of 3 x 3, five biases: no weights stand where nothing is connected
    assert sum(each.numel() for each in module.parameters()) == 81 + 5


def test_pools_biases_and_distances_are_what_their_paper_defines():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    pool = TrainedPool(patch=Patch((2, 2), (2, 2))).module(Shape((1, 4, 4)))
    nn.init.constant_(pool.scale.weight, 0.5)
    nn.init.constant_(pool.bias.bias, 3)
    with torch.no_grad():
        # 0 + 1 + 4 + 5 = 10, 2 + 3 + 6 + 7 = 18, 42 and 50: half of each, and 3
        assert pool(x).flatten().tolist() == [8.0, 12.0, 24.0, 28.0]
    biases = UnitBias().module(Shape((1, 4, 4)))
    biases.bias.data = torch.arange(16.0)
    with torch.no_grad():
        assert torch.equal(biases(x), 2 * x)
    rbf = Rbf(width=2).module(Shape((3,)))
    assert set(rbf.weight.unique().tolist()) <= {-1.0, 1.0}
    rbf.weight.copy_(torch.tensor([[1.0, 1.0, -1.0], [-1.0, 1.0, 1.0]]))
    # (2, 0, 1): 1 + 1 + 4, and 9 + 1 + 0
    assert rbf(torch.tensor([[2.0, 0.0, 1.0]])).tolist() == [[6.0, 10.0]]


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        # LeCun et al. 1998: 6 x 26, 6 x 2, 60 x 25 + 16, 16 x 2, 120 x 401, 84 x 121.
        # Weights at positions: 150 x 784, 1,500 x 100, 48,000, 10,080, and 840 of distances.
        ("lenet5", [156, 12, 1516, 32, 48_120, 10_164, 0], 117_600 + 150_000 + 48_000 + 10_080 + 840),
        # LeCun et al. 1989: 12 x 25 + 768, 12 x 200 + 192, 30 x 193, 10 x 31.
        # Connections less biases: 768 x 25, 192 x 200, 192 x 30, 30 x 10.
        ("lenet1989", [1068, 2592, 5790, 310], 19_200 + 38_400 + 5_760 + 300),
    ],
)  # fmt: skip
def test_every_engine_counts_them_as_their_papers_do(name, params, macs):
    architecture = ac.load(name).architecture()
    formula, *others = (engine(each).count(architecture) for each in ENGINES)
    assert [row.params for row in formula.rows] == params
    assert formula.total.cost.macs == macs
    for other in others:
        assert (other.rows, other.uncounted) == (formula.rows, ())
    size = "x".join(map(str, architecture.input.dims))
    traced = ac.count(build(architecture), input=size).total.backward
    assert NetworkParts(architecture).backward_macs() == traced


def test_the_maps_of_c3_are_those_that_the_text_describes():
    """Sec. II.B: contiguous subsets of three, of four, some discontinuous ones of four, and all."""
    kind = ac.load("lenet5").architecture().find("C3.sparse_conv").kind
    round_ = [{(first + step) % 6 for step in range(4)} for first in range(6)]
    maps = [set(read) for read in kind.connections.maps]
    assert maps[:6] == [each - {(first + 3) % 6} for first, each in enumerate(round_)]
    assert maps[6:12] == round_
    assert [len(read) for read in maps[12:]] == [4, 4, 4, 6]
    assert not any(read in round_ for read in maps[12:15])


@pytest.mark.parametrize("name", ["lenet5", "lenet1989"])
def test_they_learn_copy_and_are_exported(name):
    architecture = ac.load(name).architecture()
    network = build(architecture).train()
    images = torch.randn(2, *architecture.input.dims, generator=torch.Generator().manual_seed(4))
    network(images).square().mean().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())
    network.eval()
    for twin in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(twin(images), network(images))
    exported = torch.export.export(network, (images,)).module()
    with torch.no_grad():
        assert torch.allclose(exported(images), network(images), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["lenet5", "lenet1989"])
def test_they_compile(name):
    architecture = ac.load(name).architecture()
    network = build(architecture).eval()
    images = torch.randn(2, *architecture.input.dims)
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    with torch.no_grad():
        assert torch.allclose(compiled(images), network(images), atol=1e-5)


def test_the_keys_of_a_sparse_convolution_are_readable():
    state = ac.load("lenet5").build().state_dict()
    shapes = {key: tuple(value.shape) for key, value in state.items() if key.startswith("C3")}
    assert shapes["C3.sparse_conv.convs.reads3.weight"] == (6, 3, 5, 5)
    assert shapes["C3.sparse_conv.convs.reads4.weight"] == (9, 4, 5, 5)
    assert shapes["C3.sparse_conv.convs.reads6.weight"] == (1, 6, 5, 5)


def test_what_the_tool_says_of_printed_connections():
    report = ac.compare(ac.count(ac.load("lenet5")), ac.load("lenet5")).to_markdown()
    # 1,516 x 100 = 151,600
    assert "params 1516 at 100 positions each are 148,350 to 151,700 MACs" in report
    assert "The odd one out: ops." in report
    # 345,308 = 122,304 + 5,880 + 156,000 + 2,000 + 48,120 + (10,164 + 840)
    assert "added up, with 11,004 counted where nothing is printed" in report
    assert "It is the neurons and the 256 inputs." in (
        ac.compare(ac.count(ac.load("lenet1989")), ac.load("lenet1989")).to_markdown()
    )


GRID = "\n    in | 0 | 1\n    0 | X |\n    1 | X | X"


@pytest.mark.parametrize(
    ("connections", "block", "message"),
    [
        (GRID, "sparse_conv 3x3 c9", "connections: unknown name 'c9'"),
        (GRID, "sparse_conv 3x3 w", "let w is '2', which is no table of connections"),
        (GRID, "conv 3x3 c3", "connections c3 is .*which is not a number"),
        (GRID, "sparse_conv 3x3 c3", "connections of 2 maps, and 3 come in"),
        (GRID.replace("X | X", "X | q"), "relu", "t.yaml:8:13: connections c3: 'q' is no mark"),
        (GRID.replace("X |\n", "X\n"), "relu", "line 0 has 2 cells; allowed: 3 cells"),
        (GRID.replace("X | X", "X |"), "relu", "filter 1 reads no map"),
        ("\n    in | 0", "relu", "connections c3 is not a table"),
    ],
)
def test_wrong_tables_of_connections_are_refused(connections, block, message, tmp_path):
    path = tmp_path / "t.yaml"
    path.write_text(
        f"archcount: 1\nname: t\nsource: {{title: t}}\nconnections:\n  c3: |{connections}\n"
        f"input: 3x8x8\nlet: {{w: 2}}\ntable: |\n  row | block\n  a | {block}\n"
    )
    with pytest.raises(InvalidTableError, match=message):
        load_table(path)
