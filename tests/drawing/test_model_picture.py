"""Pictures of models: their modules as they ran, and every number of a count in them."""

from __future__ import annotations

import re

import pytest
import torch
from helpers.decoders import Decoder, ListedExperts
from helpers.layouts import check_layout
from helpers.model_libraries import library
from torch import nn

import archcount as ac
from archcount.drawing.graph import graph_of
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


class Crossed(nn.Module):
    """What is read in no order of branches: `act` reads `a`, behind which `b` stands."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
        self.act = nn.ReLU()
        self.b = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x):
        a = self.a(x)
        b = self.b(a)
        r = self.act(a)
        return torch.cat([b * r, b + r + a], 1)


class JoinReadTwice(nn.Module):
    """What is added is read by an activation, and past it."""

    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(4, 4, 1)
        self.act = nn.ReLU()
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.c = nn.Conv2d(4, 4, 5, padding=2)

    def forward(self, x):
        joined = self.a(x) + self.b(x)
        r = self.act(joined)
        c = self.c(r)
        return (c * joined) + (c / r)


class ReadPastOthers(nn.Module):
    """Four equal layers, of which some read what others than the one before them give."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(4, 4, 3, padding=1) for _ in range(5))

    def forward(self, x):
        a = self.layers[0](x)
        b = self.layers[1](a)
        c = self.layers[2](b)
        d = self.layers[3](b + c + a)
        return self.layers[4](d) * c


def edges(model, **how):
    """Return the lines of a picture, by the titles of their ends."""
    graph = graph_of(drawn(model, "4x8x8", **how))
    return sorted((graph.nodes[e.source].title, graph.nodes[e.target].title) for e in graph.edges)


def test_an_activation_stands_by_itself_where_it_does_not_read_the_box_before_it():
    assert edges(Crossed()) == [
        ("a", "act"), ("a", "add"), ("a", "b"), ("act", "add"), ("act", "mul"), ("add", "add"),
        ("add", "concat"), ("b", "add"), ("b", "mul"), ("input", "a"), ("mul", "concat"),
    ]  # fmt: skip


def test_a_join_that_is_read_past_others_has_a_line_of_its_own():
    assert edges(JoinReadTwice()) == [
        ("+", "act"), ("+", "mul"), ("act", "c"), ("act", "div"), ("c", "div"), ("c", "mul"),
        ("conv 1×1, 4", "+"), ("conv 3×3, 4", "+"), ("div", "add"), ("input", "conv 1×1, 4"),
        ("input", "conv 3×3, 4"), ("mul", "add"),
    ]  # fmt: skip


def test_equal_layers_that_are_read_past_others_are_not_folded():
    assert edges(ReadPastOthers()) == [
        ("add", "add"), ("add", "layers.3"), ("input", "layers.0"), ("layers.0", "add"),
        ("layers.0", "layers.1"), ("layers.1", "add"), ("layers.1", "layers.2"),
        ("layers.2", "add"), ("layers.2", "mul"), ("layers.3", "layers.4"), ("layers.4", "mul"),
    ]  # fmt: skip


def test_the_outline_says_what_is_read_past_others():
    text = ac.draw(Crossed(), input="4x8x8").render("text")
    assert [line.split("  ")[0] for line in text.splitlines()[4:]] == [
        "a", "b", "from a:", "act", "│ and from b", "mul", "from b, act:", "add", "│ and from a",
        "add", "│ and from mul", "concat",
    ]  # fmt: skip


class Pyramid(nn.Module):
    """One head that runs on two sizes, and linear layers on three axes."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(4, 6, 1)
        self.down = nn.Conv2d(4, 4, 3, stride=2, padding=1)
        self.project = nn.Linear(6, 5)

    def forward(self, x):
        large, small = self.head(x), self.head(self.down(x))
        return [self.project(each.flatten(2).transpose(1, 2)) for each in (large, small)]


def test_each_run_of_a_module_has_its_own_shape():
    shapes = {(box.title, box.output) for box in drawn(Pyramid(), "4x8x8").boxes}
    # 8 x 8 positions and 4 x 4 of them, six channels, and five numbers for each position
    assert {("conv 1×1, 6", "6×8×8"), ("conv 1×1, 6", "6×4×4")} <= shapes
    assert {("linear 5", "64×5"), ("linear 5", "16×5")} <= shapes


def test_what_brings_branches_together_has_no_shape_of_its_own():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Conv2d(4, 4, 3, stride=2, padding=1)
            self.both = Both()

        def forward(self, x):
            return self.both(x, self.down(x))

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 6, 1)

        def forward(self, x, y):
            return self.conv(x)[..., :4, :4] + self.conv(y)

    found = ac.draw(Pair(), input="4x8x8")
    (point,) = [box for box in found.picture.boxes if box.title == "•"]
    assert point.output == ""
    # What is given, and what comes out of the head; nothing on the line that leads into it.
    assert re.findall(r'-tiny [^>]*">([^<]*)<', found.to_svg()) == ["4×8×8", "6×4×4"]


class Split(nn.Module):
    """Blocks that run a layer of another one in their midst, so that each is drawn in parts."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(8, 8)
        self.first, self.second = SplitBlock(), SplitBlock()

    def forward(self, x):
        return self.second(self.first(x, self.inner), self.inner)


class SplitBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, x, inner):
        return self.two(inner(self.one(x)))


@pytest.mark.parametrize("detail", ["rows", "blocks", "layers"])
def test_parameters_are_drawn_once_where_a_module_is_drawn_in_parts(detail):
    # Five linear layers of 72 parameters; the inner one runs twice.
    picture = drawn(Split(), "[1,8]", detail=detail)
    assert amount_of(picture.streams[0].body).params == 5 * 72 == picture.total.params
    assert amount_of(picture.streams[0].body).macs == 6 * 64


def test_a_single_layer_has_all_parameters():
    for model in (nn.Linear(8, 8), nn.Sequential(nn.Sequential(nn.Linear(8, 8)))):
        (box,) = drawn(model, "[2,8]", colour="params").boxes
        assert box.mark.text == "100.0%"


def test_a_module_may_have_any_name():
    model = nn.Sequential()
    model.add_module("a b#c <x>", nn.Linear(8, 8))
    model.add_module("two", nn.Linear(8, 4))
    assert [box.title for box in drawn(model, "[2,8]").boxes] == ["a b#c <x>", "two"]


def test_a_mean_over_features_is_no_pool():
    titles = [box.title for box in drawn(nn.Sequential(nn.RMSNorm(8), Gate()), "[1,5,8]").boxes]
    assert titles == ["mean", "×", "linear 8", "×"]
