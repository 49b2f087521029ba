"""Networks on sounds, maps and clips, against the same ones written out by hand in torch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcount as ac
from archcount.engines import ENGINES, cross_check, engine


class ValidUNet(nn.Module):
    """Fig. 1 of arXiv:1505.04597: no padding, and copies cropped to what they are joined to."""

    def __init__(self) -> None:
        super().__init__()
        widths = (64, 128, 256, 512, 1024)
        sides = zip((1, *widths), widths, strict=False)
        self.down = nn.ModuleList(self._level(*pair) for pair in sides)
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in widths[-2::-1])
        self.level = nn.ModuleList(self._level(2 * c, c) for c in widths[-2::-1])
        self.scores = nn.Conv2d(64, 2, 1)

    def _level(self, before: int, width: int) -> nn.Sequential:
        first, second = nn.Conv2d(before, width, 3), nn.Conv2d(width, width, 3)
        return nn.Sequential(first, nn.ReLU(), second, nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        kept = []
        for number, level in enumerate(self.down):
            x = level(nn.functional.max_pool2d(x, 2) if number else x)
            kept.append(x)
        for up, level, skip in zip(self.up, self.level, kept[-2::-1], strict=True):
            x = up(x)
            cut = (skip.shape[-1] - x.shape[-1]) // 2
            side = slice(cut, cut + x.shape[-1])
            x = level(torch.cat([skip[:, :, side, side], x], dim=1))
        return self.scores(x)

    def in_order(self) -> list[nn.Module]:
        ups = [part for pair in zip(self.up, self.level, strict=True) for part in pair]
        return [*self.down, *ups, self.scores]


class ShuffleUnit(nn.Module):
    """Fig. 2b and 2c of arXiv:1707.01083."""

    def __init__(self, before: int, width: int, groups: int, first: int, stride: int) -> None:
        super().__init__()
        middle, gained = width // 4, width - before if stride == 2 else width
        self.groups, self.stride = groups, stride
        self.squeeze = nn.Conv2d(before, middle, 1, groups=first, bias=False)
        self.norm1 = nn.BatchNorm2d(middle)
        self.deep = nn.Conv2d(middle, middle, 3, stride, 1, groups=middle, bias=False)
        self.norm2 = nn.BatchNorm2d(middle)
        self.widen = nn.Conv2d(middle, gained, 1, groups=groups, bias=False)
        self.norm3 = nn.BatchNorm2d(gained)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(self.squeeze(x)).relu()
        n, c, h, w = y.shape
        y = y.view(n, self.groups, c // self.groups, h, w).transpose(1, 2).reshape(n, c, h, w)
        y = self.norm3(self.widen(self.norm2(self.deep(y))))
        if self.stride == 1:
            return (x + y).relu()
        pooled = nn.functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return torch.cat([pooled, y], dim=1).relu()


def shuffle_net(groups: int, width: int) -> nn.Sequential:
    layers = [nn.Conv2d(3, 24, 3, 2, 1, bias=False), nn.BatchNorm2d(24), nn.ReLU()]
    layers.append(nn.MaxPool2d(3, 2, 1))
    before = 24
    for stage, units in enumerate((4, 8, 4)):
        for unit in range(units):
            first = 1 if stage == unit == 0 else groups
            layers.append(ShuffleUnit(before, width, groups, first, 1 if unit else 2))
            before = width
        width *= 2
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 1000))


def c3d(places: int = 4 * 4) -> nn.Sequential:
    """Sec. 3.2 of arXiv:1412.0767; pools round up, as Caffe's do."""
    layers: list[nn.Module] = []
    before = 3
    for number, widths in enumerate([(64,), (128,), (256, 256), (512, 512), (512, 512)]):
        for width in widths:
            layers += [nn.Conv3d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool3d(2 if number else (1, 2, 2), ceil_mode=True))
    layers += [nn.Flatten(), nn.Linear(512 * places, 4096), nn.ReLU(), nn.Dropout()]
    layers += [nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 487)]
    return nn.Sequential(*layers)


def whisper_stem() -> nn.Sequential:
    first, second = nn.Conv1d(80, 512, 3, padding=1), nn.Conv1d(512, 512, 3, 2, 1)
    return nn.Sequential(first, nn.GELU(), second, nn.GELU())


WRITTEN = {
    "unet": ValidUNet,
    "c3d.yaml": c3d,
    "whisper_stem.yaml": whisper_stem,
    **{
        f"shufflenet_v1@g{groups}": lambda groups=groups, width=width: shuffle_net(groups, width)
        for groups, width in ((1, 144), (2, 200), (3, 240), (4, 272), (8, 384))
    },
}


@pytest.fixture
def read(data):
    """Return a table and the variant of it that are meant."""

    def load(name):
        name, _, variant = name.partition("@")
        return ac.load(str(data / name) if name.endswith(".yaml") else name), variant or None

    return load


@pytest.mark.parametrize("name", WRITTEN)
def test_a_network_counts_as_the_one_written_out(name, read):
    table, variant = read(name)
    architecture = table.architecture(variant=variant)
    with torch.device("meta"), FlopCounterMode(display=False) as counted:
        written = WRITTEN[name]().eval()
        written(torch.empty(1, *architecture.input.dims))
    assert architecture.params == sum(item.numel() for item in written.parameters())
    assert 2 * architecture.cost.macs == counted.get_total_flops()
    assert architecture.unread == ()


# Small enough to run: the smallest that U-Net reads; a clip whose last map is 1x1.
RUN = {
    "unet": ("1x188x188", ValidUNet),
    "c3d.yaml": ("3x16x20x20", lambda: c3d(places=1)),
    "whisper_stem.yaml": ("80x30", whisper_stem),
    "shufflenet_v1@g3": ("3x64x64", lambda: shuffle_net(3, 240)),
}


@pytest.mark.parametrize("name", RUN)
def test_a_network_gives_what_the_one_written_out_gives(name, read):
    table, variant = read(name)
    size, write = RUN[name]
    architecture = table.architecture(variant=variant, input=size)
    built, written = table.build(variant=variant, input=size).eval(), write().eval()
    theirs = iter(built.state_dict().values())
    parts = written.in_order() if isinstance(written, ValidUNet) else [written]
    with torch.no_grad():
        for part in parts:
            for item in part.state_dict().values():
                item.copy_(next(theirs))
    assert next(theirs, None) is None
    x = torch.randn(1, *architecture.input.dims)
    with torch.no_grad():
        expected = written(x)
        expected = expected.transpose(1, 2) if architecture.output.tokens else expected
        assert torch.allclose(built(x), expected, atol=1e-5)
        exported = torch.export.export(built, (x,)).module()
        assert torch.allclose(exported(x), expected, atol=1e-5)


@pytest.mark.parametrize("name", [*RUN, "shufflenet_v2.yaml"])
def test_engines_agree_and_gradients_reach_every_parameter(name, read):
    table, variant = read(name)
    architecture = table.architecture(variant=variant)
    counts = [engine(each).count(architecture) for each in ENGINES]
    assert [cross_check(counts[0], other) for other in counts[1:]] == [(), ()]
    assert all(count.uncounted == () for count in counts)
    with torch.device("meta"):
        built = table.build(variant=variant).train()
        built(torch.empty(2, *architecture.input.dims)).sum().backward()
    assert all(item.grad is not None for item in built.parameters())


def test_what_whisper_reads_is_worked_out_by_hand(read):
    table, _ = read("whisper_stem.yaml")
    first, second, _ = table.architecture().rows
    # 80 x 3 to each of 512 at 3,000 steps, and 512 x 3 at every other one
    assert (first.node.params, first.node.cost.conv) == (80 * 3 * 512 + 512, 122_880 * 3000)
    assert (second.node.params, second.node.cost.conv) == (512 * 3 * 512 + 512, 786_432 * 1500)


def test_a_split_network_is_torchvisions(read):
    # its `num_params`, and its modules as FlopCounterMode counts them, halved; two convolutions, 16
    # units of three, and a classifier
    table, _ = read("shufflenet_v2.yaml")
    architecture = table.architecture()
    assert (architecture.params, architecture.cost.macs) == (2_278_604, 144_907_992)
    assert architecture.depth == 2 + 16 * 3 + 1
    assert architecture.unread == ()
