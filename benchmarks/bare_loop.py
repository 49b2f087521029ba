"""A plain loop, written by hand, to compare the benchmark with.

    python benchmarks/bare_loop.py TABLE VARIANT MODE BATCH

It warms up; then it reads numbers of iterations, one per line, and prints their times in
nanoseconds.
"""

from __future__ import annotations

import sys
import time

import torch

import archcount


def main(name: str, variant: str, mode: str, batch: int) -> None:
    """Run iterations as requested on standard input."""
    torch.manual_seed(0)
    table = archcount.load(name)
    model = table.build(variant=variant)
    x = torch.randn(batch, *table.input)
    y = torch.randint(1000, (batch,))

    def forward() -> None:
        with torch.inference_mode():
            model(x)

    def train() -> None:
        model.zero_grad()
        model.loss(model(x), y).backward()

    model.train(mode == "train")
    step = train if mode == "train" else forward
    for _ in range(10):
        step()
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter_ns()
            step()
            times.append(time.perf_counter_ns() - start)
        sys.stdout.write(" ".join(map(str, times)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
