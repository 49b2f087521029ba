"""The hand-worked probes against every counter that can be imported: which answers are right.

    python benchmarks/peers.py [--format text|md]

Each tool is asked for the multiply-accumulates of one call (total, not per image) of a fresh
model; what it gives is reported as it is, also where it means to count more than products.
Tools that are not installed are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

import archcount

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from probes import PROBES, Probe

# The forward count, and the backward one where the tool has it; None where it gave no answer.
Answer = tuple[int | None, int | None]


@dataclass(frozen=True)
class Peer:
    """A tool: its name, what must be importable, how it is asked, whether it counts backward."""

    name: str
    module: str
    ask: Callable[[Probe], Any]
    backward: bool = False


class ByKeyword(nn.Module):
    """A model whose inputs come under one keyword, for a tool that calls with keywords alone."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, *, inputs: tuple[Any, ...]) -> Any:
        """Call the model."""
        return self.model(*inputs)


def fresh(probe: Probe) -> nn.Module:
    """Give a model that no tool has touched."""
    return copy.deepcopy(probe.build())


def _archcount(probe: Probe) -> tuple[int, int]:
    total = archcount.count(fresh(probe), input=probe.inputs(), device=probe.devices[0]).total
    return total.macs, total.backward_macs


def _flop_counter(probe: Probe) -> tuple[int, int]:
    model, inputs = fresh(probe), probe.inputs()
    with FlopCounterMode(display=False) as forward:
        given = model(*inputs)
    made = [item for item in tree_leaves(given) if isinstance(item, Tensor) and item.requires_grad]
    with FlopCounterMode(display=False) as backward:
        torch.autograd.backward([_real(item).sum() for item in made])
    return forward.get_total_flops() // 2, backward.get_total_flops() // 2


def _real(item: Tensor) -> Tensor:
    return item.abs() if item.is_complex() else item


def _torchinfo(probe: Probe) -> int:
    summary = importlib.import_module("torchinfo").summary
    return int(summary(fresh(probe), input_data=list(probe.inputs()), verbose=0).total_mult_adds)


def _ptflops(probe: Probe) -> int:
    # Given a batch, ptflops answers for one image of it; given keywords alone, for the call.
    macs, _ = importlib.import_module("ptflops").get_model_complexity_info(
        ByKeyword(fresh(probe)),
        (1,),
        as_strings=False,
        print_per_layer_stat=False,
        input_constructor=lambda _: {"inputs": probe.inputs()},
    )
    if macs is None:  # it prints what went wrong
        raise RuntimeError("ptflops gives no answer")
    return int(macs)


def _thop(probe: Probe) -> int:
    profile = importlib.import_module("thop").profile
    return int(profile(fresh(probe), inputs=probe.inputs(), verbose=False)[0])


def _calflops(probe: Probe) -> int:
    _, macs, _ = importlib.import_module("calflops").calculate_flops(
        fresh(probe),
        args=list(probe.inputs()),
        print_results=False,
        print_detailed=False,
        output_as_string=False,
    )
    return int(macs)


def _torchprofile(probe: Probe) -> int:
    profile = importlib.import_module("torchprofile").profile_macs
    return int(profile(fresh(probe), args=probe.inputs()))


def _fvcore(probe: Probe) -> int:
    analysis = importlib.import_module("fvcore.nn").FlopCountAnalysis
    return int(analysis(fresh(probe), probe.inputs()).total())


PEERS = (
    Peer("archcount", "archcount", _archcount, backward=True),
    Peer("FlopCounterMode", "torch.utils.flop_counter", _flop_counter, backward=True),
    Peer("fvcore", "fvcore", _fvcore),
    Peer("torchinfo", "torchinfo", _torchinfo),
    Peer("ptflops", "ptflops", _ptflops),
    Peer("thop", "thop", _thop),
    Peer("calflops", "calflops", _calflops),
    Peer("torchprofile", "torchprofile", _torchprofile),
)


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Let a tool print, warn and log nothing."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        logging.disable(logging.CRITICAL)
        try:
            yield
        finally:
            logging.disable(logging.NOTSET)


@contextlib.contextmanager
def unpatched() -> Iterator[None]:
    """Put torch's functions back: some tools replace them, and leave them so after an error."""
    places = (torch, torch.Tensor, nn.functional)
    before = [dict(vars(place)) for place in places]
    try:
        yield
    finally:
        for place, names in zip(places, before, strict=True):
            for name, value in names.items():
                if callable(value) and vars(place).get(name) is not value:
                    setattr(place, name, value)


def answer(peer: Peer, probe: Probe) -> Answer:
    """Ask a tool; an error is no answer."""
    torch.manual_seed(0)
    with silenced(), unpatched():
        try:
            given = peer.ask(probe)
        except Exception:
            return None, None
    return given if peer.backward else (given, None)


def importable() -> list[Peer]:
    """The tools that can be imported."""
    found = []
    for peer in PEERS:
        with silenced(), contextlib.suppress(Exception):
            importlib.import_module(peer.module)
            found.append(peer)
    return found


def verdict(given: int | None, true: int) -> str:
    """Say of an answer that it is right, or what it is instead."""
    if given is None:
        return "error"
    return "right" if given == true else f"{given:,}"


def matrix(peers: list[Peer]) -> tuple[list[str], list[list[str]]]:
    """Ask every tool about every probe.

    Returns:
        The headings and the lines, the last of which counts the right ones.
    """
    heads = ["probe", "forward", "backward"]
    for peer in peers:
        heads += [peer.name, f"{peer.name} backward"] if peer.backward else [peer.name]
    lines = []
    for probe in PROBES:
        line = [probe.name, f"{probe.forward:,}", f"{probe.backward:,}"]
        for peer in peers:
            forward, backward = answer(peer, probe)
            line.append(verdict(forward, probe.forward))
            if peer.backward:
                line.append(verdict(backward, probe.backward))
        lines.append(line)
    columns = list(zip(*lines, strict=True))[3:]
    right = [f"{column.count('right')}/{len(PROBES)}" for column in columns]
    return heads, [*lines, ["right", "", "", *right]]


def markdown(heads: list[str], lines: list[list[str]]) -> str:
    """Write a Markdown table, numbers to the right."""
    rule = ["---"] + ["--:"] * (len(heads) - 1)
    return "".join(f"| {' | '.join(line)} |\n" for line in (heads, rule, *lines))


def text(heads: list[str], lines: list[list[str]]) -> str:
    """Write a table for the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*heads[:1], box=box.SIMPLE_HEAD)
    for head in heads[1:]:
        table.add_column(head, justify="right")
    colours = {"right": "[green]right[/]", "error": "[red]error[/]"}
    for line in lines[:-1]:
        table.add_row(*line[:3], *(colours.get(cell, f"[red]{cell}[/]") for cell in line[3:]))
    table.add_section()
    table.add_row(*lines[-1], style="bold")
    console = Console(file=io.StringIO(), width=240, force_terminal=sys.stdout.isatty())
    console.print(table)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()


def main() -> None:
    """Print the matrix."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--format", choices=("text", "md"), default="text")
    options = parser.parse_args()
    heads, lines = matrix(importable())
    write = markdown if options.format == "md" else text
    sys.stdout.write(write(heads, lines))


if __name__ == "__main__":
    main()
