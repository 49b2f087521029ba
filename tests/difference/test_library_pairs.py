"""Papers against implementations in torchvision, timm and transformers whose code is known.

What each pair differs in was written down from the libraries' code and the table files before
anything was compared. Params and MACs are those that the libraries document, or worked out by hand.
Line numbers are of torchvision 0.28.0, timm 1.0.31 and transformers 5.23.0.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import pytest
from helpers.model_libraries import library

import archcount as ac
from archcount.api.diff_report import DifferenceReport
from archcount.difference import another_network, is_another_network


@dataclass(frozen=True)
class Pair:
    """A table, an implementation, and what they differ in.

    Attributes:
        table: the paper's row.
        model: the implementation; of transformers, its class.
        findings: every difference.
        params: of the implementation.
        macs: likewise, whole, or in billions as torchvision rounds them.
    """

    table: str
    model: str
    findings: tuple[str, ...]
    params: int
    macs: int | float


def fire(side: int, into: int, squeezed: int, half: int) -> int:
    """MACs of a fire module, whose 1x1 and 3x3 convolutions have as many filters."""
    return side**2 * (into * squeezed + squeezed * half + 9 * squeezed * half)


# 1x1 convolutions, of which the first strides in the paper's blocks and the 3x3 in torchvision's.
STRIDES = (
    "3 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x)",
    "3 conv stride 2x2 for 1x1 (conv3_x, conv4_x, conv5_x)",
)

# torchvision: params are `num_params` of its weights, and MACs their `_ops`, in billions.
TORCHVISION = [
    # googlenet.py: 207, a 3x3 for each of the nine 5x5, "a known bug"; 78, a pool of 2x2 before 5a;
    # 269, convolutions without bias before a batch norm: 1 + 2 + 9 x 6. It has no response norm.
    # The pool of 7x7 at the end is of the whole map, of 7x7. Its inputs are not transformed where
    # no weights are loaded, and its heads are of training alone.
    Pair(
        "googlenet",
        "torchvision:googlenet",
        (
            "9 conv 3x3 for 5x5 (in 9 rows)",
            "max pool 2x2 for 3x3 (pool4)",
            "2 lrn left out (pool1, conv2)",
            "batch norm for the bias of 57 conv",
        ),
        6_624_904,
        1.498,
    ),
    # inception.py: 402, batch norms that scale, which tf-slim's do not: 5 + 3 x 7 + 4 + 4 x 10 + 6 +
    # 2 x 9 convolutions. 204, 278 and 356: averages of 3x3 that count the padding, where
    # TensorFlow's leave it out, in three modules of 35x35, four of 17x17, two of 8x8.
    # num_params is with the head: 768 x 128 + 2 x 128, 25 x 128 x 768 + 2 x 768, 768 x 1000 + 1000.
    Pair(
        "inception_v3",
        "torchvision:inception_v3",
        ("94 batch norm scale yes for no", "9 avg pool count_include_pad True for False"),
        27_161_264 - (98_304 + 256 + 2_457_600 + 1_536 + 769_000),
        5.713,
    ),
    # resnet.py, 109: "Bottleneck in torchvision places the stride for downsampling at 3x3 convolution
    # while original implementation places the stride at the first 1x1 convolution": ResNet v1.5.
    Pair("resnet", "torchvision:resnet50", STRIDES, 25_557_032, 4.089),
    # Basic blocks stride in their first 3x3 here and there.
    Pair("resnet@18", "torchvision:resnet18", (), 11_689_512, 1.814),
    # resnet.py, 131: bottlenecks twice as wide, in 3, 4, 6 and 3 blocks.
    Pair(
        "resnet",
        "torchvision:wide_resnet50_2",
        (
            "6 conv with 128 filters for 64 (conv2_x)",
            "8 conv with 256 filters for 128 (conv3_x)",
            "12 conv with 512 filters for 256 (conv4_x)",
            "6 conv with 1024 filters for 512 (conv5_x)",
            *STRIDES,
        ),
        68_883_240,
        11.398,
    ),
    Pair("resnext@50-32x4d", "torchvision:resnext50_32x4d", (), 25_028_904, 4.23),
    Pair("vgg@D", "torchvision:vgg16", (), 138_357_544, 15.47),
    # The column of 16 layers has one convolution more in each of the five rows than that of 11.
    Pair(
        "vgg@A",
        "torchvision:vgg16",
        ("5 conv 3x3 added", "5 relu added (in 5 rows)"),
        138_357_544,
        15.47,
    ),
    # vgg.py, 81 and 83: a batch norm behind each of 13 convolutions, which keep their biases.
    Pair("vgg@D", "torchvision:vgg16_bn", ("13 batch norm added",), 138_365_992, 15.47),
    # alexnet.py, 22 to 32: the widths of the "one weird trick" paper, one tower, no response norm.
    Pair(
        "alexnet",
        "torchvision:alexnet",
        (
            "conv with 64 filters for 96 (conv1)",
            "conv with 192 filters for 256 (conv2)",
            "conv with 256 filters for 384 (conv4)",
            "3 conv groups 1 for 2 (conv2, conv4, conv5)",
            "2 lrn left out (conv1, conv2)",
        ),
        61_100_840,
        0.714,
    ),
    Pair("densenet", "torchvision:densenet121", (), 7_978_856, 2.834),
    Pair("mobilenet_v2", "torchvision:mobilenet_v2", (), 3_504_872, 0.301),
    Pair("efficientnet_b0", "torchvision:efficientnet_b0", (), 5_288_548, 0.386),
    Pair("vit", "torchvision:vit_b_16", (), 86_567_656, 17.564),
    # swin_transformer.py: the attention is written out (matrix products, a scale, the bias of each
    # offset, a mask); patches are merged column by column, which is an order of weights alone.
    Pair("swin", "torchvision:swin_t", (), 28_288_354, 4.491),
    # convnext.py, 55 and 57: linear layers over maps laid out with channels last for convolutions 1x1.
    Pair("convnext", "torchvision:convnext_tiny", (), 28_589_128, 4.456),
    # squeezenet.py, 45 to 54: pools round up, which changes no size at 227x227 (111, 55, 27, 13); the
    # average is of the whole map.
    Pair(
        "squeezenet",
        "torchvision:squeezenet1_0",
        (),
        1_248_424,
        111**2 * 49 * 3 * 96
        + fire(55, 96, 16, 64)
        + fire(55, 128, 16, 64)
        + fire(55, 128, 32, 128)
        + fire(27, 256, 32, 128)
        + fire(27, 256, 48, 192)
        + fire(27, 384, 48, 192)
        + fire(27, 384, 64, 256)
        + fire(13, 512, 64, 256)
        + 13**2 * 512 * 1000,
    ),
    # At 224x224 the maps are of 109, 54, then (54 - 3)/2 + 1 = 26 or 27 rounded up, then 12 or 13.
    Pair(
        "squeezenet@224",
        "torchvision:squeezenet1_0",
        ("2 max pool padding 0 rounding up for 0 (maxpool4, maxpool8)",),
        1_248_424,
        0.819,
    ),
    # squeezenet.py, 58 to 71: a first convolution of 3x3 with 64 filters; the second pool stands
    # before fire4, the third before fire6. Maps of 113, 56, 28, 14 at 227x227; the average is of the
    # whole map there too.
    Pair(
        "squeezenet",
        "torchvision:squeezenet1_1",
        (
            "conv 3x3 for 7x7 (conv1)",
            "conv with 64 filters for 96 (conv1)",
            "2 max pool 3x3 left out (maxpool4, maxpool8)",
            "2 max pool 3x3 added (fire3, fire5)",
        ),
        1_235_496,
        113**2 * 9 * 3 * 64
        + fire(56, 64, 16, 64)
        + fire(56, 128, 16, 64)
        + fire(28, 128, 32, 128)
        + fire(28, 256, 32, 128)
        + fire(14, 256, 48, 192)
        + fire(14, 384, 48, 192)
        + fire(14, 384, 64, 256)
        + fire(14, 512, 64, 256)
        + 14**2 * 512 * 1000,
    ),
]

# MACs of ResNet-50 with its strides in the 3x3, 4.089 billion of torchvision: a bottleneck of width
# w on a side s reads 4 w and costs s^2 (4 w w + 9 w w + 4 w w); the first of each stage reads at
# twice the side, but for the first stage, and has a shortcut.
RESNET_50 = (
    112**2 * 49 * 3 * 64
    + 56**2 * (64 * 64 + 9 * 64 * 64 + 64 * 256 + 64 * 256)
    + 2 * 56**2 * 17 * 64**2
    + sum(
        (2 * s) ** 2 * 2 * w * w + s**2 * (9 * w * w + 4 * w * w + 8 * w * w) + n * s**2 * 17 * w**2
        for w, s, n in ((128, 28, 3), (256, 14, 5), (512, 7, 2))
    )
    + 2048 * 1000
)

TIMM = [
    # Depthwise convolutions, then 1x1, one batch norm behind both; a pool pads one side more here and
    # there, which changes no size. 22,855,952 is the paper's own number; MACs are FlopCounterMode's.
    Pair("xception", "timm:legacy_xception", (), 22_855_952, 8_357_403_496),
    # resnet.py, 206: the stride stands in conv2.
    Pair("resnet", "timm:resnet50", STRIDES, 25_557_032, RESNET_50),
    # resnet.py, 563 to 570: three convolutions of 3x3, with 32, 32 and 64 filters, for the one of 7x7,
    # of which the first strides, two batch norms and ReLUs more; 336 to 343: a shortcut that strides
    # averages 2x2 first, and its convolution does not stride.
    # Params: 9 x 3 x 32 + 9 x 32 x 32 + 9 x 32 x 64 + 2 x 2 x 32 for 49 x 3 x 64.
    Pair(
        "resnet",
        "timm:resnet50d",
        (
            "conv 3x3 for 7x7 (conv1)",
            "conv with 32 filters for 64 (conv1)",
            "6 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x)",
            "3 conv stride 2x2 for 1x1 (conv3_x, conv4_x, conv5_x)",
            "2 conv 3x3 added (conv1)",
            "3 avg pool 2x2 added (conv3_x, conv4_x, conv5_x)",
            "2 batch norm added (conv1)",
            "2 relu added (conv1)",
        ),
        25_557_032 + 864 + 9_216 + 18_432 + 128 - 9_408,
        RESNET_50 + 112**2 * (864 + 9_216 + 18_432 - 9_408),
    ),
    # senet.py, 151: the paper's strides; squeeze-and-excite by convolutions of 1x1. MACs are
    # FlopCounterMode's.
    Pair("senet@se-50", "timm:legacy_seresnet50", (), 28_088_024, 3_860_488_192),
    # 196 patches of 16 x 16 x 3, and 197 tokens in 12 layers.
    Pair(
        "vit",
        "timm:vit_base_patch16_224",
        (),
        86_567_656,
        196 * 768**2 + 12 * (197 * 12 * 768**2 + 2 * 197**2 * 768) + 768 * 1000,
    ),
    # FlopCounterMode's of the three, two a MAC.
    Pair("swin", "timm:swin_tiny_patch4_window7_224", (), 28_288_354, 4_490_566_656),
    Pair("convnext", "timm:convnext_tiny", (), 28_589_128, 4_455_531_264),
    Pair("mobilenet_v2", "timm:mobilenetv2_100", (), 3_504_872, 300_774_272),
]

TRANSFORMERS = [
    # activations.py, 66: GELU by a hyperbolic tangent. 124,439,808 params for the printed 117M.
    # MACs at 1,024 tokens: 12 layers of 12 d^2 and two products of 1,024 x 1,024 x d, and the scores.
    Pair(
        "gpt2",
        "hf:GPT2LMHeadModel",
        ("12 gelu approximate tanh for none (layers)",),
        50_257 * 768 + 1_024 * 768 + 12 * (12 * 768**2 + 13 * 768) + 2 * 768,
        12 * (12 * 768**2 * 1_024 + 2 * 1_024**2 * 768) + 1_024 * 768 * 50_257,
    ),
    # Its GELU is exact. It gives the last layer's tokens beside what the pooler gives.
    Pair(
        "bert",
        "hf:BertModel",
        (),
        (30_522 + 512 + 2 + 2) * 768 + 12 * (12 * 768**2 + 13 * 768) + 768**2 + 768,
        12 * (12 * 768**2 * 512 + 2 * 512**2 * 768) + 768**2,
    ),
    Pair(
        "llama",
        "hf:LlamaForCausalLM",
        (),
        2 * 32_000 * 4_096 + 32 * (4 * 4_096**2 + 3 * 4_096 * 11_008 + 2 * 4_096) + 4_096,
        32 * (2_048 * (4 * 4_096**2 + 3 * 4_096 * 11_008) + 2 * 2_048**2 * 4_096)
        + 2_048 * 4_096 * 32_000,
    ),
]

PAIRS = [*TORCHVISION, *TIMM, *TRANSFORMERS]

COUNTERPARTS = "have a counterpart of the same kernel and widths"

# What is another network is said in one sentence, which ends so.
ANOTHER = {
    # v1: a convolution, 16 units of three, and the classifier; v2: two convolutions, 16 units of three
    # and a branch of two in each of three stages, and the classifier. Widths are multiples of 60
    # there (bottlenecks of 240, 480 and 960), and of 58 here (halves of 116, 232 and 464); only the
    # first convolutions are the same, 3x3 with 24 filters.
    ("shufflenet_v1", "torchvision:shufflenet_v2_x1_0"): (
        "1 of the 50 layers with weights of shufflenet_v1, and 1 of the 57 of "
        f"torchvision:shufflenet_v2_x1_0, {COUNTERPARTS}"
    ),
    # The pre-activation of "Identity Mappings in Deep Residual Networks", another paper: all 54 layers
    # with weights are there, but the shortcut of 12 blocks, all but the first of each stage, comes
    # from the sum before the norm and the rectifier.
    ("resnet@50", "timm:resnetv2_50"): (
        "54 of the 54 layers with weights of resnet@50, and 54 of the 54 of timm:resnetv2_50, "
        f"{COUNTERPARTS}, but 12 of the 16 sums, products and concatenations join other layers"
    ),
    ("googlenet", "torchvision:resnet50"): COUNTERPARTS,
    ("resnet", "torchvision:densenet121"): COUNTERPARTS,
}


@pytest.fixture(scope="module")
def configs(tmp_path_factory):
    """Folders with the configuration of each class of transformers, its defaults unchanged."""
    folder = tmp_path_factory.mktemp("configs")
    for name, kind in (
        ("GPT2LMHeadModel", "gpt2"),
        ("BertModel", "bert"),
        ("LlamaForCausalLM", "llama"),
    ):
        (folder / name).mkdir()
        entries = {"model_type": kind, "architectures": [name]}
        (folder / name / "config.json").write_text(json.dumps(entries))
    return folder


@cache
def compared(table: str, model: str) -> DifferenceReport:
    return ac.diff(table, model)


def report_of(table: str, model: str, configs) -> DifferenceReport:
    """Compare a pair; each is built and run once."""
    prefix, _, name = model.partition(":")
    library({"hf": "transformers"}.get(prefix, prefix))
    return compared(table, f"hf:{configs / name}" if prefix == "hf" else model)


def named(pair: Pair) -> str:
    return f"{pair.table}-{pair.model}"


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_every_difference_of_an_implementation_is_found_and_no_other(pair: Pair, configs) -> None:
    report = report_of(pair.table, pair.model, configs)
    assert sorted(map(str, report.findings)) == sorted(pair.findings)
    assert not is_another_network(report.record)


@pytest.mark.parametrize("pair", PAIRS, ids=named)
def test_an_implementation_has_its_own_params_and_macs(pair: Pair, configs) -> None:
    right = report_of(pair.table, pair.model, configs).record.right
    assert right.params == pair.params
    macs = round(right.macs / 1e9, 3) if isinstance(pair.macs, float) else right.macs
    assert macs == pair.macs


@pytest.mark.parametrize(("table", "model"), ANOTHER)
def test_another_network_is_said_to_be_one(table: str, model: str, configs) -> None:
    record = report_of(table, model, configs).record
    assert is_another_network(record)
    assert another_network(record).endswith(ANOTHER[table, model])
