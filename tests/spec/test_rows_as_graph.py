"""Rows that read other rows than the one before them: skips, and rows with a source."""

from __future__ import annotations

import copy
import pickle
import re

import pytest
import torch
from torch import Tensor, nn

import archcount as ac
from archcount.api.formula_report import formula
from archcount.engines import ENGINES, cross_check, engine
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError
from archcount.spec.load import load_table

GRAPH = """\
archcount: 1
name: net
source: {title: A network}
input: 3x8x8
let: {w: 4}
layer: {pad: same, act: relu}
blocks:
  join(one): [{add: ["@one", conv 1x1 w act=none]}, relu]
  pyramid: {concat: [conv 1x1 w, upconv 2x2/2 w, "@a"]}
table: |
  row | from | block
  a   |      | conv 3x3 w
  b   |      | conv 3x3/2 2*w, conv 3x3 2*w
  c   | a    | maxpool 2x2/2, join(@b)
  d   |      | {repeat}
"""


class UNet(nn.Module):
    """The network of Fig. 1 of arXiv:1505.04597, padded, as a person would write it."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.down = nn.ModuleList()
        channels = 1
        for width in widths:
            self.down.append(self._level(channels, width))
            channels = width
        self.up, self.level = nn.ModuleList(), nn.ModuleList()
        for width in widths[-2::-1]:
            self.up.append(nn.ConvTranspose2d(2 * width, width, 2, 2))
            self.level.append(self._level(2 * width, width))
        self.scores = nn.Conv2d(widths[0], 2, 1)

    def _level(self, channels: int, width: int) -> nn.Sequential:
        return nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        kept: list[Tensor] = []
        for place, level in enumerate(self.down):
            x = level(nn.functional.max_pool2d(x, 2) if place else x)
            kept.append(x)
        for up, level, skip in zip(self.up, self.level, kept[-2::-1], strict=True):
            x = level(torch.cat([skip, up(x)], dim=1))
        return self.scores(x)


@pytest.fixture(scope="module")
def small(data):
    """U-Net on 32x32, a sixteenth as wide."""
    text = (data / "unet.yaml").read_text()
    text = re.sub(r"\| (\d+) ", lambda width: f"| {int(width[1]) // 16} ", text)
    text = re.sub(r"\| \d+x\d+x\d+$", "|", text, flags=re.M)
    return text.replace("1x512x512", "1x32x32")


@pytest.fixture
def network(small, tmp_path):
    path = tmp_path / "unet.yaml"
    path.write_text(small)
    return load_table(path)


def test_u_net_is_counted_alike_by_every_engine(network):
    architecture = network.architecture()
    counts = [engine(name).count(architecture) for name in ENGINES]
    for other in counts[1:]:
        assert cross_check(counts[0], other) == ()
    # Four levels of two convolutions, the bottom, four of an up-convolution and two, and scores.
    assert {count.total.depth for count in counts} == {4 * 2 + 2 + 4 * 3 + 1}
    by_hand = UNet((4, 8, 16, 32, 64))
    assert counts[0].total.params == sum(item.numel() for item in by_hand.parameters())
    # dec4, 64 to 32 channels: 2x2 positions of 4 weights each, then two 3x3 convolutions on 4x4
    dec4 = next(row for row in counts[0].rows if row.id == "dec4")
    assert dec4.cost.conv == 4 * 64 * 32 * 4 + 16 * 9 * (64 * 32 + 32 * 32)


def test_u_net_gives_what_the_hand_written_one_gives(network):
    built, by_hand = network.build().eval(), UNet((4, 8, 16, 32, 64)).eval()
    theirs = iter(built.state_dict().values())
    order = [f"down.{level}" for level in range(5)]
    order += [name for level in range(4) for name in (f"up.{level}", f"level.{level}")]
    with torch.no_grad():
        for name in [*order, "scores"]:
            for item in by_hand.get_submodule(name).parameters():
                item.copy_(next(theirs))
        image = torch.randn(2, 1, 32, 32)
        assert torch.allclose(built(image), by_hand(image), atol=1e-6)
        assert torch.allclose(built.forward_with_heads(image).main, by_hand(image), atol=1e-6)
        for other in (copy.deepcopy(built), pickle.loads(pickle.dumps(built))):
            assert torch.equal(other(image), built(image))
        exported = torch.export.export(built, (image,))
        assert torch.allclose(exported.module()(image), built(image), atol=1e-6)
        compiled = torch.compile(built, backend="eager", fullgraph=True)
        assert torch.allclose(compiled(image), built(image), atol=1e-6)
    built.train()(image).sum().backward()
    assert all(item.grad is not None for item in built.parameters())


def test_u_net_learns_as_the_hand_written_one_does(network):
    # torch's own counter on forward and backward of the hand-written one, halved; the first
    # convolution needs no gradient of its input.
    from torch.utils.flop_counter import FlopCounterMode

    with torch.device("meta"), FlopCounterMode(display=False) as counted:
        UNet((4, 8, 16, 32, 64))(torch.randn(1, 1, 32, 32)).sum().backward()
    architecture = network.architecture()
    both = architecture.cost.macs + NetworkParts(architecture).backward_macs()
    assert counted.get_total_flops() == 2 * both


def test_expressions_hold_for_rows_that_read_others(network):
    report = formula(network, symbols=["H", "W"])
    counted = network.architecture(input="1x64x96")
    assert report.at(H=64, W=96)["macs"] == counted.cost.macs


def test_readings_of_rows_that_read_others_are_counted(network, small, tmp_path):
    path = tmp_path / "wrong.yaml"
    wrong = small.replace("| skip | output", "| skip | params")
    path.write_text(re.sub(r"(dec3 .*)\|$", r"\1| 9100", wrong, flags=re.M))
    table = ac.load(str(path))
    # 9 x (32 x 16 + 16 x 16) + 4 x 32 x 16 + 48 are 9,008, and 9100 no reading of it
    assert "dec3" in ac.compare(ac.count(table, engine="formula"), table).to_csv()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("c   | a ", "c   | d ", "14:9: row c reads 'd'; allowed: a, b; put that row above"),
        ("c   | a ", "c   | q ", "14:9: row c reads 'q'; allowed: a, b"),
        ("join(@b)", "join(@d)", "row c: '@one' reads the output of 'd'; allowed: a, b"),
        ("join(@b)", "join(@q)", "row c: '@one' reads the output of 'q'"),
        ('"@a"', '"@q"', "'@q' is the output of no row; allowed: a, b, c, d"),
        ("join(@b)", "relu", "13:3: no row reads the output of row b; write @b in a block"),
        ("join(@b)", "join(@a)", "add joins branches of different shape: 4x8x8 and 4x4x4"),
        ("upconv 2x2/2 w", "upconv 1x1/2 w", "a kernel of at least its stride: 1 < 2"),
        ("upconv 2x2/2 w", "upconv 2x2/2 w pad=9", "a pad of 9x9 leaves nothing"),
    ],
)
def test_rows_that_read_what_is_not_there_are_refused(tmp_path, old, new, says):
    text = GRAPH.replace("{repeat}", "pyramid").replace("conv 1x1 w, up", "upconv 3x3/2 w, up")
    text = text.replace("join(one): [{add", "join(one): [conv 1x1 w, {add").replace("2*w", "w")
    path = tmp_path / "net.yaml"
    path.write_text(text)
    architecture = load_table(path).architecture()
    # a has 3x3x3, b two of 3x3x4, c two of 1x1, d two up-convolutions of 3x3 and 2x2; on the
    # longest path a, b twice (c has one less from a), and one of d.
    assert [row.node.weights for row in architecture.rows] == [108, 288, 32, 16 * (9 + 4)]
    assert (architecture.depth, architecture.output.dims) == (4, (12, 8, 8))
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InvalidTableError, match=re.escape(says)):
        load_table(path)


@pytest.mark.parametrize(
    ("layer", "side"),
    [
        ("2x2/2", 14),
        ("3x3/2", 14),  # 13 and one put back
        ("4x4/2", 14),
        ("3x3", 7),
        ("5x5/3", 21),
        ("3x3/2 pad=valid", 15),
        ("3x3/2 pad=1", 13),
        ("2x4/2 pad=0x1", 14),
    ],
)
def test_a_transposed_convolution_is_torchs(layer, side, tmp_path):
    path = tmp_path / "net.yaml"
    head = GRAPH.partition("let:")[0].replace("3x8x8", "3x7x7")
    patch, _, options = layer.partition(" ")
    path.write_text(f"{head}table: |\n  row | block\n  a | upconv {patch} 5 {options}\n")
    architecture = load_table(path).architecture()
    kernel = int(layer[0]) * int(layer[2])
    for name in ENGINES:
        row = engine(name).count(architecture).rows[0]
        assert row.output == (5, side, side)
        assert (row.cost.conv, row.cost.bias) == (49 * 15 * kernel, 5 * side * side)
        assert (row.params, row.biases) == (15 * kernel + 5, 5)
