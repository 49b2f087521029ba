"""The layers of four networks, written out by hand, each setting in a place of its own.

A network is rows; a row is groups, run one after another; a group is chains of steps. The chains
of a "concat" group are the branches of an Inception module, those of an "add" group the body and
the shortcut of a residual block (an empty shortcut passes its input on), and a "chain" group has
one. Input channels stand nowhere: they follow from what a layer reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Conv:
    """A convolution, with the batch norm and the ReLU after it.

    `out` is None where it gives as many channels as it reads, `groups` where each is a group.
    """

    out: int | None
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int | None = 1
    bias: bool = True
    norm: bool = False
    relu: bool = True


@dataclass(frozen=True)
class Pool:
    """A pool; without a kernel, of the whole map."""

    kind: Literal["max", "avg"]
    kernel: int | None
    stride: int = 1
    padding: int = 0
    ceil: bool = False


@dataclass(frozen=True)
class Lrn:
    """Local response normalisation."""

    size: int = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0


@dataclass(frozen=True)
class Dropout:
    """Dropout."""

    p: float


@dataclass(frozen=True)
class Linear:
    """A linear layer, of its flattened input."""

    out: int
    bias: bool = True


@dataclass(frozen=True)
class Softmax:
    """The softmax over the classes."""


Step = Conv | Pool | Lrn | Dropout | Linear | Softmax
Chain = tuple[Step, ...]


@dataclass(frozen=True)
class Group:
    """Chains on one input, and what becomes of their outputs."""

    kind: Literal["chain", "concat", "add"]
    chains: tuple[Chain, ...]


Row = tuple[Group, ...]


@dataclass(frozen=True)
class Settings:
    """A network: its name, the table it is in, and its rows by their ids there."""

    name: str
    table: str
    variant: str
    rows: Mapping[str, Row]
    input: tuple[int, int, int] = (3, 224, 224)


def chain(*steps: Step) -> Row:
    """A row of steps, one after another."""
    return (Group("chain", (steps,)),)


def inception(n1: int, r3: int, n3: int, r5: int, n5: int, pool: int) -> Row:
    """A row of one Inception module."""
    return (
        Group(
            "concat",
            (
                (Conv(n1, 1),),
                (Conv(r3, 1), Conv(n3, 3, padding=1)),
                (Conv(r5, 1), Conv(n5, 5, padding=2)),
                (Pool("max", 3, 1, padding=1), Conv(pool, 1)),
            ),
        ),
    )


def normed(out: int, kernel: int, stride: int = 1, padding: int = 0, *, relu: bool = True) -> Conv:
    """A convolution without bias, with batch norm."""
    return Conv(out, kernel, stride, padding, bias=False, norm=True, relu=relu)


def projection(out: int, stride: int, project: bool) -> Chain:
    """The shortcut of a residual block."""
    return (normed(out, 1, stride, relu=False),) if project else ()


def basic(width: int, stride: int, times: int, *, project: bool) -> Row:
    """A row of residual blocks of two convolutions."""
    groups = []
    for block in range(times):
        first = block == 0
        body = (
            normed(width, 3, stride if first else 1, 1),
            normed(width, 3, 1, 1, relu=False),
        )
        groups.append(Group("add", (body, projection(width, stride, first and project))))
    return tuple(groups)


def bottleneck(width: int, stride: int, times: int) -> Row:
    """A row of residual blocks of three convolutions, the first of which strides."""
    groups = []
    for block in range(times):
        first = block == 0
        body = (
            normed(width, 1, stride if first else 1),
            normed(width, 3, 1, 1),
            normed(4 * width, 1, relu=False),
        )
        groups.append(Group("add", (body, projection(4 * width, stride, first))))
    return tuple(groups)


def depthwise(stride: int = 1) -> Conv:
    """A 3x3 convolution of each channel by itself."""
    return Conv(None, 3, stride, 1, groups=None, bias=False, norm=True)


GOOGLENET = Settings(
    "googlenet",
    "googlenet",
    "",
    {
        "conv1": chain(Conv(64, 7, 2, 3)),
        "pool1": chain(Pool("max", 3, 2, ceil=True), Lrn()),
        "conv2": chain(Conv(64, 1), Conv(192, 3, 1, 1), Lrn()),
        "pool2": chain(Pool("max", 3, 2, ceil=True)),
        "inception_3a": inception(64, 96, 128, 16, 32, 32),
        "inception_3b": inception(128, 128, 192, 32, 96, 64),
        "pool3": chain(Pool("max", 3, 2, ceil=True)),
        "inception_4a": inception(192, 96, 208, 16, 48, 64),
        "inception_4b": inception(160, 112, 224, 24, 64, 64),
        "inception_4c": inception(128, 128, 256, 24, 64, 64),
        "inception_4d": inception(112, 144, 288, 32, 64, 64),
        "inception_4e": inception(256, 160, 320, 32, 128, 128),
        "pool4": chain(Pool("max", 3, 2, ceil=True)),
        "inception_5a": inception(256, 160, 320, 32, 128, 128),
        "inception_5b": inception(384, 192, 384, 48, 128, 128),
        "avgpool": chain(Pool("avg", 7, 1)),
        "dropout": chain(Dropout(0.4)),
        "linear": chain(Linear(1000)),
        "softmax": chain(Softmax()),
    },
)

_RESNET_STEM: dict[str, Row] = {
    "conv1": chain(normed(64, 7, 2, 3)),
    "conv2_pool": chain(Pool("max", 3, 2, 1)),
}
_RESNET_HEAD: dict[str, Row] = {
    "head": chain(Pool("avg", None), Linear(1000), Softmax()),
}

RESNET18 = Settings(
    "resnet18",
    "resnet",
    "18",
    {
        **_RESNET_STEM,
        "conv2_x": basic(64, 1, 2, project=False),
        "conv3_x": basic(128, 2, 2, project=True),
        "conv4_x": basic(256, 2, 2, project=True),
        "conv5_x": basic(512, 2, 2, project=True),
        **_RESNET_HEAD,
    },
)

RESNET50 = Settings(
    "resnet50",
    "resnet",
    "50",
    {
        **_RESNET_STEM,
        "conv2_x": bottleneck(64, 1, 3),
        "conv3_x": bottleneck(128, 2, 4),
        "conv4_x": bottleneck(256, 2, 6),
        "conv5_x": bottleneck(512, 2, 3),
        **_RESNET_HEAD,
    },
)

MOBILENET = Settings(
    "mobilenet",
    "mobilenet_v1",
    "",
    {
        "conv": chain(normed(32, 3, 2, 1)),
        "dw1": chain(depthwise()),
        "pw1": chain(normed(64, 1)),
        "dw2": chain(depthwise(2)),
        "pw2": chain(normed(128, 1)),
        "dw3": chain(depthwise()),
        "pw3": chain(normed(128, 1)),
        "dw4": chain(depthwise(2)),
        "pw4": chain(normed(256, 1)),
        "dw5": chain(depthwise()),
        "pw5": chain(normed(256, 1)),
        "dw6": chain(depthwise(2)),
        "pw6": chain(normed(512, 1)),
        "dw_pw7_11": tuple(Group("chain", ((depthwise(), normed(512, 1)),)) for _ in range(5)),
        "dw12": chain(depthwise(2)),
        "pw12": chain(normed(1024, 1)),
        "dw13": chain(depthwise()),
        "pw13": chain(normed(1024, 1)),
        "avgpool": chain(Pool("avg", None)),
        "fc": chain(Linear(1000)),
        "softmax": chain(Softmax()),
    },
)

NETWORKS: Mapping[str, Settings] = {
    each.name: each for each in (GOOGLENET, RESNET18, RESNET50, MOBILENET)
}
TABLES: Mapping[str, tuple[str, str]] = {
    name: (each.table, each.variant) for name, each in NETWORKS.items()
}
