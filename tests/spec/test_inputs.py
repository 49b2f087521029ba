"""Several inputs of a network: which rows read them, their sizes, and what is refused."""

from __future__ import annotations

import pytest
import torch

from archcount.api.diff_report import diff
from archcount.api.table_report import count_table
from archcount.architecture.builder import build
from archcount.engines import ENGINES, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError, UsageError
from archcount.layers import Shape
from archcount.spec.load import load_table
from archcount.spec.summary import read_summary


@pytest.fixture
def write(tmp_path):
    """Write a network of two images, which are joined."""

    def made(inputs: str = "{left_image: 3x8x8, right: 2x8x8}", rows: str = "", more: str = ""):
        path = tmp_path / "net.yaml"
        rows = rows or "  left | conv 3x3 4 |\n  both | both | right\n  last | conv 1x1 2 |\n"
        path.write_text(
            f"archcount: 1\nname: net\nsource: {{title: A network}}\ninput: {inputs}\n{more}"
            'blocks:\n  both: {concat: ["@left", identity]}\n'
            f"table: |\n  row | block | from\n{rows}"
        )
        return path

    return made


@pytest.mark.parametrize("name", ENGINES)
def test_rows_read_inputs_by_name(name, write):
    architecture = load_table(write()).architecture()
    count = engine(name).count(architecture)
    # 3x3 from 3 to 4 and 1x1 from 4 + 2 to 2, on 64 positions
    assert [row.cost.macs for row in count.rows] == [108 * 64, 0, 12 * 64]
    assert (count.rows[1].input, count.depth, count.uncounted) == ((2, 8, 8), 2, ())


def test_a_network_takes_its_inputs_in_order(write):
    architecture = load_table(write()).architecture()
    network = build(architecture)
    draw = torch.Generator().manual_seed(1)
    left, right = (
        torch.randn(2, *shape.dims, generator=draw) for shape in architecture.input_shapes
    )
    expected = network.last(torch.cat([network.left(left), right], dim=1))
    assert torch.equal(network(left, right), expected)
    exported = torch.export.export(network, (left, right)).module()
    assert torch.allclose(exported(left, right), expected, atol=1e-6)
    with pytest.raises(TypeError, match="takes 2 inputs, left_image, right, and gets 1"):
        network(left)


def test_gradients_reach_no_input(write):
    # twice each product, but for the input of the first convolution
    found = NetworkParts(load_table(write()).architecture())
    assert found.backward_macs() == 2 * (108 + 12) * 64 - 108 * 64


def test_inputs_are_said(write):
    table = load_table(write("{one: 3x8x8, right: 3x8x8}"))
    text = count_table(table.architecture()).to_markdown()
    assert "one image of 3x8x8 (channels x height x width) (one) and 3x8x8" in text
    assert read_summary(table.path).input == "one: 3x8x8, right: 3x8x8"


def test_another_size_is_that_of_all_equal_inputs(write):
    table = load_table(write("{one: 3x8x8, right: 3x8x8}"))
    assert [str(each) for each in table.architecture(input="3x6x6").input_shapes] == ["3x6x6"] * 2
    with pytest.raises(
        UsageError, match="inputs of different sizes .left_image is 3x8x8, right is"
    ):
        load_table(write()).architecture(input="3x6x6")


def test_a_size_may_read_names(write):
    table = load_table(
        write("{one: 3 x side x side, right: 2 x side x side}", more="let: {side: 9}\n")
    )
    assert table.architecture(let={"side": 5}).output.dims == (2, 5, 5)


def test_a_network_is_compared_with_all_its_inputs(write):
    assert not diff(str(write()), str(write())).is_changed


@pytest.mark.parametrize(
    ("inputs", "rows", "says"),
    [
        ("{a: 3x8x8, right: 2x8x8, c: 2x8x8}", "", "no row reads the input c; write @c in a block"),
        ("{left: 3x8x8, right: 2x8x8}", "", "row left is called as an input is; rename"),
        ("{a: 3x8x8, b: 2x8x8}", "", "row both reads 'right'; allowed: a, b, left"),
        ("{a: 3x8x8, right: 8x8x}", "", "input.right '8x8x' does not fit"),
        ("{a: 3x8x8, right: tokens n of 9}", "", "input right: unknown name 'n'"),
        ("{right: 3x8x8}", "", "input does not fit; allowed: .*at least 2"),
        ("{a: 3x8x8, right: 224x224x3}", "", "input right 224x224x3 would have 224 channels"),
        ("[3x8x8, 2x8x8]", "", "input does not fit; allowed: a text"),
        (
            "{a: 3x8x8, right: 2x8x8}",
            "  left | conv 3x3 4 | right\n  both | both | right\n",
            "no row reads the input a",
        ),
    ],
)
def test_inputs_that_do_not_go_together_are_refused(inputs, rows, says, write):
    with pytest.raises(InvalidTableError, match=says):
        load_table(write(inputs, rows)).architecture()


@pytest.mark.parametrize("name", ENGINES)
def test_an_input_of_features_and_one_of_a_map(name, write):
    rows = "  h | linear 8 act=relu | time\n  up | map 1x1 |\n  last | both | image\n"
    path = write("{image: 8x4x4, time: 5}", rows)
    path.write_text(
        path.read_text().replace('{concat: ["@left", identity]}', '{add: ["@up", identity]}')
    )
    found = engine(name).count(load_table(path).architecture())
    # 8 units of 5 features, added at each of 16 positions of 8 channels
    assert (found.total.params, found.total.cost.linear, found.total.cost.add) == (48, 40, 128)
    assert "8x4x4 (channels x height x width) (image) and 5 features (time)" in str(
        count_table(load_table(path), engine="formula").to_markdown()
    )


def test_features_alone_are_an_input(write):
    architecture = load_table(write("784", "  left | linear 10 |\n")).architecture()
    assert architecture.input_shapes == (Shape((784,)),)
    assert build(architecture)(torch.zeros(2, 784)).shape == (2, 10)
