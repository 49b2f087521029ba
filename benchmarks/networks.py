"""GoogLeNet, Inception-v3 and ResNet-50 written by hand, to time archcount's modules beside.

They know nothing of archcount, and do the arithmetic of its tables `googlenet`, `inception_v3` and
`resnet@50`. In eval mode each maps images to probabilities. In train mode ResNet-50 gives logits,
and the other two `Outputs`: the logits of the classifier and those of the auxiliary heads.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 1000


class Outputs(NamedTuple):
    """What a network with auxiliary heads gives in train mode: logits, each (N, classes)."""

    main: Tensor
    heads: tuple[Tensor, ...]


def googlenet() -> GoogLeNet:
    """GoogLeNet with two auxiliary heads, for images of 224x224."""
    return GoogLeNet()


def inception_v3() -> InceptionV3:
    """Inception-v3 with one auxiliary head, for images of 299x299."""
    return InceptionV3()


def resnet50() -> ResNet:
    """ResNet-50 as first published: the stride of 2 is in a block's first 1x1 convolution."""
    return ResNet((3, 4, 6, 3))


def _initialise(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.01)
        if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def _loss(outputs: Outputs, target: Tensor, *, head_weight: float) -> Tensor:
    total = F.cross_entropy(outputs.main, target)
    for head in outputs.heads:
        total = total + head_weight * F.cross_entropy(head, target)
    return total


# GoogLeNet


class ConvRelu(nn.Sequential):
    """A convolution with a bias, and its ReLU; the size stays unless there is a stride."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2),
            nn.ReLU(inplace=True),
        )


class Inception(nn.Module):
    """An Inception module of GoogLeNet: 1x1, 3x3 and 5x5 convolutions and a pool side by side."""

    def __init__(
        self, inputs: int, n1: int, reduce3: int, n3: int, reduce5: int, n5: int, pooled: int
    ) -> None:
        super().__init__()
        self.branch1x1 = ConvRelu(inputs, n1, 1)
        self.branch3x3 = nn.Sequential(ConvRelu(inputs, reduce3, 1), ConvRelu(reduce3, n3, 3))
        self.branch5x5 = nn.Sequential(ConvRelu(inputs, reduce5, 1), ConvRelu(reduce5, n5, 5))
        self.branch_pool = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1), ConvRelu(inputs, pooled, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Run the four branches on x."""
        branches = [
            self.branch1x1(x),
            self.branch3x3(x),
            self.branch5x5(x),
            self.branch_pool(x),
        ]
        return torch.cat(branches, 1)


class GoogLeNetHead(nn.Module):
    """An auxiliary classifier of GoogLeNet, on a grid of 14x14."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv = ConvRelu(inputs, 128, 1)
        self.fc1 = nn.Linear(128 * 4 * 4, 1024)
        self.relu = nn.ReLU(inplace=True)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(1024, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Map features to logits."""
        x = torch.flatten(self.conv(self.pool(x)), 1)
        logits: Tensor = self.fc2(self.dropout(self.relu(self.fc1(x))))
        return logits


class GoogLeNet(nn.Module):
    """GoogLeNet with local response normalisation (arXiv:1409.4842, Table 1 and Fig. 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = ConvRelu(3, 64, 7, stride=2)
        self.pool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.norm1 = nn.LocalResponseNorm(5)
        self.conv2 = ConvRelu(64, 64, 1)
        self.conv3 = ConvRelu(64, 192, 3)
        self.norm2 = nn.LocalResponseNorm(5)
        self.pool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)

        self.inception3a = Inception(192, 64, 96, 128, 16, 32, 32)
        self.inception3b = Inception(256, 128, 128, 192, 32, 96, 64)
        self.pool3 = nn.MaxPool2d(3, stride=2, ceil_mode=True)

        self.inception4a = Inception(480, 192, 96, 208, 16, 48, 64)
        self.inception4b = Inception(512, 160, 112, 224, 24, 64, 64)
        self.inception4c = Inception(512, 128, 128, 256, 24, 64, 64)
        self.inception4d = Inception(512, 112, 144, 288, 32, 64, 64)
        self.inception4e = Inception(528, 256, 160, 320, 32, 128, 128)
        self.pool4 = nn.MaxPool2d(3, stride=2, ceil_mode=True)

        self.inception5a = Inception(832, 256, 160, 320, 32, 128, 128)
        self.inception5b = Inception(832, 384, 192, 384, 48, 128, 128)
        self.avgpool = nn.AvgPool2d(7, stride=1)
        self.dropout = nn.Dropout(0.4)
        self.fc = nn.Linear(1024, CLASSES)

        self.head4a = GoogLeNetHead(512)
        self.head4d = GoogLeNetHead(528)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor | Outputs:
        """Map images (N, 3, 224, 224) to probabilities, or in train mode to logits."""
        x = self.norm1(self.pool1(self.conv1(x)))
        x = self.pool2(self.norm2(self.conv3(self.conv2(x))))
        x = self.inception3a(x)
        x = self.pool3(self.inception3b(x))
        x4a = self.inception4a(x)
        x = self.inception4b(x4a)
        x = self.inception4c(x)
        x4d = self.inception4d(x)
        x = self.pool4(self.inception4e(x4d))
        x = self.inception5a(x)
        x = self.avgpool(self.inception5b(x))
        logits = self.fc(torch.flatten(self.dropout(x), 1))
        if self.training:
            return Outputs(logits, (self.head4a(x4a), self.head4d(x4d)))
        return F.softmax(logits, dim=1)

    def loss(self, outputs: Outputs, target: Tensor) -> Tensor:
        """Add up the cross entropies for class indices (N,), each head's with weight 0.3."""
        return _loss(outputs, target, head_weight=0.3)


# Inception-v3


class ShiftedBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation with a trained shift and no trained scale."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=0.001)
        self.register_parameter("weight", None)


class ConvNormRelu(nn.Sequential):
    """A convolution without a bias, its batch norm and its ReLU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False),
            ShiftedBatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


def _averaged(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
        ConvNormRelu(inputs, outputs, 1),
    )


def _row(inputs: int, outputs: int, length: int) -> ConvNormRelu:
    return ConvNormRelu(inputs, outputs, (1, length), padding=(0, length // 2))


def _column(inputs: int, outputs: int, length: int) -> ConvNormRelu:
    return ConvNormRelu(inputs, outputs, (length, 1), padding=(length // 2, 0))


class Grid35(nn.Module):
    """A module of Inception-v3 on the grid of 35x35."""

    def __init__(self, inputs: int, pooled: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNormRelu(inputs, 64, 1)
        self.branch5x5 = nn.Sequential(
            ConvNormRelu(inputs, 48, 1),
            ConvNormRelu(48, 64, 5, padding=2),
        )
        self.branch3x3 = nn.Sequential(
            ConvNormRelu(inputs, 64, 1),
            ConvNormRelu(64, 96, 3, padding=1),
            ConvNormRelu(96, 96, 3, padding=1),
        )
        self.branch_pool = _averaged(inputs, pooled)

    def forward(self, x: Tensor) -> Tensor:
        """Run the four branches on x."""
        branches = [
            self.branch1x1(x),
            self.branch5x5(x),
            self.branch3x3(x),
            self.branch_pool(x),
        ]
        return torch.cat(branches, 1)


class To17(nn.Module):
    """The step from the grid of 35x35 to that of 17x17."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = ConvNormRelu(inputs, 384, 3, stride=2)
        self.branch3x3_twice = nn.Sequential(
            ConvNormRelu(inputs, 64, 1),
            ConvNormRelu(64, 96, 3, padding=1),
            ConvNormRelu(96, 96, 3, stride=2),
        )
        self.pool = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Halve the grid in three ways."""
        return torch.cat([self.branch3x3(x), self.branch3x3_twice(x), self.pool(x)], 1)


class Grid17(nn.Module):
    """A module of Inception-v3 on the grid of 17x17, its 7x7 kernels in two steps."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNormRelu(inputs, 192, 1)
        self.branch7x7 = nn.Sequential(
            ConvNormRelu(inputs, width, 1),
            _row(width, width, 7),
            _column(width, 192, 7),
        )
        self.branch7x7_twice = nn.Sequential(
            ConvNormRelu(inputs, width, 1),
            _column(width, width, 7),
            _row(width, width, 7),
            _column(width, width, 7),
            _row(width, 192, 7),
        )
        self.branch_pool = _averaged(inputs, 192)

    def forward(self, x: Tensor) -> Tensor:
        """Run the four branches on x."""
        branches = [
            self.branch1x1(x),
            self.branch7x7(x),
            self.branch7x7_twice(x),
            self.branch_pool(x),
        ]
        return torch.cat(branches, 1)


class To8(nn.Module):
    """The step from the grid of 17x17 to that of 8x8."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch3x3 = nn.Sequential(
            ConvNormRelu(inputs, 192, 1),
            ConvNormRelu(192, 320, 3, stride=2),
        )
        self.branch7x7 = nn.Sequential(
            ConvNormRelu(inputs, 192, 1),
            _row(192, 192, 7),
            _column(192, 192, 7),
            ConvNormRelu(192, 192, 3, stride=2),
        )
        self.pool = nn.MaxPool2d(3, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        """Halve the grid in three ways."""
        return torch.cat([self.branch3x3(x), self.branch7x7(x), self.pool(x)], 1)


class Fork(nn.Module):
    """A 1x3 and a 3x1 convolution side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.row = _row(channels, channels, 3)
        self.column = _column(channels, channels, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Run both on x."""
        return torch.cat([self.row(x), self.column(x)], 1)


class Grid8(nn.Module):
    """A module of Inception-v3 on the grid of 8x8, two of its branches forked."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.branch1x1 = ConvNormRelu(inputs, 320, 1)
        self.branch3x3 = nn.Sequential(ConvNormRelu(inputs, 384, 1), Fork(384))
        self.branch3x3_twice = nn.Sequential(
            ConvNormRelu(inputs, 448, 1),
            ConvNormRelu(448, 384, 3, padding=1),
            Fork(384),
        )
        self.branch_pool = _averaged(inputs, 192)

    def forward(self, x: Tensor) -> Tensor:
        """Run the four branches on x."""
        branches = [
            self.branch1x1(x),
            self.branch3x3(x),
            self.branch3x3_twice(x),
            self.branch_pool(x),
        ]
        return torch.cat(branches, 1)


class InceptionV3Head(nn.Module):
    """The auxiliary classifier of Inception-v3, on a grid of 17x17."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(5, stride=3)
        self.conv1 = ConvNormRelu(inputs, 128, 1)
        self.conv2 = ConvNormRelu(128, 768, 5)
        self.fc = nn.Linear(768, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Map features to logits."""
        x = self.conv2(self.conv1(self.pool(x)))
        logits: Tensor = self.fc(torch.flatten(x, 1))
        return logits


class InceptionV3(nn.Module):
    """Inception-v3 as released (arXiv:1512.00567; the widths are those of tf-slim)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            ConvNormRelu(3, 32, 3, stride=2),
            ConvNormRelu(32, 32, 3),
            ConvNormRelu(32, 64, 3, padding=1),
            nn.MaxPool2d(3, stride=2),
            ConvNormRelu(64, 80, 1),
            ConvNormRelu(80, 192, 3),
            nn.MaxPool2d(3, stride=2),
        )
        self.grid35 = nn.Sequential(Grid35(192, 32), Grid35(256, 64), Grid35(288, 64))
        self.to17 = To17(288)
        self.grid17 = nn.Sequential(
            Grid17(768, 128), Grid17(768, 160), Grid17(768, 160), Grid17(768, 192)
        )
        self.to8 = To8(768)
        self.grid8 = nn.Sequential(Grid8(1280), Grid8(2048))
        self.avgpool = nn.AvgPool2d(8, stride=1)
        self.dropout = nn.Dropout(0.2)
        self.fc = nn.Linear(2048, CLASSES)
        self.head = InceptionV3Head(768)
        _initialise(self)

    def forward(self, x: Tensor) -> Tensor | Outputs:
        """Map images (N, 3, 299, 299) to probabilities, or in train mode to logits."""
        x = self.grid35(self.stem(x))
        x17 = self.grid17(self.to17(x))
        x = self.avgpool(self.grid8(self.to8(x17)))
        logits = self.fc(torch.flatten(self.dropout(x), 1))
        if self.training:
            return Outputs(logits, (self.head(x17),))
        return F.softmax(logits, dim=1)

    def loss(self, outputs: Outputs, target: Tensor) -> Tensor:
        """Add up the cross entropies for class indices (N,), the head's with weight 0.4."""
        return _loss(outputs, target, head_weight=0.4)


# ResNet


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, added to the input or to its projection."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.projection: nn.Sequential | None = None
        if stride != 1 or inputs != outputs:
            self.projection = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Add and clip."""
        shortcut = x if self.projection is None else self.projection(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        x += shortcut
        out: Tensor = self.relu(x)
        return out


class ResNet(nn.Module):
    """A residual network of bottlenecks (arXiv:1512.03385, Table 1).

    Args:
        depths: how many blocks each of the four stages has.
    """

    def __init__(self, depths: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._stage(64, 64, depths[0], stride=1)
        self.layer2 = self._stage(256, 128, depths[1], stride=2)
        self.layer3 = self._stage(512, 256, depths[2], stride=2)
        self.layer4 = self._stage(1024, 512, depths[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(2048, CLASSES)
        _initialise(self)

    @staticmethod
    def _stage(inputs: int, width: int, depth: int, *, stride: int) -> nn.Sequential:
        later = [Bottleneck(4 * width, width, 1) for _ in range(depth - 1)]
        return nn.Sequential(Bottleneck(inputs, width, stride), *later)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (N, 3, 224, 224) to probabilities, or in train mode to logits."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return logits if self.training else F.softmax(logits, dim=1)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Give the cross entropy for class indices (N,)."""
        return F.cross_entropy(outputs, target)
