"""Equal changes of many layers are said once, with their number and rows."""

from __future__ import annotations

import pytest
from torch import nn

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
