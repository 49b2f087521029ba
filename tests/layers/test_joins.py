"""Every join of branches: its shape rule, hand counts, and its torch module in a built network."""

from __future__ import annotations

import pytest
import torch

from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, InvalidValueError
from archcount.layers import CATEGORIES, Shape
from archcount.layers.by_word import JOINS
from archcount.layers.joins import Addition, Concatenation, Product, Split
from archcount.layers.unpooling import Unpooling
from archcount.spec.load import load_table


@pytest.fixture
def architecture(tmp_path):
    """Make a network of one row from its block, on 4x6x6; other blocks may stand before it."""

    def expand(block: str, blocks: str = ""):
        path = tmp_path / "net.yaml"
        path.write_text(
            "archcount: 1\nname: net\nsource: {title: A network}\ninput: 4x6x6\n"
            f"blocks:\n{blocks}  b: {block}\ntable: |\n  row | block\n  r | b\n"
        )
        return load_table(path).architecture()

    return expand


def _tokens(width, positions):
    return Shape((width, positions), tokens=True)


@pytest.mark.parametrize(
    ("kind", "shapes", "output", "cost"),
    [
        (Concatenation(), [(2, 3, 3), (5, 3, 3)], (7, 3, 3), {}),
        (Concatenation(), [(2,), (5,)], (7,), {}),
        (Split(), [(2, 3, 3), (5, 3, 3)], (7, 3, 3), {}),
        # one addition for each branch after the first: 2 x 18
        (Addition(), [(2, 3, 3), (2, 3, 3), (2, 3, 3)], (2, 3, 3), {"add": 36}),
        # a vector at each of 9 positions: 2x1x1 twice is one sum of 2, then one of 18
        (Addition(), [(2, 1, 1), (2, 1, 1), (2, 3, 3)], (2, 3, 3), {"add": 2 + 18}),
        # windows of 2x3 cover 2x4x9
        (Unpooling(), [(2, 2, 3), (2, 4, 9)], (2, 4, 9), {"pool": 72}),
        # one multiplication an element of each product: 2x1x3, then 2x3x3
        (Product(), [(2, 1, 3), (2, 1, 1), (2, 3, 3)], (2, 3, 3), {"scale": 6 + 18}),
        (Product(), [(2, 3, 3)], (2, 3, 3), {}),
        # one map for all channels
        (Product(), [(1, 3, 3), (2, 3, 3)], (2, 3, 3), {"scale": 18}),
        # a gate of each token
        (Product(), [_tokens(2, 3), _tokens(1, 3)], _tokens(2, 3), {"scale": 6}),
        # tokens of width 2 and 5 at 3 positions
        (Concatenation(), [_tokens(2, 3), _tokens(5, 3)], _tokens(7, 3), {}),
        (Product(), [_tokens(2, 3), _tokens(2, 3)], _tokens(2, 3), {"scale": 6}),
    ],
)
def test_joins_worked_out_by_hand(kind, shapes, output, cost):
    *shapes, output = (
        each if isinstance(each, Shape) else Shape(each) for each in (*shapes, output)
    )
    assert kind.output(shapes) == output
    assert kind.cost(shapes).as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}


def test_every_join_has_a_hand_count_above():
    marks = test_joins_worked_out_by_hand.pytestmark[0].args[1]
    assert {kind.word for kind, *_ in marks} == set(JOINS)


@pytest.mark.parametrize(
    ("kind", "shapes", "says"),
    [
        (Concatenation(), [(2, 3, 3), (2, 4, 3)], "different size: 2x3x3, 2x4x3"),
        (Addition(), [(2, 3, 3), (3, 3, 3)], "different shape: 2x3x3 and 3x3x3"),
        (Addition(), [(2, 3, 3), (1, 3, 3)], "different shape: 2x3x3 and 1x3x3"),
        (Addition(), [(2, 3, 3), (2, 1, 2)], "different shape: 2x3x3 and 2x1x2"),
        (Product(), [(2, 3, 3), (4, 3, 3)], "different shape: 2x3x3 and 4x3x3"),
        (Product(), [(2, 3, 3), (2, 1, 2)], "different shape: 2x3x3 and 2x1x2"),
        (Product(), [(2, 3, 3), (2,)], "different shape: 2x3x3 and 2"),
        (Concatenation(), [(2, 3), _tokens(2, 3)], "different size: 2x3, 3x2"),
        (Unpooling(), [(2, 3, 3)], "unpool joins 1 branches; allowed: two"),
        (Unpooling(), [(2, 3, 3), (3, 6, 6)], "do not fit: 2x3x3 and 3x6x6"),
        (Unpooling(), [(2, 3, 3), (2, 6, 7)], "do not fit: 2x3x3 and 2x6x7"),
        (Unpooling(), [(2,), (2, 6, 7)], "unpool needs channels, height and width"),
        (Addition(), [(2, 3), _tokens(2, 3)], "different shape: 2x3 and 3x2"),
        (Product(), [(2, 3), _tokens(2, 3)], "different shape: 2x3 and 3x2"),
    ],
)
def test_branches_that_do_not_fit_are_refused_in_words(kind, shapes, says):
    with pytest.raises(InvalidValueError, match=says):
        kind.output([each if isinstance(each, Shape) else Shape(each) for each in shapes])


@pytest.mark.parametrize("word", ["concat", "add", "mul"])
def test_the_module_of_a_join_gives_its_shape_and_learns(word, architecture):
    network = architecture(f"[{{{word}: [conv 3x3 4, conv 1x1 4, maxpool 3x3]}}, relu]")
    module = build(network).train()
    images = torch.randn(2, 4, 6, 6, requires_grad=True)
    output = module(images)
    assert tuple(output.shape) == (2, *network.output.dims)
    output.sum().backward()
    assert all(parameter.grad is not None for parameter in module.parameters())
    branches = [branch(images) for branch in module.r.get_submodule(word).children()]
    expected = {
        "concat": lambda: torch.cat(branches, dim=1),
        "add": lambda: branches[0] + branches[1] + branches[2],
        "mul": lambda: branches[0] * branches[1] * branches[2],
    }[word]()
    assert torch.allclose(output, expected.relu())


@pytest.mark.parametrize("name", ENGINES)
def test_a_vector_and_a_map_reach_every_position_and_channel(name, architecture):
    vector = "{add: [[global_avgpool, conv 1x1 4], identity]}"
    gate = "{mul: [conv 1x1 1 act=sigmoid, identity]}"
    found = engine(name).count(architecture(f"[{vector}, {gate}]")).total
    assert found.params == (16 + 4) + (4 + 1)
    # 4x36 are pooled, then added to a vector of 4; 36 gates multiply 4x36.
    cost = {"conv": 16 + 4 * 36, "bias": 4 + 36, "pool": 144, "activation": 36}
    cost |= {"add": 144, "scale": 144}
    assert found.cost.as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert found.output == (4, 6, 6)


@pytest.mark.parametrize("name", ENGINES)
def test_a_squeeze_and_excite_counted_by_hand(name, architecture):
    squeeze = "{mul: [identity, [global_avgpool, conv 1x1 2 act=relu, conv 1x1 in.c]]}"
    found = architecture("[conv 3x3 8, se]", f"  se: {squeeze}\n")
    total = engine(name).count(found).total
    # 3x3 from 4 to 8: 288 weights on 36 positions; 8 to 2 and 2 to 8 on one; their biases.
    assert total.params == (288 + 8) + (16 + 2) + (16 + 8)
    # 8x36 are pooled and, in the end, scaled; 2 are rectified.
    cost = {"conv": 288 * 36 + 32, "bias": 8 * 36 + 10, "pool": 288, "activation": 2, "scale": 288}
    assert total.cost.as_dict() == {**dict.fromkeys(CATEGORIES, 0), **cost}
    assert total.output == (8, 6, 6)


def test_an_identity_is_no_layer(architecture):
    squeeze = "{mul: [identity, [global_avgpool, conv 1x1 2 act=relu, conv 1x1 in.c]]}"
    parts = NetworkParts(architecture("[conv 3x3 8, se]", f"  se: {squeeze}\n"))
    # convolution; multiplication of the pool, convolution, rectifier, convolution branch
    assert parts.whole().layers == 1 + 1 + 4
    assert parts.whole().count.depth == 3


def test_a_squeeze_and_excite_scales_each_channel(architecture):
    module = build(architecture("{mul: [identity, [global_avgpool, conv 1x1 4]]}"))
    with torch.no_grad():
        weight, bias = module.r.branch2.conv.weight[:, :, 0, 0], torch.arange(4.0)
        module.r.branch2.conv.bias.copy_(bias)
        images = torch.randn(2, 4, 6, 6)
        scales = images.mean(dim=(2, 3)) @ weight.T + bias
        assert torch.allclose(module(images), images * scales[:, :, None, None], atol=1e-6)


UNIT = "[{split: [identity, [conv 1x1 2, conv 3x3 2]]}, channel_shuffle 2]"


def test_a_split_gives_each_branch_its_part_of_the_channels(architecture):
    made = architecture(UNIT)
    # 2 of the 4 channels: 2x2 + 2, and 2x2x9 + 2
    assert made.params == 6 + 38
    network = build(made).eval()
    x = torch.arange(4.0).reshape(1, 4, 1, 1).expand(1, 4, 6, 6)
    # the first half comes through as it is, and stands in turn with what the second half gives
    assert network(x)[0, [0, 2], 0, 0].tolist() == [0, 1]
    with torch.no_grad():
        network.get_submodule("r.split.branch2.conv1").weight.fill_(1)
        network.get_submodule("r.split.branch2.conv2").weight.fill_(0)
        network.get_submodule("r.split.branch2.conv2").weight[:, :, 1, 1] = 1
    assert network(x)[0, [1, 3], 0, 0].tolist() == [10, 10]  # 2 + 3 twice, and their sum


def test_a_split_that_reads_another_row_gives_parts_too(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcount: 1\nname: net\nsource: {title: A network}\ninput: 4x6x6\n"
        'blocks: {b: {split: [identity, {add: [identity, "@a"]}]}}\ntable: |\n'
        "  row | block\n  a | slice 0 2\n  c | conv 1x1 4\n  r | b\n"
    )
    architecture = load_table(path).architecture()
    network = build(architecture).eval()
    x = torch.randn(1, 4, 6, 6)
    with torch.no_grad():
        middle = network.c(network.a(x))
        expected = torch.cat([middle[:, :2], middle[:, 2:] + x[:, :2]], dim=1)
        assert torch.equal(network(x), expected)


def test_a_split_that_does_not_come_out_even_is_refused(architecture):
    with pytest.raises(InvalidTableError, match="split among 3 branches, and 4 channels come in"):
        architecture("{split: [identity, identity, relu]}")


def test_a_hierarchy_of_splits_is_res2nets(architecture):
    # arXiv:1904.01169, sec. 3.1: y1 = x1, y2 = K2(x2), y3 = K3(x3 + y2), of one channel each
    made = architecture(
        "[conv 1x1 3, s2, s3]",
        "  s2: {concat: [slice 0 1, [slice 1 2, conv 3x3 1], slice 2 3]}\n"
        "  s3: {concat: [slice 0 2, [{add: [slice 1 2, slice 2 3]}, conv 3x3 1]]}\n",
    )
    assert made.params == 4 * 3 + 3 + 2 * (9 + 1)
    network = build(made).eval()
    x = torch.randn(1, 4, 6, 6)
    with torch.no_grad():
        one, two, three = network.r.conv(x).split(1, dim=1)
        kernels = [item for item in network.modules() if getattr(item, "kernel_size", 0) == (3, 3)]
        second = kernels[0](two)
        expected = torch.cat([one, second, kernels[1](three + second)], dim=1)
        assert torch.allclose(network(x), expected, atol=1e-6)


def test_a_cross_stage_partial_block_leaves_half_of_the_channels_alone(architecture):
    # arXiv:1911.11929, Fig. 2b: the dense part sees 2 of 4 channels, and gives 2 + 2 x 3
    made = architecture(
        "{split: [identity, [grow, grow]]}", "  grow: {concat: [identity, conv 3x3 3]}\n"
    )
    assert made.output.dims == (2 + 2 + 6, 6, 6)
    assert made.params == (2 * 27 + 3) + (5 * 27 + 3)
    x = torch.randn(1, 4, 6, 6)
    assert torch.equal(build(made).eval()(x)[:, :4], x)


def test_unpooling_puts_values_where_the_maxima_stood(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcount: 1\nname: net\nsource: {title: A network}\ninput: 1x4x4\n"
        'blocks: {up: {unpool: [scale 10, "@a"]}}\ntable: |\n'
        "  row | block\n  a | relu\n  down | maxpool 2x2/2\n  b | up\n"
    )
    architecture = load_table(path).architecture()
    for name in ENGINES:
        # 16 are rectified, pooled, and searched for the maxima again; 4 are multiplied
        cost = engine(name).count(architecture).total.cost
        assert (cost.activation, cost.pool, cost.scale) == (16, 32, 4), name
    x = torch.tensor([[1.0, 2, 0, 0], [0, 0, 3, 0], [0, 4, 0, 0], [0, 0, 0, 5]])
    network = build(architecture).eval()
    expected = torch.tensor([[0.0, 20, 0, 0], [0, 0, 30, 0], [0, 40, 0, 0], [0, 0, 0, 50]])
    assert torch.equal(network(x[None, None])[0, 0], expected)
    exported = torch.export.export(network, (x[None, None],)).module()
    assert torch.equal(exported(x[None, None])[0, 0], expected)
