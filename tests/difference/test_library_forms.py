"""Tables against implementations that write the same layers in another form.

What they differ in follows from their code. Line numbers are of torchvision 0.28.0 and timm
1.0.31. Params are the models' own, added up.
"""

from __future__ import annotations

import pytest
from helpers.model_libraries import library

import archcount as ac

SAME = [
    # 1x1 convolutions that are linear layers with the channels last: convnext.py, mlp.py of timm;
    # layer norms over channels of maps laid out either way; a scale (C, 1, 1) or (C).
    ("convnext@convnext-s", "torchvision:convnext_small"),
    ("convnext@convnext-l", "timm:convnext_large"),
    # Windows are shifted by rolls and masked by -100, worked out at each pass or kept; patches are
    # merged by slices (torchvision) or a transpose (timm); the bias is looked up as (49, 49, heads) or
    # in a row.
    ("swin@swin-b", "torchvision:swin_b"),
    ("swin@swin-b", "timm:swin_base_patch4_window7_224"),
    # Squeeze and excitation by 1x1 convolutions.
    ("senet@sx-50", "timm:legacy_seresnext50_32x4d"),
    ("regnet@regnetx-3.2gf", "torchvision:regnet_x_3_2gf"),
    ("regnet@regnety-8.0gf", "timm:regnety_080"),
    # Its three branches stand as in training.
    ("repvgg@B1g4-train", "timm:repvgg_b1g4"),
    ("mlp_mixer@s-32", "timm:mixer_s32_224"),
    ("gmlp@gmlp-ti", "timm:gmlp_ti16_224"),
    ("densenet@169", "torchvision:densenet169"),
    ("mobilenet_v2@1.4", "timm:mobilenetv2_140"),
]

DIFFERENT = {
    # resnet.py, 231: the stride stands in the 3x3.
    ("senet@se-50", "timm:seresnet50"): [
        "3 conv stride 1x1 for 2x2 (conv3_x, conv4_x, conv5_x)",
        "3 conv stride 2x2 for 1x1 (conv3_x, conv4_x, conv5_x)",
    ],
    # efficientnet.py, 2467: padding as TensorFlow has it. Five convolutions stride on sides of 224,
    # 112, 56, 28 and 14, which 3x3 needs 1 row and column of zeros for, and 5x5 needs 3: the rest
    # stands behind. Of the stages that read these sides, 1, 3, 4, 5 and 7, two are of 5x5.
    ("efficientnet_b0", "timm:tf_efficientnet_b0"): [
        "2 conv padding 1+2 for 2 (stage4, stage7)",
        "3 conv padding 0+1 for 1 (stage1, stage3, stage5)",
    ],
    # As torchvision's: batch norms that scale, averages that count the padding (62, 149 and 241).
    ("inception_v3", "timm:inception_v3"): [
        "9 avg pool count_include_pad True for False",
        "94 batch norm scale yes for no",
    ],
}


def compared(table: str, model: str) -> ac.DifferenceReport:
    library(model.partition(":")[0])
    return ac.diff(table, model)


@pytest.mark.parametrize(("table", "model"), SAME)
def test_the_same_layers_in_another_form_are_the_same(table: str, model: str) -> None:
    report = compared(table, model)
    assert not report.findings
    assert not report.is_changed
    assert report.record.left.params == report.record.right.params


@pytest.mark.parametrize(("table", "model"), DIFFERENT)
def test_what_is_another_is_said_and_nothing_else(table: str, model: str) -> None:
    assert sorted(map(str, compared(table, model).findings)) == DIFFERENT[table, model]
