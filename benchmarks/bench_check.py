"""Whether `archcount bench` can be trusted, and whether built networks are fast.

    python benchmarks/bench_check.py [--seconds N] [--pairs N] [--no-compile]

First the benchmark's worker process is compared with a bare loop (bare_loop.py) in another: both
run blocks of iterations in turns, with the same model, threads, batch and allocator, in several
pairs of processes per model. Then the benchmark compares networks built from tables with the same
networks written by hand (networks.py). Medians and their ratios are printed as Markdown.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

import archcount
from archcount.benchmark.results import Measurement
from archcount.benchmark.sampling import block_length
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import clusters, interval_of_ratio
from archcount.benchmark.workers import ProcessWorker

HERE = Path(__file__).parent
# With glibc's defaults processes differ by much more; with these they keep large blocks.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
LOOPS = (("googlenet", "", 1), ("resnet", "50", 1), ("mobilenet_v1", "", 2))
NETWORKS = (
    ("googlenet", "googlenet", 1),
    ("inception_v3", "inception_v3", 2),
    ("resnet@50", "resnet50", 1),
)


def say(*cells: str) -> None:
    """Print a line of a table."""
    sys.stdout.write("| " + " | ".join(cells) + " |\n")
    sys.stdout.flush()


def bare(process: subprocess.Popen[str], iterations: int) -> list[int]:
    """Run iterations of the bare loop; return their nanoseconds."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{iterations}\n")
    process.stdin.flush()
    return [int(word) for word in process.stdout.readline().split()]


def pair(name: str, variant: str, mode: str, batch: int, seconds: float) -> tuple[list, list]:  # type: ignore[type-arg]
    """Run one process of each kind, in turns; return the blocks of both."""
    target = f"{name}@{variant}" if variant else name
    configuration = Configuration(target=target, mode=mode, batch=batch)  # type: ignore[arg-type]
    worker = ProcessWorker(configuration)
    command = [sys.executable, str(HERE / "bare_loop.py"), name, variant, mode, str(batch)]
    loop = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        bare(loop, 1)  # it is warm before the other begins: together both would be slow
        worker.ask("prepare", configuration=configuration)
        worker.ask("first_call")
        worker.ask("block", iterations=10)
        length = block_length(median(bare(loop, 5)))
        ours, theirs = [], []
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            ours.append(worker.ask("block", iterations=length, prime=1).samples_ns)
            theirs.append(bare(loop, length + 1)[1:])
        return ours, theirs
    finally:
        worker.close()
        loop.kill()
        loop.wait()


def loops(seconds: float, pairs: int) -> None:
    """Compare the benchmark with bare loops."""
    say("model", "mode", "batch", "benchmark", "bare loop", "ratio", "99 % interval", "pairs")
    say("---", "---", "--:", "--:", "--:", "--:", "--:", "---")
    for name, variant, batch in LOOPS:
        for mode in ("forward", "train"):
            made = [pair(name, variant, mode, batch, seconds) for _ in range(pairs)]
            ours, theirs = ([_joined(one[side]) for one in made] for side in (0, 1))
            ends = interval_of_ratio(ours, theirs, confidence=0.99)
            middle = [float(np.median(np.concatenate(side))) for side in (ours, theirs)]
            each = [
                np.median(one) / np.median(other) for one, other in zip(ours, theirs, strict=True)
            ]
            say(
                f"{name} {variant}".strip(),
                mode,
                f"{batch}",
                *(f"{value / 1e6:.2f} ms" for value in middle),
                f"{median(each):.3f}",
                f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else "",
                ", ".join(f"{ratio:.3f}" for ratio in sorted(each)),
            )


def _joined(blocks: list[list[int]]) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([sample for block in blocks for sample in block], dtype=float)


def networks(seconds: float, compiled: bool) -> None:
    """Compare built networks with those written by hand."""
    say("network", "mode", "run", "built", "by hand", "ratio", "99 % interval")
    say("---", "---", "---", "--:", "--:", "--:", "--:")
    for target, name, batch in NETWORKS:
        for compile_mode in ("", "default") if compiled else ("",):
            report = archcount.bench(
                [target, f"{HERE / 'networks.py'}:{name}"],
                batch=batch,
                input="3x299x299" if name == "inception_v3" else "3x224x224",
                compile=compile_mode,
                budget=seconds,
                precision=0.003,
                repeat=1 if compile_mode else 6,
                peak=1e12,
            )
            found = report.record.measurements
            for mode in ("forward", "train"):
                built, by_hand = (item for item in found if item.configuration.mode == mode)
                run = "compiled" if compile_mode else "eager"
                _row(target, mode, run, built, by_hand)


def _row(target: str, mode: str, how: str, built: Measurement, by_hand: Measurement) -> None:
    if built.statistics is None or by_hand.statistics is None:
        say(target, mode, how, built.problem or "", by_hand.problem or "", "", "")
        return
    ends = interval_of_ratio(clusters(built.blocks), clusters(by_hand.blocks), confidence=0.99)
    times = [item.statistics.median_ns / 1e6 for item in (built, by_hand) if item.statistics]
    interval = f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
    say(
        target,
        mode,
        how,
        *(f"{value:.2f} ms" for value in times),
        f"{times[0] / times[1]:.3f}",
        interval,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--no-compile", action="store_true")
    asked = parser.parse_args()
    os.environ.update(ALLOCATOR)
    loops(asked.seconds, asked.pairs)
    sys.stdout.write("\n")
    networks(6 * asked.seconds, compiled=not asked.no_compile)
