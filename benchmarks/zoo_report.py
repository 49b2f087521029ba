"""What the surveys of zoos found, as Markdown: the tables of docs/zoo-coverage.md.

    python benchmarks/zoo_report.py torchvision.csv timm.csv transformers.csv

The files are those of timm_zoo.py and transformers_zoo.py; the versions those that are installed.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

Row = dict[str, str]

COLUMNS = """
architecture inputs device params_ok macs flopcounter_macs by_hand difference uncounted error
""".split()
"""The columns of a survey that are read here."""

WAYS: dict[str, Callable[[Row], bool]] = {
    "surveyed": lambda row: True,
    "run by FlopCounterMode": lambda row: bool(row["flopcounter_macs"]),
    "counted by archcount": lambda row: bool(row["macs"]),
    "params exact": lambda row: row["params_ok"] == "True",
    "MACs as FlopCounterMode": lambda row: row["difference"] == "0" and not row["by_hand"],
    "MACs with products by hand": lambda row: row["difference"] == "0" and bool(row["by_hand"]),
    "MACs that differ": lambda row: row["difference"] not in ("", "0"),
    "with something uncounted": lambda row: bool(row["uncounted"]),
    "counted on the CPU": lambda row: bool(row["macs"]) and row["device"] == "cpu",
    "a picture within the text": lambda row: (
        bool(row["macs"])
        and {"input_ids", "pixel_values"} <= set(re.findall(r"(\w+):", row["inputs"]))
    ),
}
"""The columns of the table, and what belongs to them."""

WHY_NOT = {
    r"has no class of its own": "a part of another model, without a class of its own",
    r"requires the (\w+) library": "needs a library that is not installed",
    r"missing the required .forward": "has no forward: it is used by other methods",
    r"inference_session": "is called with the session of a film",
    r"parameters": "no small configuration was found",
    r"took too long": "took too long",
    r"ended with": "ended its process",
}
"""Why a model was not run, by what its error says; others are of the configuration or the call."""


def read(file: Path) -> list[Row]:
    """Read the lines of a survey."""
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def table(heads: Sequence[str], lines: Iterable[Sequence[object]], right: int = 1) -> str:
    """Write a table, columns from `right` on aligned to the right."""
    rule = ["---" if number < right else "--:" for number in range(len(heads))]
    written = [heads, rule, *lines]
    return "".join("| " + " | ".join(map(str, each)) + " |\n" for each in written)


def measured(surveys: dict[str, list[Row]]) -> str:
    """Say when, and of which versions."""
    words = [f"{name} {version(name)}" for name in ("torch", *surveys)]
    return f"Measured on {date.today().isoformat()} with {', '.join(words)}.\n"


def counts(surveys: dict[str, list[Row]]) -> str:
    """Write how many of how many, a line a way and a column a library."""
    lines = [
        (way, *(f"{sum(map(belongs, rows)):,}" for rows in surveys.values()))
        for way, belongs in WAYS.items()
    ]
    return table(["models", *surveys], lines)


def by_hand(surveys: dict[str, list[Row]]) -> str:
    """Write which operators FlopCounterMode has no rule for, and in how many models they are."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for library, rows in surveys.items():
        for row in rows:
            for name in re.findall(r"([\w.]+) \d+", row["by_hand"]):
                found[name][library] += 1
    lines = [(f"`{name}`", *(each[library] for library in surveys)) for name, each in found.items()]
    return table(["operator", *surveys], sorted(lines))


def differing(surveys: dict[str, list[Row]]) -> str:
    """Write the models whose counts differ."""
    lines = [
        (row["architecture"], row["macs"], row["flopcounter_macs"], row["by_hand"])
        for rows in surveys.values()
        for row in rows
        if row["difference"] not in ("", "0")
    ]
    return table(["model", "archcount", "FlopCounterMode", "by hand"], lines)


def uncounted(surveys: dict[str, list[Row]]) -> str:
    """Write what archcount says that it did not count, and in which models."""
    found: dict[str, list[str]] = defaultdict(list)
    for rows in surveys.values():
        for row in rows:
            for name in filter(None, row["uncounted"].split("; ")):
                found[name].append(row["architecture"])
    lines = [(f"`{name}`", len(each), some(each)) for name, each in sorted(found.items())]
    return table(["uncounted", "models", "such as"], lines, right=3)


def left_out(surveys: dict[str, list[Row]]) -> str:
    """Write why models were not run, or not counted."""
    found: dict[str, list[str]] = defaultdict(list)
    for rows in surveys.values():
        for row in rows:
            if row["error"]:
                found[why(row["error"])].append(row["architecture"])
    lines = [(reason, len(each), some(each, 60)) for reason, each in sorted(found.items())]
    return table(["reason", "models", "which"], lines, right=3)


def why(error: str) -> str:
    """Say why a model was not run, or not counted.

    >>> why("build: ImportError: DinatModel requires the natten library but it was not found")
    'needs a library that is not installed'
    """
    if "count: " in error:
        return "archcount: " + error.partition("count: ")[2]
    for said, reason in WHY_NOT.items():
        if re.search(said, error):
            return reason
    return "no configuration or call was found that it accepts"


def some(names: Sequence[str], most: int = 4) -> str:
    """Write the first names."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


PARTS = {
    "How many of how many": (measured, counts),
    "Products by hand": (by_hand,),
    "Differences": (differing,),
    "Uncounted": (uncounted,),
    "Left out": (left_out,),
}
"""The headings, and what stands below them."""


def report(surveys: dict[str, list[Row]]) -> str:
    """Write all parts that have something to say."""
    written = []
    for heading, parts in PARTS.items():
        texts = [part(surveys) for part in parts]
        empty = len(texts[-1].splitlines()) == 2  # a table of no lines
        written.append(f"## {heading}\n\n" + ("None.\n" if empty else "\n".join(texts)))
    return "\n".join(written)


if __name__ == "__main__":
    sys.stdout.write(report({Path(file).stem: read(Path(file)) for file in sys.argv[1:]}))
