"""Equal changes of many layers are said once, with their number and rows."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
from torch import Tensor, nn

import archcount as ac


def net(*rows: nn.Module) -> nn.Sequential:
    return nn.Sequential(*rows)


def unit(kernel: int, norm: nn.Module | None = None, act: type[nn.Module] = nn.ReLU) -> nn.Module:
    conv = nn.Conv2d(4, 4, kernel, padding=kernel // 2, bias=norm is None)
    return nn.Sequential(conv, *([norm] if norm else []), act())


def plain(kernel: int = 5) -> nn.Sequential:
    return net(*(unit(kernel) for _ in range(4)), nn.MaxPool2d(3, 2))


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (plain(), []),
        (plain(3), ["4 conv 3x3 for 5x5"]),
        (net(unit(3), *(unit(5) for _ in range(3)), nn.MaxPool2d(3, 2)), ["conv 3x3 for 5x5 (0)"]),
        (
            net(unit(3), unit(5), unit(3), unit(5), nn.MaxPool2d(2, 2)),
            ["2 conv 3x3 for 5x5 (0, 2)", "max pool 2x2 for 3x3 (4)"],
        ),
        (
            net(*(unit(5, nn.BatchNorm2d(4)) for _ in range(4)), nn.MaxPool2d(3, 2)),
            ["batch norm for the bias of 4 conv"],
        ),
        (
            net(
                *(nn.Sequential(*unit(5), nn.BatchNorm2d(4)) for _ in range(4)), nn.MaxPool2d(3, 2)
            ),
            ["4 batch norm added"],
        ),
        (net(*(unit(5) for _ in range(4)), nn.AvgPool2d(3, 2)), ["avg for max (4)"]),
        (net(*(unit(5) for _ in range(4))), ["max pool 3x3 left out (4)"]),
    ],
)
def test_changes_alike_are_said_once(other: nn.Module, expected: list[str]) -> None:
    report = ac.diff(plain(), other, input="4x9x9")
    assert [str(item) for item in report.findings] == expected


def test_each_layer_of_a_finding_is_in_it() -> None:
    (finding,) = ac.diff(plain(), plain(3), input="4x9x9").findings
    assert [pair.place for pair in finding.pairs] == ["0.0", "1.0", "2.0", "3.0"]
    assert finding.rows == ("0", "1", "2", "3")


def found(one: str, other: str) -> list[str]:
    given = "int64[1,64]" if "gpt2" in one else ""
    return [str(item) for item in ac.diff(one, other, input=given).findings]


BASIC, BOTTLENECK = "(conv 3x3, conv 3x3)", "(conv 1x1, conv 3x3, conv 1x1)"
STAGES = "(conv2_x, conv3_x, conv4_x, conv5_x)"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Table 1 of arXiv:1512.03385: 2, 2, 2, 2 blocks; 3, 4, 6, 3; and 3, 8, 36, 3.
        (
            "resnet@18",
            "resnet@50",
            [
                f"bottleneck blocks {BOTTLENECK} for 8 basic blocks {BASIC} {STAGES}",
                "8 more blocks (1 in conv2_x, 2 in conv3_x, 4 in conv4_x, 1 in conv5_x)",
            ],
        ),
        (
            "resnet@50",
            "resnet@18",
            [
                f"basic blocks {BASIC} for 8 bottleneck blocks {BOTTLENECK} {STAGES}",
                "8 blocks fewer (1 in conv2_x, 2 in conv3_x, 4 in conv4_x, 1 in conv5_x)",
            ],
        ),
        ("resnet@50", "resnet@152", ["34 more blocks (4 in conv3_x, 30 in conv4_x)"]),
        # 24 and 16 layers, and 32 and 32, Table 1 of arXiv:1608.06993; half of 256 + 32 x 32 goes on.
        (
            "densenet",
            "densenet@169",
            [
                "24 more blocks (8 in dense3, 16 in dense4)",
                "conv with 640 filters for 512 (transition3_conv)",
            ],
        ),
        # A squeeze and an excitation in each of 16 blocks, as linear layers on the mean of a map.
        (
            "resnet@50",
            "senet",
            [
                "squeeze-and-excitation bottleneck blocks (conv 1x1, conv 3x3, conv 1x1, linear, "
                f"linear) for 16 bottleneck blocks {BOTTLENECK} {STAGES}"
            ],
        ),
        # 12 and 24 layers, of 768 and 1024; an attention has four linear layers, and one stands at
        # the end; 25 norms.
        (
            "gpt2",
            "gpt2@345M",
            [
                "12 more blocks in layers",
                "embedding with 1024 outputs for 768 (embed)",
                "60 linear with 1024 outputs for 768 (layers)",
                "12 linear with 4096 outputs for 3072 (layers)",
                "25 layer norm size 1024 for 768 (layers)",
            ],
        ),
    ],
)
def test_blocks_are_said_as_blocks(one: str, other: str, expected: list[str]) -> None:
    assert found(one, other) == expected


def test_a_block_left_out_is_said_once(data: Path) -> None:
    wrong = f"{data / 'wrong_mobilenet.py'}:MobileNet"
    assert found("mobilenet_v1", wrong) == ["1 block fewer in dw_pw7_11", "conv with bias (conv)"]


def test_joins_of_other_layers_are_said_once() -> None:
    # Two sums in each of 12 layers, before a norm and behind it.
    assert "24 add read other layers (layers)" in found("gpt2", "bert")


class Unit(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(8), nn.Linear(8, 16), nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(self.up(self.norm(x)).relu())


def test_a_block_more_stands_behind_the_others_though_the_next_layer_is_like_its_first() -> None:
    parts = {
        "stem": nn.Linear(4, 8),
        "encoder": net(Unit(), Unit()),
        "norm": nn.LayerNorm(8),
        "head": nn.Linear(8, 3),
    }
    rows = nn.Sequential(OrderedDict(parts))
    units = net(Unit(), Unit(), Unit())
    whole = {"units": units, "norm": nn.LayerNorm(8)}
    other = net(net(nn.Linear(4, 8), nn.Sequential(OrderedDict(whole))), nn.Linear(8, 3))
    assert list(map(str, ac.diff(rows, other, input="6x4").findings)) == ["1 more block in encoder"]
