"""Everything that is measured of speed and memory, in one go, kept with what it was measured on.

    python benchmarks/suite.py [--rounds N] [--only PART]... [--into FOLDER]

Whole commands beside what importing alone takes, the formula engine within a process, counting
beside the counters of the `peers` extra and beside a bare pass, and memory. Each part is one
interleaved run; results are written as JSON and Markdown, named after the day.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from interleaved import Result, markdown

PARTS = {
    "commands": ("startup.py", "Whole commands, each in a process of its own"),
    "formula": ("formula_engine.py", "The formula engine, within a process"),
    "counting": ("speed.py", "Counting models, beside other counters and a bare pass"),
    "memory": ("memory.py", "Memory, each in a process of its own"),
}
"""What is measured: the script, and what stands above its results.

Each script runs in a process of its own: what is started from one that holds torch would be said to
take as much memory as that.
"""
_PACKAGES = (
    "archcount", "torch", "fvcore", "numpy", "pandas", "pydantic", "PyYAML", "rich", "sympy",
    "typer", "torchinfo", "ptflops", "calflops",
)  # fmt: skip


def environment() -> dict[str, object]:
    """Say what it is measured on."""
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load before": round(os.getloadavg()[0], 2),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
    }


def measured(script: str, rounds: int) -> list[Result]:
    """Run one of the scripts."""
    path = Path(__file__).with_name(script)
    command = [sys.executable, str(path), "--json", "--rounds", str(rounds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return [Result(**record) for record in json.loads(done.stdout)]


def _commit() -> str:
    ask = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    done = subprocess.run(ask, capture_output=True, text=True)
    return done.stdout.strip()


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def written(found: dict[str, list[Result]], where: dict[str, object]) -> str:
    """Write everything as Markdown."""
    told = "; ".join(f"{name} {value}" for name, value in where.items() if name != "packages")
    packages = ", ".join(f"{name} {each}" for name, each in dict(where["packages"]).items())  # type: ignore[call-overload]
    lines = ["# Speed and memory", "", f"{told}. With {packages}.", ""]
    for part, results in found.items():
        rounds = max(result.rounds for result in results)
        told = f"Medians of {rounds} rounds." if rounds > 1 else "One run each."
        lines += [f"## {PARTS[part][1]}", "", told, "", markdown(results)]
    return "\n".join(lines)


def main(rounds: int, only: list[str], into: Path) -> int:
    """Measure, write, and say which demands are not met."""
    where = environment()
    found: dict[str, list[Result]] = {}
    for part, (script, heading) in PARTS.items():
        if not only or part in only:
            sys.stderr.write(f"{heading} ...\n")
            found[part] = measured(script, rounds)
    where["load after"] = round(os.getloadavg()[0], 2)
    text = written(found, where)
    into.mkdir(parents=True, exist_ok=True)
    name = str(where["date"])[:10] + ("" if not only else "-" + "-".join(only))
    records = [asdict(result) for results in found.values() for result in results]
    content = json.dumps({"environment": where, "results": records}, indent=2) + "\n"
    (into / f"{name}.json").write_text(content)
    (into / f"{name}.md").write_text(text)
    sys.stdout.write(text)
    missed = [
        result.name for results in found.values() for result in results if result.met is False
    ]
    if missed:
        sys.stderr.write(f"not as asked: {'; '.join(missed)}\n")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", action="append", choices=PARTS, default=[])
    parser.add_argument("--into", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    sys.exit(main(arguments.rounds, arguments.only, arguments.into))
