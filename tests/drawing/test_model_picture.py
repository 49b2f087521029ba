"""Pictures of models: their modules as they ran, and every number of a count in them."""

from __future__ import annotations

import pytest
import torch
from helpers.decoders import Decoder, ListedExperts
from helpers.layouts import check_layout
from helpers.model_libraries import library
from torch import nn

import archcount as ac
from archcount.drawing.picture import Amount, Branching, Group, amount_of
from archcount.drawing.placing import placed


class Block(nn.Module):
    """Two branches beside a way around them, each of whose ends is added."""

    def __init__(self, width=4):
        super().__init__()
        self.left = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width))
        self.right = nn.Conv2d(width, width, 1)
        self.act = nn.ReLU()

    def forward(self, x):
        return self.act(self.left(x) + self.right(x) + x)


class Toy(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2)
        self.blocks = nn.Sequential(*(Block() for _ in range(5)))
        self.head = nn.Linear(4, 10)

    def forward(self, x):
        return self.head(
            torch.flatten(nn.functional.adaptive_avg_pool2d(self.blocks(self.stem(x)), 1), 1)
        )


def drawn(model, input, **how):
    return ac.draw(model, input=input, **how).picture


def test_a_toy_is_drawn_as_its_code_reads():
    stem, blocks, pool, head = drawn(Toy(), "3x9x9").streams[0].body
    assert (stem.title, stem.details, stem.output) == ("stem", ("conv 3×3/2, 4",), "4×4×4")
    assert isinstance(blocks, Group)
    assert (blocks.title, blocks.times) == ("blocks / Block", 5)
    (outer,) = blocks.body
    assert isinstance(outer, Branching)
    assert outer.join.title == "add, relu"
    (inner,), skip = outer.branches
    assert skip == ()
    assert [[box.title for box in branch] for branch in inner.branches] == [
        ["conv 3×3, 4"], ["conv 1×1, 4"],
    ]  # fmt: skip
    assert inner.branches[0][0].details == ("batchnorm",)
    assert pool.title == "global avgpool"
    assert head.details == ("linear 10",)


def test_numbers_of_a_toy_are_those_on_paper():
    # The stem has 4 x 27 weights and 4 biases, at 4 x 4 places 1,728 MACs. A block has 144 + 4 +
    # 8 + 16 + 4 params, at 16 places 160 x 16 MACs. The head has 44 params and 40 MACs.
    found = drawn(Toy(), "3x9x9")
    total = amount_of(found.streams[0].body)
    assert (total.params, total.macs) == (112 + 5 * 176 + 50, 1728 + 5 * 2560 + 40)
    assert found.total == Amount(params=total.params, macs=total.macs)
    shares = drawn(Toy(), "3x9x9", colour="macs").streams[0].body
    assert [part.mark.text for part in shares if part.mark.text] == ["11.9%", "87.9%", "0.3%"]


@pytest.mark.parametrize("detail", ["rows", "blocks", "layers"])
def test_small_decoders_keep_every_number(detail):
    for model, input in ((Decoder(), "ids:int64[1,6]"), (Decoder(tied=True), "ids:int64[1,6]")):
        found, count = drawn(model, input, detail=detail), ac.count(model, input=input)
        total = amount_of(found.streams[0].body)
        assert total.macs == count.total.macs
        if detail != "rows":
            assert total.params >= count.total.params
    experts = drawn(ListedExperts(), "1x3x8", device="cpu")
    assert (
        experts.total.params == ac.count(ListedExperts(), input="1x3x8", device="cpu").total.params
    )


MODELS = ["torchvision:resnet18", "torchvision:densenet121", "timm:efficientnet_b0"]


@pytest.mark.parametrize("name", MODELS)
def test_models_of_libraries_keep_every_number_and_do_not_overlap(name):
    library(name.partition(":")[0] + ".models")
    found, count = ac.draw(name).picture, ac.count(name)
    total = amount_of(found.streams[0].body)
    assert (total.params, total.macs) == (count.total.params, count.total.macs)
    for down in (True, False):
        check_layout(placed(found, down=down))


def test_a_model_of_many_modules_gives_a_folded_picture():
    model = nn.Sequential(
        *(nn.Sequential(nn.Linear(8, 8), nn.Sequential(Gate(), nn.ReLU())) for _ in range(450))
    )
    assert sum(1 for _ in model.modules()) > 1800
    picture = drawn(model, "float32[2,8]")
    assert sum(1 for _ in picture.boxes) < 10
    assert len(ac.Drawing(picture).to_svg()) < 10_000
    assert amount_of(picture.streams[0].body).macs == 450 * 2 * 2 * 64


class Gate(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(8, 8)

    def forward(self, x):
        return x * self.linear(x)
