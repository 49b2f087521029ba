"""How long commands take from the first to the last moment, beside what importing alone takes.

    python benchmarks/startup.py [--rounds N]

Each round runs every command once, in turn, each in a process of its own; given are medians, their
ratios to the floor of their kind, and the most memory that a process took. Bytecode is compiled
before, and each command is run once to warm up.
"""

from __future__ import annotations

import compileall
import statistics
import sys
from functools import partial
from pathlib import Path

from interleaved import Result, command_line, interleaved, process, ratio

import archcount

LIGHT, HEAVY = "floor: typer, rich, yaml, pydantic", "floor: torch, fvcore"
_LIGHT = "import typer, rich.console, rich.table, yaml; from pydantic import BaseModel"
_HEAVY = "import torch, fvcore.nn"
COMMAND = str(Path(sys.executable).with_name("archcount"))
FORMULA = [COMMAND, "table", "--engine", "formula", "--compare-paper"]
CASES: dict[str, tuple[list[str], str, float | None]] = {
    LIGHT: ([sys.executable, "-c", _LIGHT], "", None),
    "archcount --help": ([COMMAND, "--help"], LIGHT, 1.5),
    "archcount list": ([COMMAND, "list"], LIGHT, 1.5),
    "archcount list --totals": ([COMMAND, "list", "--totals"], LIGHT, None),
    "archcount table --engine formula --compare-paper": (FORMULA, LIGHT, 3.0),
    HEAVY: ([sys.executable, "-c", _HEAVY], "", None),
    "archcount table --compare-paper": ([COMMAND, "table", "--compare-paper"], HEAVY, 1.5),
}
"""Each command, what it is set against, and the most that the ratio should be."""


def measure(rounds: int) -> list[Result]:
    """Run the commands."""
    compileall.compile_dir(Path(archcount.__file__).parent, quiet=1)
    peaks: dict[str, list[float]] = {name: [] for name in CASES}
    things = {
        name: partial(process, command, peaks[name]) for name, (command, _, _) in CASES.items()
    }
    times = interleaved(things, rounds)
    results = []
    for name, (_, floor, most) in CASES.items():
        found = ratio(times[name], times[floor]) if floor else None
        results.append(
            Result(
                part="commands",
                name=name,
                seconds=statistics.median(times[name]),
                against=floor,
                ratio=found,
                asked=f"at most {most:g}×" if most else "",
                met=found <= most if found and most else None,
                rounds=rounds,
                mebibytes=max(peaks[name]),
            )
        )
    return results


if __name__ == "__main__":
    command_line(__doc__, measure)
