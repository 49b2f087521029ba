"""What is said to be another network, and what is not."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.difference import another_network, is_another_network


def conv_norm(into, out, kernel, stride=1, groups=1, act=True):
    conv = nn.Conv2d(into, out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(out), *([nn.ReLU()] if act else []))


class ShuffleUnit(nn.Module):
    """Figure 3 (c) and (d) of arXiv:1807.11164."""

    def __init__(self, into, out):
        super().__init__()
        half, self.is_down = out // 2, into != out
        stride = 2 if self.is_down else 1
        first = into if self.is_down else half
        self.right = nn.Sequential(
            conv_norm(first, half, 1),
            conv_norm(half, half, 3, stride, half, act=False),
            conv_norm(half, half, 1),
        )
        if self.is_down:
            self.left = nn.Sequential(
                conv_norm(into, into, 3, 2, into, act=False), conv_norm(into, half, 1)
            )

    def forward(self, x):
        kept, given = (self.left(x), x) if self.is_down else x.chunk(2, 1)
        both = torch.cat([kept, self.right(given)], 1)
        n, c, h, w = both.shape
        return both.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


def shufflenet_v2():
    """Table 5 of arXiv:1807.11164, 1x."""
    rows = [conv_norm(3, 24, 3, 2), nn.MaxPool2d(3, 2, 1)]
    into = 24
    for out, repeats in ((116, 4), (232, 8), (464, 4)):
        rows.append(nn.Sequential(*(ShuffleUnit(out if n else into, out) for n in range(repeats))))
        into = out
    rows += [conv_norm(464, 1024, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000)]
    return nn.Sequential(*rows)


def resnet_v1_5():
    """ResNet-50 whose 3x3 convolutions stride, as most code has it."""
    model = ac.load("resnet").build(variant="50")
    for part in model.modules():
        for name, child in [*part.named_children()]:
            is_first = isinstance(child, nn.Conv2d) and name == "conv1"
            if is_first and child.kernel_size == (1, 1) and child.stride == (2, 2):
                child.stride, part.conv2.stride = (1, 1), (2, 2)
    return model


def normalised_googlenet():
    """GoogLeNet with batch norms for biases and for response norms, and 3x3 for 5x5."""
    model = ac.load("googlenet").build()
    for part in [*model.modules()]:
        for name, child in [*part.named_children()]:
            if isinstance(child, nn.Conv2d):
                kernel = 3 if child.kernel_size == (5, 5) else child.kernel_size[0]
                stride = child.stride[0]
                norm = conv_norm(child.in_channels, child.out_channels, kernel, stride, act=False)
                setattr(part, name, norm)
            elif isinstance(child, nn.LocalResponseNorm):
                setattr(part, name, nn.Identity())
    return model


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("resnet@50", resnet_v1_5, False),
        ("vgg", "resnet@50", True),
        ("resnet@18", "resnet@34", False),
        ("resnet@18", "resnet@50", False),
        ("resnet@152", "resnet@18", False),
        ("shufflenet_v1", shufflenet_v2, True),
        ("shufflenet_v1", "shufflenet_v1@g8", False),
        ("gpt2", "bert", True),
        ("gpt2", "opt", False),
        ("gpt2", "gpt2@345M", False),
        ("googlenet", normalised_googlenet, False),
        ("googlenet", "resnet@50", True),
        ("mobilenet_v1", "mobilenet_v1@0.5-224", False),
        ("mobilenet_v1", "mobilenet_v2", True),
        ("densenet", "resnet@50", True),
        ("vit", "swin", True),
        ("swin", "vit", True),
        ("swin", "swin@Swin-B", False),
        ("convnext", "convnext@ConvNeXt-B", False),
        ("resnext", "resnet@50", False),
        ("senet@50", "resnet@50", False),
        (lambda: nn.Conv2d(3, 8, 3), lambda: nn.Conv2d(3, 8, 5), False),
    ],
)
def test_another_network_is_told_from_a_member_of_the_family(one, other, expected):
    sides = [side if isinstance(side, str) else side() for side in (one, other)]
    tokens = "int64[1,64]" if one == "gpt2" else "3x224x224"
    assert is_another_network(ac.diff(*sides, input=tokens).record) is expected


def test_what_is_shared_is_said_in_one_sentence():
    found = ac.diff("vgg", "resnet@50").record
    # VGG-16 has 3x3 of 64->64, 128->128, 256->256 twice, 512->512 five times; ResNet-50 has these
    # in each of its 3 + 4 + 6 + 3 blocks.
    assert another_network(found) == (
        "vgg and resnet@50 are different networks: 9 of the 16 layers with weights of vgg, and 16 "
        "of the 54 of resnet@50, have a counterpart of the same kernel and widths"
    )
    # 12 layers of two sums each, that take what they add to from before the norm or behind it.
    said = another_network(ac.diff("gpt2", "bert", input="int64[1,64]").record)
    assert said.endswith("but 24 of the 24 sums, products and concatenations join other layers")
