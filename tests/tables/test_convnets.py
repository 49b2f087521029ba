"""Networks of shipped tables against the same networks of torchvision and timm."""

from __future__ import annotations

import pytest
import torch
from helpers.model_libraries import library

import archcount as ac
from archcount.engines import engine

# Params as torchvision documents them (`num_params` of its weights), or those of timm 1.0's models;
# MACs are half of what torch's FlopCounterMode counts of them. `archcount diff` finds no difference
# between these networks and the models named beside them.
PUBLISHED = {
    ("mobilenet_v2", ""): (3_504_872, 300_774_272),  # torchvision mobilenet_v2
    ("mobilenet_v2", "1.4"): (6_108_776, 582_195_824),  # timm mobilenetv2_140
    ("efficientnet_b0", ""): (5_288_548, 385_814_752),  # torchvision efficientnet_b0
    ("densenet", "121"): (7_978_856, 2_834_161_664),  # torchvision densenet121
    ("densenet", "169"): (14_149_480, 3_359_843_328),  # torchvision densenet169
    ("densenet", "201"): (20_013_928, 4_291_365_888),  # torchvision densenet201
    ("resnext", "50-32x4d"): (25_028_904, 4_230_479_872),  # torchvision resnext50_32x4d
    ("resnext", "resnet50"): (25_557_032, 4_089_184_256),  # torchvision resnet50
    ("resnext", "101-32x4d"): (44_177_704, 7_969_996_800),  # timm resnext101_32x4d
    ("senet", "se-50"): (28_088_024, 3_860_488_192),  # timm legacy_seresnet50
    ("senet", "sx-50"): (27_559_896, 4_232_994_816),  # timm legacy_seresnext50_32x4d
    ("senet", "sx-101"): (48_955_416, 7_974_739_968),  # timm legacy_seresnext101_32x4d
    ("repvgg", ""): (9_108_968, 1_512_581_120),  # timm repvgg_a0
    ("repvgg", "B1g4-train"): (39_966_056, 8_118_517_760),  # timm repvgg_b1g4
}

# timm 1.0 likewise: repvgg_a1 and so on, as trained.
REPVGG = {
    "A1": (14_092_264, 2_626_488_320),
    "A2": (28_210_600, 5_685_345_280),
    "B0": (15_817_960, 3_397_191_680),
    "B1": (57_415_016, 13_128_089_600),
    "B2": (89_022_376, 20_418_170_880),
    "B2g4": (61_758_376, 12_590_714_880),
    "B3": (123_085_288, 29_120_696_320),
    "B3g4": (83_825_128, 17_849_159_680),
}


@pytest.mark.parametrize(("name", "variant"), PUBLISHED)
def test_a_network_has_the_params_and_macs_of_its_independent_model(name, variant):
    architecture = ac.load(name).architecture(variant=variant)
    for each in ("formula", "torch"):
        total = engine(each).count(architecture).total
        assert (total.params, total.cost.macs) == PUBLISHED[name, variant]
    assert architecture.unread == ()


@pytest.mark.parametrize("variant", REPVGG)
def test_repvgg_as_trained_has_the_params_and_macs_of_timms(variant):
    architecture = ac.load("repvgg").architecture(variant=variant, let={"train": 1})
    assert (architecture.params, architecture.cost.macs) == REPVGG[variant]


# A convolution, a unit of two, 16 of three, two convolutions; a convolution, a unit of two and two of
# its squeeze, 15 of three and two, a convolution and a classifier.
@pytest.mark.parametrize(
    ("name", "depth"),
    [("mobilenet_v2", 1 + 2 + 16 * 3 + 2), ("efficientnet_b0", 1 + 4 + 15 * 5 + 2)],
)
def test_the_depth_of_inverted_residuals_is_counted_by_hand(name, depth):
    assert ac.load(name).architecture().depth == depth


def test_densenet_264_is_one_layer_deeper_than_its_name():
    """By hand: two convolutions a layer of the dense blocks, three transitions, first and last."""
    assert ac.load("densenet").architecture(variant="264").depth == 2 * (6 + 12 + 64 + 48) + 5


@pytest.mark.parametrize(
    ("variant", "blocks"), [("resnet-110", 18), ("resnet-with-stochastic-depth-1202", 200)]
)
def test_the_params_of_resnets_of_cifar_are_added_up_by_hand(variant, blocks):
    """6 n + 2 layers: a first one, n blocks of two in each of three stages, and a classifier."""
    kernels = 9 * 3 * 16 + 2 * blocks * 9 * 16 * 16
    for narrow, wide in ((16, 32), (32, 64)):
        kernels += 9 * narrow * wide + (2 * blocks - 1) * 9 * wide * wide
    norms = 2 * (16 + 2 * blocks * (16 + 32 + 64))
    architecture = ac.load("densenet_cifar_others").architecture(variant=variant)
    assert architecture.params == kernels + norms + 64 * 10 + 10
    assert architecture.depth == 6 * blocks + 2


def test_a_convnext_gives_what_torchvisions_gives_with_its_weights():
    models = library("torchvision.models")
    theirs = models.convnext_tiny().eval()
    ours = ac.load("convnext").build(variant="convnext-t").eval()
    given = dict(theirs.named_parameters())
    scales = {name: given.pop(name) for name in list(given) if name.endswith("layer_scale")}
    found = []
    for name, each in given.items():
        found.append(each)
        if name.endswith("block.5.bias"):  # where our blocks scale
            found.append(scales[name.replace("block.5.bias", "layer_scale")])
    with torch.no_grad():
        for scale in scales.values():  # 1e-6 at first, with which no block would be seen
            scale.uniform_(-1, 1)
        for parameter, each in zip(ours.parameters(), found, strict=True):
            parameter.copy_(each.reshape(parameter.shape))
        images = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(7))
        assert torch.allclose(ours(images), theirs(images), atol=1e-4)
