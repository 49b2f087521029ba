"""The networks written with modules throughout: a named layer for every step."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, cat, nn

from .settings import Conv, Dropout, Group, Linear, Lrn, Pool, Settings, Softmax, Step
from .sizes import At, Layer, layers

BRANCHES = ("branch1x1", "branch3x3", "branch5x5", "branch_pool")
_ATTRIBUTES = {
    "conv2_pool": "maxpool",
    "conv2_x": "layer1",
    "conv3_x": "layer2",
    "conv4_x": "layer3",
    "conv5_x": "layer4",
    "head": "classifier",
    "linear": "fc",
}


class ConvUnit(nn.Sequential):
    """A convolution, its batch norm and its ReLU, those that there are."""

    def __init__(self, conv: nn.Conv2d, *, norm: bool, relu: bool) -> None:
        super().__init__()
        self.conv = conv
        if norm:
            self.bn = nn.BatchNorm2d(conv.out_channels)
        if relu:
            self.relu = nn.ReLU(inplace=True)


class Inception(nn.Module):
    """Branches side by side, their channels concatenated."""

    def __init__(self, branches: list[nn.Module]) -> None:
        super().__init__()
        self.names = BRANCHES[: len(branches)]
        for name, branch in zip(self.names, branches, strict=True):
            self.add_module(name, branch)

    def forward(self, x: Tensor) -> Tensor:
        """Run every branch on x."""
        return cat([getattr(self, name)(x) for name in self.names], dim=1)


class ResidualBlock(nn.Module):
    """What the body makes of the input, added to the input or its projection."""

    def __init__(self, body: nn.Module, downsample: nn.Module | None) -> None:
        super().__init__()
        self.body = body
        self.downsample = nn.Identity() if downsample is None else downsample
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Add and clip."""
        out: Tensor = self.relu(self.body(x) + self.downsample(x))
        return out


def build(settings: Settings) -> nn.Sequential:
    """The network, a child for every row that has layers, under a name of its own."""
    at = {layer.at: layer for layer in layers(settings)}
    network = nn.Sequential()
    for row, groups in settings.rows.items():
        each = (_group(group, at, (row, g)) for g, group in enumerate(groups))
        made = [module for module in each if module is not None]
        if made:
            whole = made[0] if len(made) == 1 else nn.Sequential(*made)
            network.add_module(_ATTRIBUTES.get(row, re.sub(r"_(?=\d)", "", row)), whole)
    return network


def _group(group: Group, at: Mapping[At, Layer], where: tuple[str, int]) -> nn.Module | None:
    chains = [
        [at[(*where, c, s)] for s in range(len(steps))] for c, steps in enumerate(group.chains)
    ]
    match group.kind:
        case "concat":
            return Inception([_chain(chain) for chain in chains])
        case "add":
            body, shortcut = chains
            return ResidualBlock(_chain(body), _chain(shortcut) if shortcut else None)
        case _:
            return _chain(chains[0]) if chains[0] else None


def _chain(chain: list[Layer]) -> nn.Module:
    modules = [(layer.path.rpartition(".")[2], module(layer)) for layer in chain]
    if len(modules) == 1:
        return modules[0][1]
    sequence = nn.Sequential()
    for name, each in modules:
        sequence.add_module(name, each)
    return sequence


def module(layer: Layer) -> nn.Module:
    """One step as a module."""
    step: Step = layer.step
    match step:
        case Conv():
            conv = nn.Conv2d(
                layer.input[0],
                layer.output[0],
                step.kernel,
                stride=step.stride,
                padding=step.padding,
                groups=layer.groups,
                bias=step.bias,
            )
            return ConvUnit(conv, norm=step.norm, relu=step.relu)
        case Pool(kind="max", kernel=None):
            return nn.AdaptiveMaxPool2d(1)
        case Pool(kind="avg", kernel=None):
            return nn.AdaptiveAvgPool2d(1)
        case Pool(kind="max", kernel=int(kernel)):
            return nn.MaxPool2d(kernel, step.stride, step.padding, ceil_mode=step.ceil)
        case Pool(kind="avg", kernel=int(kernel)):
            return nn.AvgPool2d(kernel, step.stride, step.padding, ceil_mode=step.ceil)
        case Lrn():
            return nn.LocalResponseNorm(step.size, step.alpha, step.beta, step.k)
        case Dropout():
            return nn.Dropout(step.p)
        case Linear():
            return nn.Sequential(nn.Flatten(), nn.Linear(layer.features, step.out, bias=step.bias))
        case Softmax():
            return nn.Softmax(dim=1)
    raise TypeError(step)
