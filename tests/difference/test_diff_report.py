"""What `archcount diff` lists: what differs in short, then as deep as is asked for."""

from __future__ import annotations

import json
import re

import pytest
from torch import nn
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app

BASIC, BOTTLENECK = "(conv 3x3, conv 3x3)", "(conv 1x1, conv 3x3, conv 1x1)"
SHORT = [
    f"bottleneck blocks {BOTTLENECK} for 8 basic blocks {BASIC} (conv2_x, conv3_x, conv4_x, conv5_x)",
    "8 more blocks (1 in conv2_x, 2 in conv3_x, 4 in conv4_x, 1 in conv5_x)",
]
NOTES = "both called once"


def listed(report, **options):
    """The lines of a report before its notes."""
    return report.render("plain", **options).partition(NOTES)[0].splitlines()


def relu_for_relu6():
    model = ac.load("mobilenet_v2").build()
    for part in [*model.modules()]:
        for name, child in [*part.named_children()]:
            if isinstance(child, nn.ReLU6):
                setattr(part, name, nn.ReLU())
    return model


def test_blocks_are_listed_and_not_their_layers():
    lines = listed(ac.diff("resnet@18", "resnet@50"))
    assert lines[2:4] == SHORT
    cells = [re.split(r"  +", line) for line in lines]
    assert ["~", "block1, block2", *(each[1:-1] for each in (BASIC, BOTTLENECK)),
            "bottleneck for basic"] in cells  # fmt: skip
    assert ["+", "block3 to block6", BOTTLENECK[1:-1], "4 more blocks"] in cells
    assert "relu" not in "".join(lines)
    assert len(lines) < 25


@pytest.mark.parametrize("depth", range(5))
def test_a_depth_lists_more_and_leaves_out_nothing_of_the_data(depth):
    report = ac.diff("resnet@18", "resnet@50", depth=depth)
    lines = listed(report)
    assert lines[2:4] == SHORT
    assert ("row by row" in lines) == (depth > 0)
    assert any("block3 to block6" in line for line in lines) == (depth in (2, 3))
    assert any("kernel 3x3 became 1x1" in line for line in lines) == (depth > 2)
    # 68 layers and 106 more: every one in the data, and where everything is asked for
    layers = [pair for row in json.loads(report.to_json())["rows"] for pair in row["layers"]]
    assert len(layers) == len(report.to_frame()) == 68 + 106
    if depth == 4:
        # A line for each, for 7 rows, for 16 blocks; the title, what differs, and the headings.
        assert len([line for line in lines if line]) == 174 + 7 + 16 + 1 + 2 + 1 + 2


def test_equal_lines_are_said_once():
    report = ac.diff("mobilenet_v2", relu_for_relu6())
    lines = listed(report)
    assert (
        lines[2] == "35 relu for relu6"
    )  # one behind each convolution but 17 projections: 52 - 17
    # Stages 5 and 6 have three blocks of two activations, Table 2 of arXiv:1801.04381.
    (at,) = (n for n, line in enumerate(lines) if line.startswith("~  bottleneck5"))
    assert [re.split(r"  +", line)[1:] for line in lines[at + 1 : at + 3]] == [
        ["block1 to block3", "each: 2 relu for relu6"],
        ["bottleneck6", "likewise"],
    ]


def test_what_follows_the_same_change_is_folded_with_its_layers():
    def net(*kernels):
        rows = [nn.Sequential(nn.Conv2d(4, 4, k, padding=k // 2), nn.ReLU()) for k in kernels]
        return nn.Sequential(*rows)

    report = ac.diff(net(3, 3, 3, 3), net(5, 5, 5, 3), input="4x9x9")
    told = [re.split(r"  +", line) for line in listed(report)[8:]]
    assert told[:4] == [
        ["~", "0", "changed"],
        ["~", "0", "conv 3x3 4->4", "conv 5x5 4->4", "kernel 3x3 became 5x5"],
        ["~", "1, 2", "likewise"],
        ["", "3", "2 layers", "2 layers", "same"],
    ]


def test_another_network_is_one_sentence_unless_a_depth_is_given():
    report = ac.diff("vgg", "resnet@50")
    lines = listed(report)
    assert lines[2].startswith("vgg and resnet@50 are different networks: 9 of the 16 layers")
    assert len(lines) < 8
    assert "params used: 138,357,544 -> 25,557,032" in report.render("plain")
    found = json.loads(report.to_json())
    assert found["another_network"]
    assert sum(len(row["layers"]) for row in found["rows"]) == report.record.tally.total()
    assert any(line.startswith("~  conv5") for line in listed(ac.diff("vgg", "resnet@50", depth=1)))


def test_json_has_what_differs_in_short():
    found = json.loads(ac.diff("resnet@18", "resnet@50").to_json())
    assert [each["words"] for each in found["findings"]] == SHORT
    numbers = {"conv2_x": 1, "conv3_x": 2, "conv4_x": 4, "conv5_x": 1}
    assert found["findings"][1]["numbers"] == numbers
    assert not found["another_network"]


def test_a_narrow_terminal_is_readable_and_a_pipe_is_not_cut():
    report = ac.diff("resnet@18", "resnet@50", depth=3)
    narrow = report.render("rich", width=80, colour=False)
    assert max(map(len, narrow.splitlines())) <= 80
    assert "1 more block (conv 1x1, conv 3x3, conv 1x1)" in narrow
    assert max(map(len, report.render("plain").splitlines())) > 160


def test_the_option_is_that_of_python():
    run = CliRunner().invoke(app, ["diff", "resnet@18", "resnet@50", "--depth", "0"])
    assert run.exit_code == 0
    assert run.stdout.splitlines()[2:4] == SHORT
    assert "row by row" not in run.stdout
    error = CliRunner().invoke(app, ["diff", "resnet@18", "resnet@50", "--depth", "-1"]).exception
    assert isinstance(error, ac.UsageError)
    assert "depth -1; allowed: a whole number from 0" in str(error)


def test_what_stands_in_no_module_is_of_the_model():
    lines = listed(ac.diff(nn.Identity(), nn.ReLU(), input="3x4x4"))
    assert lines[2] == "relu added (model)"
    assert re.split(r"  +", lines[9]) == ["+", "after (model)", "relu", "extra: (model)"]
