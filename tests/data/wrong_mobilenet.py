"""A MobileNet as a user might write it, with two mistakes, for the README and the tests."""

from torch import nn


def pair(inputs, outputs, stride):
    """Give a depthwise convolution and a pointwise one, each with its norm and activation."""
    return [
        nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, 1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


class MobileNet(nn.Module):
    """MobileNet v1, one pair too few at 14x14, and a convolution with a bias."""

    def __init__(self, classes=1000):
        super().__init__()
        widths = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
        widths += [(512, 1)] * 4 + [(1024, 2), (1024, 1)]
        layers = [nn.Conv2d(3, 32, 3, 2, padding=1), nn.BatchNorm2d(32), nn.ReLU()]
        before = 32
        for width, stride in widths:
            layers += pair(before, width, stride)
            before = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Linear(before, classes)

    def forward(self, x):
        return self.classifier(self.features(x).mean([2, 3]))
