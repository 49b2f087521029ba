"""A plain loop, written by hand, to compare the benchmark with.

    python benchmarks/bare_loop.py TARGET MODE BATCH [--device cuda] [--dtype bf16] ...

TARGET is a table (`name@variant` for a variant), or `decoder` for the small one of decoder.py on
128 tokens a text. The loop warms up; then it reads numbers of iterations, one per line, and prints
their times in nanoseconds: by the clock on the CPU, by events of the device elsewhere.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from decoder import small
from torch import Tensor

import archcount

TOKENS = 128
DTYPES = {"float32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def main(asked: argparse.Namespace) -> None:
    """Run iterations as requested on standard input."""
    step = iteration(asked)
    timed = by_clock if asked.device == "cpu" else by_events
    for _ in range(10):
        step()
    for line in sys.stdin:
        times = timed(step, int(line), asked.device)
        sys.stdout.write(" ".join(map(str, times)) + "\n")
        sys.stdout.flush()


def iteration(asked: argparse.Namespace) -> Callable[[], None]:
    """Build the model and what it is given; return one iteration."""
    torch.manual_seed(0)
    dtype = DTYPES[asked.dtype]
    if asked.target == "decoder":
        model = small()
        x = torch.zeros(asked.batch, TOKENS, dtype=torch.int64, device=asked.device)
        none = torch.zeros(())

        def loss(given: Tensor) -> Tensor:
            nonlocal none
            none = none if none.shape == given.shape else torch.zeros_like(given.detach())
            return F.mse_loss(given, none)

    else:
        name, _, variant = asked.target.partition("@")
        table = archcount.load(name)
        model = network = table.build(variant=variant)
        x = torch.randn(asked.batch, *table.input).to(asked.device, dtype)
        y = torch.randint(1000, (asked.batch,)).to(asked.device)

        def loss(given: Tensor) -> Tensor:
            return network.loss(given, y)

    model = model.to(asked.device, dtype)
    if asked.channels_last:
        model = model.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    model.train(asked.mode == "train")
    called = torch.compile(model) if asked.compile else model

    def forward() -> None:
        with torch.inference_mode():
            called(x)

    def train() -> None:
        model.zero_grad()
        loss(called(x)).backward()

    return train if asked.mode == "train" else forward


def by_clock(step: Callable[[], None], iterations: int, device: str) -> list[int]:
    """Time iterations by the monotonic clock."""
    times = []
    for _ in range(iterations):
        start = time.perf_counter_ns()
        step()
        times.append(time.perf_counter_ns() - start)
    return times


def by_events(step: Callable[[], None], iterations: int, device: str) -> list[int]:
    """Time iterations by events that the device records between them."""
    events = [torch.Event(device, enable_timing=True) for _ in range(iterations + 1)]
    torch.accelerator.synchronize()
    events[0].record()
    for event in events[1:]:
        step()
        event.record()
    torch.accelerator.synchronize()
    return [round(1e6 * before.elapsed_time(after)) for before, after in pairwise(events)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target")
    parser.add_argument("mode", choices=("forward", "train"))
    parser.add_argument("batch", type=int)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=DTYPES, default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    main(parser.parse_args())
