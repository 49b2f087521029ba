"""Blocks are found by names, else by joins, and are aligned before the layers in them."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch.nn.functional as F
from torch import nn

import archcount as ac
from archcount.difference.block_types import BlockType, block_type
from archcount.difference.blocks import blocks_of
from archcount.engines import model_run
from archcount.loading.model_target import load_model
from archcount.tracing.layer_sequence import layers_of


def layers(module, given="3x224x224"):
    return layers_of(model_run.run(module, given, name="")[2]).layers


def table(name, given="3x224x224"):
    return layers(load_model(name)[0], given)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("resnet@18", "3x224x224", ["2", "2", "2", "2"]),
        ("resnet@50", "3x224x224", ["3", "4", "6", "3"]),  # Table 1 of the paper
        ("densenet", "3x224x224", ["6", "12", "24", "16"]),
        ("gpt2", "int64[1,64]", ["12"]),
        ("vgg", "3x224x224", []),
        ("googlenet", "3x224x224", []),  # whose modules are its rows
    ],
)
def test_blocks_are_the_numbered_modules_that_repeat(name, given, expected):
    found = blocks_of(table(name, given))
    rows = [block.name.partition(".")[0] for block in found]
    assert [str(rows.count(row)) for row in dict.fromkeys(rows)] == expected
    assert all(one.places < other.places for one, other in pairwise(found))


class Basic(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(width, width, 3, padding=1)
        self.b = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x):
        return F.relu(x + self.b(F.relu(self.a(x))))


class Bottleneck(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.a = nn.Conv2d(width, width // 4, 1)
        self.b = nn.Conv2d(width // 4, width // 4, 3, padding=1)
        self.c = nn.Conv2d(width // 4, width, 1)

    def forward(self, x):
        return F.relu(x + self.c(F.relu(self.b(F.relu(self.a(x))))))


class Flat(nn.Module):
    """Blocks whose names do not say that they are repeated."""

    def __init__(self, kind):
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3)
        self.first, self.second, self.third = kind(16), kind(16), kind(16)

    def forward(self, x):
        return self.third(self.second(self.first(self.stem(x))))


def test_where_names_do_not_tell_a_join_closes_a_block():
    found = layers(Flat(Basic), "3x12x12")
    assert blocks_of(found) == ()
    assert [block.name for block in blocks_of(found, by_name=False)] == ["first", "second", "third"]
    plain = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
    assert blocks_of(layers(plain, "3x12x12"), by_name=False) == ()


def blocks_that_stand_for_each_other(one, other, given):
    """The paths that layers of the right have for those of the left, down to the block."""
    found = ac.diff(one, other, input=given).record
    return {
        (pair.block, pair.right.path.removesuffix(".branch1").partition(".add")[0])
        for row in found.rows
        for pair in row.pairs
        if pair.left and pair.right and pair.block
    }


@pytest.mark.parametrize(("other", "stages"), [("resnet@50", "conv{}_x"), ("resnext", "conv{}")])
def test_the_layers_of_a_block_stand_for_those_of_one_block(other, stages):
    found = blocks_that_stand_for_each_other("resnet@18", other, "")
    named = {(one, other.removesuffix(".relu")) for one, other in found}
    # The first two of each stage, although the first block of conv2_x has a shortcut there alone.
    assert named == {
        (f"conv{stage}_x.block{number}", f"{stages.format(stage)}.block{number}")
        for stage in (2, 3, 4, 5)
        for number in (1, 2)
    }


def test_blocks_without_numbers_stand_for_one_block_each():
    found = ac.diff(Flat(Basic), Flat(Bottleneck), input="3x12x12").record
    pairs = [pair for row in found.rows for pair in row.pairs if pair.left and pair.right]
    assert all(pair.left.path.split(".")[0] == pair.right.path.split(".")[0] for pair in pairs)
    assert {pair.block for row in found.rows for pair in row.pairs} == {
        "", "first", "second", "third"
    }  # fmt: skip


def test_a_layer_more_stands_in_the_row_of_its_block():
    found = ac.diff("resnet@18", "resnet@50").record
    rows = {row.name: row.verdict for row in found.rows}
    assert rows["conv2_pool"] == "same"  # which the shortcut of conv2_x.block1 reads
    extra = [pair for row in found.rows for pair in row.pairs if pair.verdict == "extra"]
    assert {pair.block for pair in extra if "conv2_x.block1.add.shortcut" in pair.right.path} == {
        "conv2_x.block1"
    }


@pytest.mark.parametrize(("one", "other", "more"), [("resnet@50", "resnet@152", 340)])
def test_blocks_that_came_are_whole(one, other, more):
    found = ac.diff(one, other).record
    # 34 blocks of 10 layers more: 8 - 4 in conv3_x, 36 - 6 in conv4_x
    assert found.tally == {"same": 174, "extra": more}
    extra = [pair for row in found.rows for pair in row.pairs if pair.verdict == "extra"]
    assert len({pair.block for pair in extra}) == 34
    assert all(pair.right.path.startswith(pair.block) for pair in extra)


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("resnet@18", 0, BlockType("basic", ("conv 3x3", "conv 3x3"))),
        ("resnet@18", 2, BlockType("basic", ("conv 3x3", "conv 3x3"))),  # with a projection
        ("resnet@50", 0, BlockType("bottleneck", ("conv 1x1", "conv 3x3", "conv 1x1"))),
        ("resnext", 1, BlockType("bottleneck", ("conv 1x1", "conv 3x3 groups 32", "conv 1x1"))),
        ("mobilenet_v1", 0, BlockType("depthwise separable", ("depthwise conv 3x3", "conv 1x1"))),
        (
            "mobilenet_v2",
            1,
            BlockType("inverted residual", ("conv 1x1", "depthwise conv 3x3", "conv 1x1")),
        ),
        ("densenet", 0, BlockType("", ("conv 1x1", "conv 3x3"))),
        (
            "senet",
            0,
            BlockType(
                "squeeze-and-excitation bottleneck",
                ("conv 1x1", "conv 3x3", "conv 1x1", "linear", "linear"),
            ),
        ),
    ],
)
def test_a_block_is_named_where_its_layers_leave_no_doubt(name, number, expected):
    found = table(name)
    assert block_type(found, blocks_of(found)[number].places) == expected
