"""Whether `archcount bench` can be trusted, and whether built networks are fast.

    python benchmarks/bench_check.py [--seconds N] [--pairs N] [--no-compile]
    python benchmarks/bench_check.py --loops-only --device cuda --batch 128 --dtype bf16 decoder

First the benchmark's worker process is compared with a bare loop (bare_loop.py) in another: both
run blocks of iterations in turns, with the same model, threads, batch and allocator, in several
pairs of processes per model. Then the benchmark compares networks built from tables with the same
networks written by hand (networks.py). Medians and their ratios are printed as Markdown; those of
the loops are also appended to a file of JSON lines, each as it is known (`--append`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import StatisticsError, median

import numpy as np
from bare_loop import TOKENS

import archcount
from archcount.benchmark.devices import check_device
from archcount.benchmark.results import Measurement
from archcount.benchmark.sampling import block_length
from archcount.benchmark.settings import Configuration
from archcount.benchmark.statistics import clusters, interval_of_ratio
from archcount.benchmark.workers import ProcessWorker, WorkerError
from archcount.errors import ArchcountError

HERE = Path(__file__).parent
# With glibc's defaults processes differ by much more; with these they keep large blocks.
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": str(2**32), "MALLOC_TRIM_THRESHOLD_": str(2**33)}
LOOPS = {"googlenet": 1, "resnet@50": 1, "mobilenet_v1": 2}
"""Models and batches that are compared with a bare loop, where none are named."""
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


def configured(target: str, mode: str, batch: int, asked: argparse.Namespace) -> Configuration:
    """Say how the benchmark is to run a model: `decoder` is the small one of decoder.py."""
    decoder = {"target": f"{HERE / 'decoder.py'}:small", "inputs": (f"int64[{batch},{TOKENS}]",)}
    return Configuration(
        mode=mode,  # type: ignore[arg-type]
        batch=batch,
        device=check_device(asked.device),
        dtype=asked.dtype,
        channels_last=asked.channels_last,
        compile="default" if asked.compile else "",
        **(decoder if target == "decoder" else {"target": target}),  # type: ignore[arg-type]
    )


def loop_command(target: str, configuration: Configuration) -> list[str]:
    """Write the command of a bare loop for the same."""
    c = configuration
    command = [sys.executable, str(HERE / "bare_loop.py"), target, c.mode, f"{c.batch}"]
    command += ["--device", c.device, "--dtype", c.dtype]
    command += ["--channels-last"] if c.channels_last else []
    return command + (["--compile"] if c.compile else [])


def pair(target: str, configuration: Configuration, seconds: float) -> tuple[list, list]:  # type: ignore[type-arg]
    """Run one process of each kind, in turns; return the blocks of both."""
    worker = ProcessWorker(configuration)
    command = loop_command(target, configuration)
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


def loops(asked: argparse.Namespace) -> None:
    """Compare the benchmark with bare loops."""
    heads = ("model", "mode", "batch", "settings", "benchmark", "bare loop", "ratio")
    say(*heads, "99 % interval", "pairs")
    say("---", "---", "--:", "---", "--:", "--:", "--:", "--:", "---")
    targets = dict.fromkeys(asked.targets, 1) if asked.targets else LOOPS
    for target, batch in targets.items():
        for mode in ("forward", "train"):
            configuration = configured(target, mode, asked.batch or batch, asked)
            try:
                made = [pair(target, configuration, asked.seconds) for _ in range(asked.pairs)]
            except (ArchcountError, WorkerError, OSError, ValueError, StatisticsError) as error:
                say(target, mode, f"{configuration.batch}", configuration.settings, f"{error}")
                continue
            _compared(target, configuration, made, asked.append)


def _compared(target: str, configuration: Configuration, made: list, append: Path | None) -> None:  # type: ignore[type-arg]
    ours, theirs = ([_joined(one[side]) for one in made] for side in (0, 1))
    ends = interval_of_ratio(ours, theirs, confidence=0.99)
    middle = [float(np.median(np.concatenate(side))) for side in (ours, theirs)]
    each = [
        float(np.median(one) / np.median(other)) for one, other in zip(ours, theirs, strict=True)
    ]
    say(
        target,
        configuration.mode,
        f"{configuration.batch}",
        configuration.settings,
        *(f"{value / 1e6:.2f} ms" for value in middle),
        f"{median(each):.3f}",
        f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else "",
        ", ".join(f"{ratio:.3f}" for ratio in sorted(each)),
    )
    if append:
        found = {
            "target": target,
            "mode": configuration.mode,
            "batch": configuration.batch,
            "device": configuration.device,
            "settings": configuration.settings,
            "benchmark_ns": middle[0],
            "bare_loop_ns": middle[1],
            "ratios": each,
        }
        with append.open("a") as file:
            file.write(json.dumps(found) + "\n")


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
    parser.add_argument("targets", nargs="*", help="tables or `decoder`, to compare with a loop")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--pairs", type=int, default=8)
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--loops-only", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=0)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--append", type=Path, help="FILE.jsonl")
    asked = parser.parse_args()
    os.environ.update(ALLOCATOR)
    loops(asked)
    if not asked.loops_only:
        sys.stdout.write("\n")
        networks(6 * asked.seconds, compiled=not asked.no_compile)
