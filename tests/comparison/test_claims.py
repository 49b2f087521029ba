"""Claims of running text, on the toy network, whose numbers are worked out here.

stem: 4 x 27 = 108 weights and 4 biases at 64 positions, 6,912 macs. stage, first block: 3x3/2 4->8
288, 3x3 8->8 576, shortcut 1x1/2 4->8 32 weights; second block 576 twice; all at 16 positions:
2,048 weights, 40 biases, 32,768 macs. scores: 80 weights, 10 biases, 80 macs. Together 2,236
weights, 2,290 params, 39,760 macs, depth 6.
"""

from __future__ import annotations

import pytest

import archcount as ac
from archcount.engines.network_parts import NetworkParts
from archcount.errors import InvalidTableError
from archcount.layers import Shape
from archcount.layers.convolution import DepthwiseConv, SeparableConv
from archcount.printed import Patch, parse_bound, parse_duration, parse_percent, parse_product


@pytest.fixture
def judged(toy_text, tmp_path):
    """Give a function that judges claims, each written as a line of YAML."""

    def judge(*claims: str, more: str = "", variant: str = ""):
        path = tmp_path / "toy.yaml"
        path.write_text(
            toy_text
            + more
            + "claims:\n"
            + "".join(f"- {{{each}, from: here}}\n" for each in claims)
        )
        table = ac.load(path)
        report = ac.compare(ac.count(table, engine="formula", variant=variant), table)
        return [
            (claim.verdict.status, claim.verdict.why, claim.computed)
            for claim in report.record.comparison.claims
        ]

    return judge


def test_what_a_claim_may_count(judged):
    found = judged(
        "what: params, printed: 2290",
        "what: weights, printed: 2236",
        "what: depth, printed: 6",
        # stem conv, relu; first block conv, relu, conv, projection, addition, relu; second block
        # without projection; pool, flatten, linear
        "what: layers, printed: 16",
        "what: concatenations, printed: 0",
        # 8x8x4 of the stem, five convolutions of 4x4x8, 10 scores
        "what: neurons, printed: 906",
        "what: macs, printed: 39760",
        "what: flops, printed: 79520",  # two a mac
        "what: flops, of: stem, printed: 13824",
    )  # fmt: skip
    assert [each[:2] for each in found] == [("match", "equal")] * 9


def test_a_claim_may_be_of_a_part(judged):
    found = judged(
        "what: params, of: stem, printed: 112",
        "what: params, of: stage.block1, printed: 920",  # 288 + 576 + 32 and 24 biases
        "what: ops, of: stage.block1.add.shortcut, printed: 512",
        "what: neurons, of: scores, printed: 10",
        "what: weights, layers: conv 3x3, printed: 2124",  # 108 + 288 + 3 x 576
        "what: weights, layers: conv, printed: 2156",
        "what: weights, layers: linear, printed: 80",
    )
    assert [each[0] for each in found] == ["match"] * 7


def test_a_share_is_counted_as_the_column_is(judged):
    # params: (108 + 4) / 2,290 = 4.891 %; 80 of 39,760 macs = 0.2012 %
    found = judged(
        "what: params, of: stem, printed: 4.89%",
        "what: ops, layers: linear, printed: 0.20%",
        "what: weights, layers: linear, printed: 3.6%",  # 80 / 2,236 = 3.578 %
        "what: weights, layers: linear, printed: 4%",
        "what: weights, layers: linear, printed: 5%",
    )
    assert [each[:2] for each in found] == [
        ("match", "either"),
        ("match", "either"),
        ("match", "rounded"),
        ("match", "rounded"),
        ("off", "differs"),
    ]


def test_heads_and_buffers_are_counted_when_they_are_asked_for(judged):
    head = "heads: [{at: stem, loss_weight: 0.3, body: [global_avgpool, flatten, linear 10]}]\n"
    # 4 x 10 + 10 = 50 more params, 40 more macs
    found = judged(
        "what: params, printed: 2290",
        "what: params, heads: true, printed: 2340",
        "what: ops, heads: true, printed: 39800",
        "what: params, of: heads.stem, printed: 50",
        "what: params, of: heads.stem.linear, printed: 50",
        "what: buffers, heads: true, printed: 0",
        more=head,
    )
    assert [each[0] for each in found] == ["match"] * 6


def test_running_averages_are_buffers_and_no_params(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    claims = (
        "{what: buffers, printed: 88, from: x}, {what: params and buffers, printed: 2422, from: x}"
    )
    path.write_text(toy_text.replace("plain: {layer", f"plain: {{claims: [{claims}], layer"))
    table = ac.load(path)
    report = ac.compare(ac.count(table, variant="plain"), table)
    # one mean and one variance for each of 4 + 5 x 8 channels; 2,236 weights, 88 scales and
    # shifts, 10 biases of the classifier
    assert [claim.verdict.why for claim in report.record.comparison.claims] == ["equal", "equal"]
    assert report.total.buffers == 88


def test_bounds_are_not_reached(judged):
    found = judged(
        "what: params, printed: <2291",
        "what: params, printed: <2290",
        "what: params, printed: less than 2.3K",
        "what: params, printed: over 2289",
        "what: params, printed: more than 2290",
        "what: params, printed: under 1K",
    )
    assert [each[:2] for each in found] == [
        ("match", "bound"),
        ("off", "differs"),
        ("match", "bound"),
        ("match", "bound"),
        ("off", "differs"),
        ("off", "differs"),
    ]


def test_ratios_go_both_ways(judged):
    there = "{name: A, printed: 1145, from: there}"
    found = judged(
        f"what: params, printed: 2x, more_than: {there}",  # 2,290 / 1,145
        f"what: params, printed: 0.5x, fewer_than: {there}",
        f"what: params, printed: 2x, fewer_than: {there}",
        f"what: params, printed: 100% more, more_than: {there}",
        f"what: params, printed: +98%, more_than: {there}",  # 99.8 to 100.1, for 1,145 may be rounded
        # 60,965,224 of AlexNet over 2,290 are 26,622.4
        "what: params, printed: 26622x, fewer_than: {table: alexnet}",
        # VGG E is 19 deep, this is 6: 3.17 times
        "what: depth, printed: 3.2x, fewer_than: {table: vgg, variant: E}",
    )
    assert [each[0] for each in found] == [
        "match",
        "match",
        "off",
        "match",
        "off",
        "match",
        "match",
    ]


def test_per_cents_are_of_another_table_too(toy_text, tmp_path):
    # VGG E is 19 deep and this is 6: 13/19 = 68.4 % fewer; VGG A is 11 deep, 45.5 % fewer. AlexNet
    # is 8 deep and the wider one below 10: 25 % more.
    path = tmp_path / "toy.yaml"
    claims = "{what: depth, printed: 68% fewer, from: x, fewer_than: {table: vgg, variant: E}}, "
    claims += "{what: depth, printed: 45%, from: x, fewer_than: {table: vgg, variant: A}}, "
    claims += "{what: depth, printed: 46%, from: x, fewer_than: {table: vgg, variant: B}}"
    path.write_text(
        toy_text.replace("| 8 | 2 |", "| 8 | 4 |")
        + "claims: [{what: depth, printed: +25%, from: x, more_than: {table: alexnet}}]\n"
        "  # the four blocks make it 10 deep\n"
    )
    table = ac.load(path)
    [deeper] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert (deeper.verdict.why, deeper.computed, deeper.shown) == ("equal", 25, "25.0%")
    path.write_text(toy_text + f"claims: [{claims}]\n")
    table = ac.load(path)
    found = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert [claim.verdict.status for claim in found] == ["match", "match", "off"]
    assert found[0].shown == "68.4%"
    assert "19 of vgg E / 6 layers with weights = 3.17, 68.4% fewer" in found[0].verdict.sentence


def test_layers_are_told_apart_by_both_sides_of_their_kernel(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text.replace("stem: conv patch w", "stem: [conv 1x3 2, conv 3x1 5, conv patch w]")
        # 2 x 3 x 3 = 18 and 5 x 2 x 3 = 30 weights
        + "claims: [{what: weights, layers: conv 1x3, printed: 18, from: x}, {what: weights, layers: conv 3x1, printed: 30, from: x}]\n"
    )
    table = ac.load(path)
    found = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert [claim.verdict.status for claim in found] == ["match", "match"]


def test_crops_are_multiplied_and_cost_as_many_images(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    claim = "{what: crops, printed: %s, crops: 2 x 5, from: here}"
    path.write_text(toy_text + f"claims: [{claim % 10}, {claim % 12}]\n")
    table = ac.load(path)
    right, wrong = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert (right.verdict.status, wrong.verdict.status) == ("match", "off")
    assert right.figures == {"macs_per_crop": 39_760, "macs_per_image": 397_600}


def test_a_training_gives_its_rate(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text
        + "claims: [{what: training time, printed: 2 min, images: 1000, epochs: 3, from: here}]\n"
    )
    table = ac.load(path)
    [claim] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    # backward: 6,912 of the stem, which the image needs no gradient of, and twice the rest,
    # 2 x (32,768 + 80); 3,000 images in 120 s
    assert claim.figures == {
        "images": 3_000,
        "forward_macs": 39_760,
        "backward_macs": 72_608,
        "macs": 337_104_000,
        "macs_per_second": 2_809_200.0,
    }
    assert claim.verdict.status == "unpublished"
    assert "2.81 MMAC/s" in claim.verdict.sentence


def test_backward_macs_of_depthwise_layers_by_hand():
    shape = Shape((4, 5, 5))
    # 4 x 9 = 36 weights at 25 positions, 900 macs: once for the kernel, once for the input
    depthwise = DepthwiseConv(patch=Patch((3, 3)), bias=False)
    assert depthwise.backward_macs(shape, reaches_back=True) == 1_800
    assert depthwise.backward_macs(shape, reaches_back=False) == 900
    # 900 and 4 x 6 x 25 = 600 macs; the second part always needs the gradient of its input
    separable = SeparableConv(patch=Patch((3, 3)), width=6, bias=False)
    assert separable.backward_macs(shape, reaches_back=False) == 900 + 1_200
    assert separable.backward_macs(shape, reaches_back=True) == 1_800 + 1_200


def test_a_branch_learns_for_all_that_follows_and_for_no_other(toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(
        toy_text.replace(
            "stem: conv patch w",
            "stem: {concat: [[relu, conv 3x3 2], [conv 1x1 1, conv 3x3 1], maxpool 3x3/1]}",
        ).replace("8x8x4 ", "8x8x6 ")
    )
    architecture = ac.load(path).architecture()
    # of the stem only the second branch's 3x3 (9 macs at 64 positions) has a layer that learns
    # before it; the stage reads 6 channels: 3x3/2 432 and 1x1/2 48 weights, 3 x 576, at 16
    stem = 2 * 27 * 64 + 3 * 64 + 2 * 9 * 64
    rest = 2 * 16 * (432 + 48 + 3 * 576) + 2 * 80
    assert NetworkParts(architecture).backward_macs() == stem + rest
    assert NetworkParts(architecture).whole().concatenations == 1


@pytest.mark.parametrize(
    ("printed", "says"),
    [
        ("6.78M", "Nearest: the printed column of params added up, 6,797,700 (+0.3%)."),
        ("6797700", "It is the printed column of params added up."),
        # 6,998,552 and two heads: 65,664 + 2,098,176 + 1,025,000 and 2,048 more for 528 channels
        ("13.4M", "Nearest: params with heads, 13,378,280 (-0.2%)."),
        # less the classifier's 1,025,000
        ("5.97M", "Nearest: params without row linear, 5,973,552 (+0.059%)."),
        ("7.1M", "printed 7.1M: computed is -1.4% from printed."),
    ],
)
def test_what_is_off_names_what_comes_nearest(printed, says, tmp_path):
    text = ac.load("googlenet").path.read_text()
    start, end = text.index("claims:"), text.index("readings:")
    claim = f"{{what: params, printed: {printed}, paper: another, from: here}}"
    path = tmp_path / "googlenet.yaml"
    path.write_text(f"{text[:start]}claims: [{claim}]\n{text[end:]}")
    table = ac.load(path)
    [found] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
    assert found.verdict.status == "off"
    assert found.verdict.sentence.endswith(says)


def test_another_papers_number_contradicts_nothing(judged, toy_text, tmp_path):
    # the printed params are 112 + 2.1K + 90 = 2.3K
    for paper, status in (("", "contradiction"), ("paper: another, ", "off")):
        path = tmp_path / "toy.yaml"
        path.write_text(toy_text + f"claims: [{{what: params, printed: 5K, {paper}from: here}}]\n")
        table = ac.load(path)
        [claim] = ac.compare(ac.count(table, engine="formula"), table).record.comparison.claims
        assert claim.verdict.status == status


@pytest.mark.parametrize(
    ("claim", "says"),
    [
        ("what: params, printed: 5%", "a share of the network without its part"),
        ("what: depth, of: stem, printed: 5%", "a share of the depth; allowed: shares of params"),
        ("what: params, of: stem, heads: true, printed: 5", "heads and of in one claim"),
        ("what: params, heads: true, printed: 5", "'5' counts heads, and there are none"),
        ("what: sum of ops, of: stem, printed: 5", "of beside sum of ops"),
        ("what: params, of: stam, printed: 5", "is of the unknown part 'stam'; .*did you mean 'stem'"),
        ("what: params, layers: cnov 3x3, printed: 5", "'cnov 3x3' names no layers; .*did you mean 'conv'"),
        ("what: params, layers: conv 3, printed: 5", "'conv 3' names no layers"),
        ("what: params, layers: conv 5x5, printed: 5", "of layers 'conv 5x5', and there are none"),
        ("what: crops, printed: 5", "a claim of crops without crops"),
        ("what: crops, crops: 3 by 4, printed: 5", "'3 by 4' is not a product"),
        ("what: params, crops: 3 x 4, printed: 5", "crops beside params; allowed: crops beside crops"),
        ("what: training time, printed: 5 s", "a claim of training time without images"),
        ("what: training time, printed: 5 parsecs, images: 3", "'5 parsecs' is not a duration"),
        ("what: training time, printed: 0 s, images: 3", "'0 s' is not a duration"),
        ("what: params, printed: 5, epochs: 3", "epochs beside params"),
        ("what: training time, printed: 5 s, images: 0", "images '0' does not fit"),
        ("what: params, printed: 2x, fewer_than: {table: vgg}, more_than: {table: vgg}", "both fewer_than and more_than"),
        ("what: neurons, printed: 2x, fewer_than: {table: vgg}", "a ratio of the neurons"),
        ("what: params, printed: about 5, fewer_than: {table: vgg}", "'about 5' is not a printed ratio"),
        ("what: params, printed: < many", "'many' is not a printed number"),
    ],
)  # fmt: skip
def test_claims_that_make_no_sense_are_refused(claim, says, toy_text, tmp_path):
    path = tmp_path / "toy.yaml"
    path.write_text(toy_text + f"claims: [{{{claim}, from: here}}]\n")
    with pytest.raises(InvalidTableError, match=says):
        ac.load(path)


def test_how_running_text_prints_numbers():
    assert parse_bound("25M") is None
    assert parse_bound("over 100").holds(101)
    assert not parse_bound(">100").holds(100)
    assert parse_percent("25% more").mantissa == 25
    assert (parse_duration("3 min"), parse_duration("1.5 days")) == (180, 129_600)
    assert parse_product("144") == (144,)
