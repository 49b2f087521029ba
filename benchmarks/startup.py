"""How long commands take from the first to the last moment, beside what importing alone takes.

    python benchmarks/startup.py [--rounds N]

Each round runs every command once, in turn, each in a process of its own; given are medians, their
ratios to the floor of their kind, and the most memory that a process took.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

_LIGHT = "import typer, rich.console, rich.table, yaml; from pydantic import BaseModel"
_HEAVY = "import torch, fvcore.nn"
COMMAND = str(Path(sys.executable).with_name("archcount"))
CASES = {
    "floor, light": ([sys.executable, "-c", _LIGHT], ""),
    "--help": ([COMMAND, "--help"], "floor, light"),
    "list": ([COMMAND, "list"], "floor, light"),
    "table --engine formula --compare-paper": (
        [COMMAND, "table", "--engine", "formula", "--compare-paper"],
        "floor, light",
    ),
    "floor, torch and fvcore": ([sys.executable, "-c", _HEAVY], ""),
    "table --compare-paper": ([COMMAND, "table", "--compare-paper"], "floor, torch and fvcore"),
}


def timed(command: list[str]) -> tuple[float, int]:
    """Run a command; give its seconds and its most kilobytes."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    spent = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return spent, usage.ru_maxrss


def main(rounds: int) -> None:
    """Print a Markdown table."""
    times: dict[str, list[float]] = {name: [] for name in CASES}
    most = dict.fromkeys(CASES, 0)
    for number in range(rounds + 1):
        for name, (command, _) in CASES.items():
            spent, kilobytes = timed(command)
            most[name] = max(most[name], kilobytes)
            if number:  # the first round fills caches
                times[name].append(spent)
    middle = {name: statistics.median(spent) for name, spent in times.items()}
    sys.stdout.write(
        "| command | time | to its floor | memory at most |\n| --- | --: | --: | --: |\n"
    )
    for name, (_, floor) in CASES.items():
        ratio = f"{middle[name] / middle[floor]:.2f}×" if floor else ""
        memory = f"{most[name] / 1024:.0f} MiB"
        sys.stdout.write(f"| {name} | {1000 * middle[name]:.0f} ms | {ratio} | {memory} |\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    main(parser.parse_args().rounds)
