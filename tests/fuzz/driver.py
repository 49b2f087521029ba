"""Fuzz a target, guided by coverage: python tests/fuzz/driver.py table --runs 1000 --seed 1.

What breaks it is written to tests/fuzz/found/TARGET/, where the tests try it again.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
LEAKY = ["archcount.benchmark.statistics"]
"""Modules that compare arrays: where atheris watches a comparison, it keeps the result for good."""
with atheris.instrument_imports(["archcount"], LEAKY, enable_loader_override=False):
    from fuzz.targets import FOUND, TARGETS, _words, mutated

    for each in TARGETS.values():  # much is imported when it is first used
        for seed in each.seeds():
            each.run(seed)

MOST_SECONDS = 6.0
"""The processor time of one input: three times the two seconds that it may take uninstrumented."""
MOST_MEMORY = 500
"""The memory of one input in MB, above what the process had before it."""


def main() -> None:
    """Fuzz until the time is over; exit 1 at the first fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, default=-1, help="stop after so many inputs")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    target, words = TARGETS[asked.target], (*TARGETS[asked.target].words, *_words())

    def run(data: bytes) -> None:
        if len(data) > 100_000:
            return
        before, had, most = time.process_time(), _memory(), _peak()
        target.run(data)
        spent, taken = time.process_time() - before, _peak() - had
        assert spent < MOST_SECONDS, f"{len(data)} bytes took {spent:.1f} s of processor time"
        is_more = _peak() > most  # else it was an earlier input that took so much
        assert not is_more or taken < MOST_MEMORY, f"{len(data)} bytes took {taken:.0f} MB"

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        changed = mutated(data, seed, words) if seed % 4 else atheris.Mutate(data, len(data) + 64)
        return changed[:most]

    with TemporaryDirectory() as folder:
        for number, seed in enumerate(target.seeds()):
            (Path(folder) / f"seed{number:03}").write_bytes(seed)
        found = FOUND / asked.target
        found.mkdir(parents=True, exist_ok=True)
        for file in found.iterdir():
            shutil.copy(file, folder)
        options = [f"-max_total_time={asked.seconds}", f"-runs={asked.runs}", f"-seed={asked.seed}"]
        options += [
            f"-artifact_prefix={found}/",
            "-rss_limit_mb=4096",
            "-timeout=60",
            "-max_len=100000",
        ]
        custom = {"custom_mutator": mutate} if asked.target == "table" else {}
        atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", folder], run, **custom)
        atheris.Fuzz()


def _memory() -> float:
    """Return the memory that the process has, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def _peak() -> float:
    """Return the most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
