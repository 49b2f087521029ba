"""How long counting takes beside other counters: the same models, in one interleaved run.

    python benchmarks/speed.py [--rounds N] [--tool NAME]...

Each round asks every tool about every model once, in turn; the medians are given, and as ratios to
archcount's. Every count is a first one: archcount remembers nothing from one to the next (torch is
warm, and the code imported). Models are made once, one for archcount and an equal one for all
others, as some leave methods of theirs on it. archcount and FlopCounterMode are asked twice: as
they are used, and of a model that lies on the meta device already, where FlopCounterMode does no
arithmetic either. FlopCounterMode is asked without gradients, and with the graph for them, which
archcount needs for the operations of the backward pass. Beside them stands a bare forward pass of
the model on the meta device, without gradients, which counts nothing. A decoder of 32 layers, 4,096
wide, has no numbers: the tools that need some are left out there, and so are those that are not
installed.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import io
import logging
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import networks
import torch
from decoder import Decoder
from interleaved import Result, command_line, interleaved, ratio
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcount


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


MODELS: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "GoogLeNet": (lambda: archcount.load("googlenet").build(), "3x224x224"),
    "GoogLeNet by hand": (networks.GoogLeNet, "3x224x224"),
    "Inception-v3": (lambda: archcount.load("inception_v3").build(), "3x299x299"),
    "ResNet-152": (lambda: archcount.load("resnet").build(variant="152"), "3x224x224"),
    "ResNet-152 by hand": (lambda: networks.ResNet((3, 8, 36, 3)), "3x224x224"),
    "DenseNet-201 size": (densenet, "3x224x224"),
    "ViT-B/16 size": (VisionTransformer, "3x224x224"),
    "decoder 32x4096": (Decoder, "int64[1,512]"),
}
"""What makes a model, and what it is given."""


@dataclass(frozen=True)
class Subject:
    """What the tools are asked about.

    Attributes:
        model: a model with numbers, None where it is too large for that.
        meta: the same without.
        input: what it is given, as text.
    """

    model: nn.Module | None
    meta: nn.Module
    input: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a batch of one picture, or of one text."""
        if self.input.startswith("int64"):
            return tuple(map(int, self.input[6:-1].split(",")))
        return (1, *map(int, self.input.split("x")))

    def given(self, device: str) -> Tensor:
        """Return what the model is called with."""
        dtype = torch.int64 if self.input.startswith("int64") else torch.float32
        return torch.zeros(self.shape, dtype=dtype, device=device)


def _archcount(asked: Subject) -> object:
    return archcount.count(asked.model, input=asked.input).total.macs


def _archcount_meta(asked: Subject) -> object:
    return archcount.count(asked.meta, input=asked.input).total.macs


def _torchinfo(asked: Subject) -> object:
    import torchinfo

    return torchinfo.summary(asked.model, input_size=asked.shape, verbose=0).total_mult_adds


def _ptflops(asked: Subject) -> object:
    import ptflops

    return ptflops.get_model_complexity_info(
        asked.model, asked.shape[1:], print_per_layer_stat=False, as_strings=False, verbose=False
    )


def _calflops(asked: Subject) -> object:
    import calflops

    return calflops.calculate_flops(
        asked.model, input_shape=asked.shape, print_results=False, output_as_string=False
    )


def _flop_counter(asked: Subject) -> object:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        asked.model(asked.given("cpu"))
    return counter.get_total_flops()


def _flop_counter_meta(asked: Subject) -> object:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        asked.meta(asked.given("meta"))
    return counter.get_total_flops()


def _flop_counter_graph(asked: Subject) -> object:
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        asked.meta(asked.given("meta"))
    return counter.get_total_flops()


def _bare(asked: Subject) -> object:
    with torch.no_grad():
        return asked.meta(asked.given("meta"))


OURS, NUMBERS, FLOPS, GRAPH, BARE = (
    "archcount, meta",
    "archcount",
    "FlopCounterMode, meta",
    "FlopCounterMode, meta, with gradients",
    "bare pass, meta",
)
TOOLS: dict[str, tuple[str, Callable[[Subject], object]]] = {
    OURS: ("archcount", _archcount_meta),
    FLOPS: ("torch", _flop_counter_meta),
    GRAPH: ("torch", _flop_counter_graph),
    BARE: ("torch", _bare),
    NUMBERS: ("archcount", _archcount),
    "torchinfo": ("torchinfo", _torchinfo),
    "ptflops": ("ptflops", _ptflops),
    "calflops": ("calflops", _calflops),
    "FlopCounterMode": ("torch", _flop_counter),
}
WITHOUT_NUMBERS = (OURS, FLOPS, GRAPH, BARE)
"""The tools that are asked about a model on the meta device."""


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


def timed(rounds: int, only: Sequence[str] = ()) -> Iterator[tuple[str, dict[str, list[float]]]]:
    """Ask every tool about each model in turn; give the seconds of each round by tool.

    Args:
        rounds: how often each is asked, after once to warm up.
        only: the tools asked besides archcount; all where there is none.
    """
    tools = [tool for tool in importable() if not only or tool in (OURS, FLOPS, GRAPH, *only)]
    for name, (build, given) in MODELS.items():
        with torch.device("meta"):
            meta, other = build().eval(), build().eval()
        asked = tools
        own, shared = Subject(None, meta, given), Subject(None, other, given)
        if name.startswith("decoder"):
            asked = [tool for tool in tools if tool in WITHOUT_NUMBERS]
        elif set(tools) - set(WITHOUT_NUMBERS):
            model = build().eval()
            own = replace(own, model=model)
            # Some leave methods of theirs on a model.
            shared = replace(shared, model=copy.deepcopy(model))
        things = {
            tool: partial(_silently, TOOLS[tool][1], own if tool in (OURS, NUMBERS) else shared)
            for tool in asked
        }
        yield name, interleaved(things, rounds)


def _silently(ask: Callable[[Subject], object], asked: Subject) -> None:
    with silenced():
        ask(asked)


ASKED = {"ResNet-152": 0.6}
"""The most that archcount should take beside FlopCounterMode, where it is not 1."""


def measure(rounds: int) -> list[Result]:
    """Time counting."""
    return [each for name, times in timed(rounds) for each in _results(name, times, rounds)]


def _results(model: str, times: dict[str, list[float]], rounds: int) -> Iterator[Result]:
    for tool, spent in times.items():
        against = FLOPS if tool == OURS else OURS
        found = ratio(spent, times[against])
        most = ASKED.get(model, 1) if tool == OURS else None
        yield Result(
            part="counting",
            name=f"{model}: {tool}",
            seconds=statistics.median(spent),
            against=against,
            ratio=found,
            asked=f"at most {most:g}×" if most else "",
            met=found <= most if most else None,
            rounds=rounds,
        )


def main(rounds: int, only: list[str]) -> None:
    """Print a Markdown table, a line a model."""
    others: list[str] | None = None
    for name, times in timed(rounds, only):
        if others is None:
            others = [tool for tool in times if tool not in (OURS, FLOPS, GRAPH)]
            heads = ["model", OURS, f"beside {FLOPS}", f"beside {GRAPH}", *others]
            rule = " --: |" * (len(heads) - 1)
            sys.stdout.write(f"| {' | '.join(heads)} |\n| --- |{rule}\n")
        cells = [f"{1000 * statistics.median(times[OURS]):,.1f} ms"]
        cells += [f"**{ratio(times[OURS], times[other]):.2f}×**" for other in (FLOPS, GRAPH)]
        cells += [f"{ratio(times[it], times[OURS]):.2f}×" if it in times else "" for it in others]
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if "--json" in sys.argv:
        command_line(__doc__, measure)
    else:
        parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
        parser.add_argument("--rounds", type=int, default=5)
        parser.add_argument("--tool", action="append", default=[], help="besides archcount")
        arguments = parser.parse_args()
        main(arguments.rounds, arguments.tool)
