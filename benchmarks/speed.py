"""How long counting takes beside other counters: the same models, in one interleaved run.

    python benchmarks/speed.py [--rounds N]

Each round asks every tool about every model once, in turn; the medians are given, and as ratios to
archcount's. Models are made once. FlopCounterMode is asked twice: on the CPU, as it is used, and on
the meta device, where it does no arithmetic either. Tools that are not installed are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import logging
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcount

SHAPE = (1, 3, 224, 224)


class Dense(nn.Module):
    """A layer of a dense block: what comes in, and 32 channels more."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(width), nn.Conv2d(width, 128, 1, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(128), nn.Conv2d(128, 32, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Concatenate what is new to what came in."""
        y = self.conv1(torch.relu(self.norm1(x)))
        return torch.cat([x, self.conv2(torch.relu(self.norm2(y)))], 1)


def densenet() -> nn.Module:
    """A network of DenseNet-201's size: blocks of 6, 12, 48 and 32 layers."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
    ]
    width = 64
    for number, depth in enumerate((6, 12, 48, 32)):
        for _ in range(depth):
            layers.append(Dense(width))
            width += 32
        if number < 3:
            layers += [
                nn.BatchNorm2d(width),
                nn.ReLU(),
                nn.Conv2d(width, width // 2, 1, bias=False),
            ]
            layers.append(nn.AvgPool2d(2))
            width //= 2
    layers += [nn.BatchNorm2d(width), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(width, 1000))


class VisionTransformer(nn.Module):
    """A network of ViT-B/16's size: 12 layers of width 768 on 197 tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 768, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, 768))
        self.positions = nn.Parameter(torch.zeros(1, 197, 768))
        layer = nn.TransformerEncoderLayer(
            768, 12, 3072, activation="gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, 12, enable_nested_tensor=False)
        self.head = nn.Linear(768, 1000)

    def forward(self, x: Tensor) -> Tensor:
        """Score an image by its first token."""
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1) + self.positions
        return self.head(self.layers(x)[:, 0])


MODELS: dict[str, Callable[[], nn.Module]] = {
    "GoogLeNet": lambda: archcount.load("googlenet").build(),
    "ResNet-152": lambda: archcount.load("resnet").build(variant="152"),
    "DenseNet-201 size": densenet,
    "ViT-B/16 size": VisionTransformer,
}


def _archcount(model: nn.Module, meta: nn.Module) -> object:
    return archcount.count(model, input="3x224x224").total.macs


def _torchinfo(model: nn.Module, meta: nn.Module) -> object:
    import torchinfo

    return torchinfo.summary(model, input_size=SHAPE, verbose=0).total_mult_adds


def _ptflops(model: nn.Module, meta: nn.Module) -> object:
    import ptflops

    return ptflops.get_model_complexity_info(
        model, SHAPE[1:], print_per_layer_stat=False, as_strings=False, verbose=False
    )


def _calflops(model: nn.Module, meta: nn.Module) -> object:
    import calflops

    return calflops.calculate_flops(
        model, input_shape=SHAPE, print_results=False, output_as_string=False
    )


def _flop_counter(model: nn.Module, meta: nn.Module) -> object:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(torch.zeros(SHAPE))
    return counter.get_total_flops()


def _flop_counter_meta(model: nn.Module, meta: nn.Module) -> object:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        meta(torch.empty(SHAPE, device="meta"))
    return counter.get_total_flops()


TOOLS: dict[str, tuple[str, Callable[[nn.Module, nn.Module], object]]] = {
    "archcount": ("archcount", _archcount),
    "torchinfo": ("torchinfo", _torchinfo),
    "ptflops": ("ptflops", _ptflops),
    "calflops": ("calflops", _calflops),
    "FlopCounterMode": ("torch", _flop_counter),
    "FlopCounterMode, meta": ("torch", _flop_counter_meta),
}


@contextlib.contextmanager
def silenced():  # type: ignore[no-untyped-def]
    """Let a tool print, warn and log nothing."""
    logging.disable(logging.CRITICAL)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    logging.disable(logging.NOTSET)


def importable() -> list[str]:
    """The tools that can be imported."""
    found = []
    for name, (module, _) in TOOLS.items():
        with silenced(), contextlib.suppress(ImportError):
            importlib.import_module(module)
            found.append(name)
    return found


def main(rounds: int) -> None:
    """Print a Markdown table."""
    tools = importable()
    sys.stdout.write("| model | " + " | ".join(tools) + " |\n")
    sys.stdout.write("| --- |" + " --: |" * len(tools) + "\n")
    for name, build in MODELS.items():
        model = build().eval()
        with torch.device("meta"):
            meta = build().eval()
        times: dict[str, list[float]] = {tool: [] for tool in tools}
        for number in range(rounds + 1):
            for tool in tools:
                with silenced():
                    start = time.perf_counter()
                    TOOLS[tool][1](model, meta)
                    spent = time.perf_counter() - start
                if number:  # the first round warms up
                    times[tool].append(spent)
        middle = {tool: statistics.median(spent) for tool, spent in times.items()}
        ours = middle["archcount"]
        cells = [f"{1000 * ours:,.0f} ms", *(f"{middle[tool] / ours:.2f}×" for tool in tools[1:])]
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
