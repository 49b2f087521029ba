"""Timing things side by side: one of each a round, so that what disturbs one disturbs all."""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, kw_only=True)
class Result:
    """What was measured of one thing.

    Attributes:
        part: what of the suite it belongs to.
        name: the thing.
        seconds: the median; None where only memory was measured.
        against: what it is set against; empty for nothing.
        ratio: the median of its time over that one's time of the same round.
        asked: the most that the ratio, the seconds or the memory should be, in words.
        met: whether it is; None where nothing is asked.
        rounds: how often it was measured.
        mebibytes: the most memory of the process, where it is one of its own.
    """

    part: str
    name: str
    seconds: float | None = None
    against: str = ""
    ratio: float | None = None
    asked: str = ""
    met: bool | None = None
    rounds: int = 0
    mebibytes: float | None = None


def interleaved(
    things: Mapping[str, Callable[[], object]], rounds: int, warm: int = 1
) -> dict[str, list[float]]:
    """Do each thing once a round; give the seconds of all rounds but the first, which warm up.

    What one thing leaves for the garbage collector is collected before the next is timed.
    """
    times: dict[str, list[float]] = {name: [] for name in things}
    for number in range(rounds + warm):
        for name, thing in things.items():
            gc.collect()
            start = time.perf_counter()
            thing()
            spent = time.perf_counter() - start
            if number >= warm:
                times[name].append(spent)
    return times


def ratio(times: Sequence[float], against: Sequence[float]) -> float:
    """Give the median of the ratios of times of the same round."""
    return statistics.median(one / other for one, other in zip(times, against, strict=True))


def process(command: Sequence[str], peaks: list[float] | None = None) -> None:
    """Run a command to its end, silently; add the most memory that it took, in MiB, to `peaks`."""
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    run.returncode = os.waitstatus_to_exitcode(status)
    assert run.returncode == 0, command
    if peaks is not None:
        peaks.append(usage.ru_maxrss / 1024)


def command_line(about: str, measure: Callable[[int], list[Result]]) -> None:
    """Measure what a script measures, and write Markdown, or with --json what the suite reads."""
    parser = argparse.ArgumentParser(description=about.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true", help="for the suite")
    arguments = parser.parse_args()
    results = measure(arguments.rounds)
    if arguments.json:
        sys.stdout.write(json.dumps([asdict(result) for result in results]))
    else:
        sys.stdout.write(markdown(results))


def markdown(results: Iterable[Result]) -> str:
    """Write results as a Markdown table."""
    lines = [
        "| what | median | against | ratio | memory at most | asked | met |",
        "| --- | --: | --- | --: | --: | --- | --- |",
    ]
    for each in results:
        cells = (
            each.name,
            "" if each.seconds is None else written(each.seconds),
            each.against,
            "" if each.ratio is None else f"{each.ratio:.2f}×",
            "" if each.mebibytes is None else f"{each.mebibytes:,.0f} MiB",
            each.asked,
            "" if each.met is None else "yes" if each.met else "**no**",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def written(seconds: float) -> str:
    """Write a time in milliseconds, or in seconds from 10 on."""
    if seconds >= 10:
        return f"{seconds:.1f} s"
    return f"{1000 * seconds:,.1f} ms" if seconds < 0.1 else f"{1000 * seconds:,.0f} ms"
