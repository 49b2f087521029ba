"""The vision networks against independent implementations and numbers that others print."""

from __future__ import annotations

import pytest

import archcount as ac

COUNTS = [
    # num_params of torchvision's SqueezeNet1_0_Weights, and what FlopCounterMode counts of that
    # model at 227x227, two a MAC; rounding up changes no size there
    ("squeezenet", "", 1_248_424, 832_667_936),
    # Keras Applications' trainable params; MACs of timm's legacy_xception by FlopCounterMode
    ("xception", "", 22_855_952, 8_357_403_496),
    # timm's darknet53, likewise
    ("darknet53", "", 41_609_928, 9_285_115_904),
    # By hand from the authors' encoder.lua and decoder.lua with 19 classes. A bottleneck of width w
    # and i = w/4 has w i + 9 i^2 + i w weights (10 i^2 if asymmetric), i biases, and 3 for norm and
    # PReLU a channel of i, i and w: 4,656 of 64, 18,016 or 19,040 of 128, 348 of 16.
    ("enet", "", 364_647, 1_961_033_728),
    # timm's mixer_b16_224, gmlp_s16_224 and resmlp_12_224: parameters, and FlopCounterMode's count
    ("mlp_mixer", "b-16", 59_880_472, 12_601_767_936),
    ("gmlp", "gmlp-s", 19_422_656, 4_392_060_928),
    ("resmlp", "released-s12", 15_350_872, 3_009_739_776),
    # ... whose 12 layers have two more shifts of 384 in the paper, behind their branches
    ("resmlp", "resmlp-s12", 15_350_872 + 12 * 2 * 384, 3_009_739_776),
    # torchvision's swin_t, swin_s and swin_b, timm's swin_large_patch4_window7_224 and the like of
    # windows of 12 at 384, convnext_tiny and its like: parameters, and FlopCounterMode's count
    ("swin", "swin-t", 28_288_354, 4_490_566_656),
    ("swin", "swin-s", 49_606_258, 8_740_875_264),
    ("swin", "swin-b", 87_768_224, 15_430_946_816),
    ("swin", "swin-b-384", 87_903_584, 47_083_134_976),
    ("swin", "swin-l", 196_532_476, 34_475_759_616),
    ("swin", "swin-l-384", 196_735_516, 103_919_087_616),
    ("convnext", "convnext-t", 28_589_128, 4_455_531_264),
    ("convnext", "convnext-s", 50_223_688, 8_683_712_256),
    ("convnext", "convnext-b", 88_591_464, 15_354_729_472),
    ("convnext", "convnext-b-384", 88_591_464, 45_122_117_632),
    ("convnext", "convnext-l", 197_767_336, 34_361_433_600),
    ("convnext", "convnext-xl", 350_196_968, 60_921_030_656),
    ("convnext_t", "convnext-t", 28_589_128, 4_455_531_264),
    ("swin_t", "", 28_288_354, 4_490_566_656),
    # torchvision's resnet50
    ("convnext_t", "resnet-50", 25_557_032, 4_089_184_256),
    ("convnext_steps", "resnet-50-pytorch", 25_557_032, 4_089_184_256),
    ("convnext_steps", "separate-d.s.-conv-convnext-t", 28_589_128, 4_455_531_264),
    ("convnext_steps", "separate-d.s.-conv-convnext-b", 88_591_464, 15_354_729_472),
    # timm's networks of these names: parameters, and FlopCounterMode's count at the same size
    ("vit", "base-16-384", 86_859_496, 55_484_350_464),
    ("vit", "large-16-384", 304_715_752, 191_066_300_416),
    ("deit", "deit-b-384", 86_859_496, 55_484_350_464),
    ("deit", "deit-ti-distilled", 5_910_800, 1_261_003_776),
    ("deit", "deit-s-distilled", 22_436_432, 4_624_140_288),
    ("deit", "deit-b-distilled", 87_338_192, 17_656_811_520),
    ("deit", "deit-b-distilled-384", 87_630_032, 55_591_342_080),
    ("efficientnet_v2", "efficientnetv2-l", 118_515_272, 56_079_699_008),
    ("efficientnet_v2", "efficientnetv2-xl", 208_119_808, 82_053_896_960),
    ("regnet", "regnetx-3.2gf", 15_296_552, 3_176_621_952),
    ("regnet", "regnetx-12gf", 46_106_056, 12_086_678_016),
    ("regnet", "regnety-4.0gf", 20_646_656, 3_973_288_448),
    ("regnet", "regnety-8.0gf", 39_180_068, 7_963_057_312),
    ("regnet", "regnety-16gf", 83_590_140, 15_911_510_272),
    ("efficientnet_b0", "b1", 7_794_184, 686_802_832),
    ("efficientnet_b0", "b2", 9_109_994, 993_561_872),
    ("efficientnet_b0", "b3", 12_233_232, 1_827_141_392),
    ("efficientnet_b0", "b4", 19_341_616, 4_393_771_024),
    ("efficientnet_b0", "b5", 30_389_784, 10_266_384_752),
    ("efficientnet_b0", "b6", 43_040_704, 19_067_593_536),
    ("efficientnet_b0", "b7", 66_347_960, 37_745_884_192),
    ("efficientnet_b0", "b8", 87_413_142, 88_707_426_624),
    # VGG-16 has 14,714,688 in its convolutions (torchvision's vgg16.features). Behind them stand
    # 512 x 3 x 3 x 1024 + 1024, 1024 x 1024 + 1024 and 1024 x 21 + 21; at 321 the grids are 321^2,
    # 161^2, 81^2 and 41^2
    (
        "deeplab_v1",
        "deeplab-crf-largefov",
        14_714_688 + 4_719_616 + 1_049_600 + 21_525,
        (
            (1_728 + 36_864) * 321**2
            + (73_728 + 147_456) * 161**2
            + (294_912 + 2 * 589_824) * 81**2
            + (1_179_648 + 5 * 2_359_296) * 41**2
            + (4_718_592 + 1_048_576 + 21_504) * 41**2
        ),
    ),
    # ... or 512 x 7 x 7 x 4096 + 4096, 4096 x 4096 + 4096 and 4096 x 21 + 21; a border of 100 makes
    # 698 of 500, then 349, 175, 88, 44, 22, and 16 of 7x7
    (
        "fcn",
        "fcn-vgg16",
        14_714_688 + 102_764_544 + 16_781_312 + 86_037,
        (
            (1_728 + 36_864) * 698**2
            + (73_728 + 147_456) * 349**2
            + (294_912 + 2 * 589_824) * 175**2
            + (1_179_648 + 2 * 2_359_296) * 88**2
            + 3 * 2_359_296 * 44**2
            + (102_760_448 + 16_777_216 + 86_016) * 16**2
        ),
    ),
    # By hand: 20,826,976 weights of 19 convolutions, a scale and a shift of 7,200 filters, 1,000
    # biases. conv1 is 3 x 32 x 9 x 224^2 MACs; each of the other eleven 3x3 is 231,211,008, for
    # where the grid is halved the widths are doubled; each of the six 1x1 is a ninth of that.
    ("darknet19", "", 20_842_376, 43_352_064 + 11 * 231_211_008 + 6 * 25_690_112 + 50_176_000),
]


@pytest.mark.parametrize(("name", "variant", "params", "macs"), COUNTS)
def test_counts_are_those_of_others(name, variant, params, macs):
    architecture = ac.load(name).architecture(variant=variant or None)
    assert (architecture.params, architecture.cost.macs) == (params, macs)
