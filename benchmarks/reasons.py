"""What the reasons cost: a comparison with them against one without, in one interleaved run.

    python benchmarks/reasons.py [TABLE] [--rounds N]

Loading and counting are done before; the formula engine counts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

import archcount as ac
from archcount.comparison import compare
from archcount.engines.network_parts import NetworkParts
from archcount.engines.recount import Recount


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Print medians and their ratio, and the dearest row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", default="googlenet")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    table = ac.load(options.table)
    network = table.variant(table.architecture().variant)
    report = ac.count(table, engine="formula")
    parts = NetworkParts(report.architecture)
    named = {claim.than.name: claim.than for claim in table.printed.claims if claim.than}
    references = {
        name: ac.count(ac.load(other.table), variant=other.variant, engine="formula").counts[0]
        for name, other in named.items()
        if other.table
    }

    def compared(only: tuple[str, ...] | None = None, *, reasons: bool = True) -> object:
        # A new one every time, so that nothing is remembered from the round before.
        recount = Recount(network) if reasons else None
        return compare(network.printed, report.counts[0], recount, references, only, parts=parts)

    bare, whole, rows = [], [], {row.id: [] for row in table.printed.rows}
    for _ in range(options.rounds):
        bare.append(seconds(lambda: compared(reasons=False)))
        whole.append(seconds(compared))
        for row, times in rows.items():
            times.append(seconds(lambda row=row: compared((row,))))
    dearest = max(rows, key=lambda row: statistics.median(rows[row]))
    ratio = statistics.median(w / b for w, b in zip(whole, bare, strict=True))
    sys.stdout.write(
        f"{table.name}, {options.rounds} rounds, medians\n"
        f"comparison without reasons: {statistics.median(bare) * 1000:.1f} ms\n"
        f"with the reasons of every row: {statistics.median(whole) * 1000:.0f} ms, "
        f"{ratio:.0f} times that\n"
        f"with those of {dearest} alone, the dearest row: "
        f"{statistics.median(rows[dearest]) * 1000:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
