"""Limits that a count must keep, such as `--max params=25M`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Annotated

import typer

from archcount.cli import complete
from archcount.cli.options import pairs_of
from archcount.engines.model_summary import ModelSummary
from archcount.errors import UsageError, quote, unknown_name

FIGURES = (
    "params macs flops backward_macs weight_bytes activation_bytes peak_bytes depth seconds".split()
)
"""What can be limited: the columns of a line that are numbers."""

Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--max",
        metavar="NAME=NUMBER",
        help="Exit 1 if a number is larger: params=25M, macs=4.1G, flops, peak_bytes=8MiB, "
        "activation_bytes, weight_bytes (may be repeated).",
        autocompletion=complete.words(*(f"{name}=" for name in FIGURES)),
    ),
]

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)(?:([KMGTP])(i?B)?|B)?")


def read_limits(texts: list[str] | None) -> dict[str, tuple[str, Fraction]]:
    """Read the limits, each as it is written and as a number.

    Raises:
        UsageError: there is no such figure, or it is no number.

    >>> read_limits(["macs=4.1G"])["macs"][1] == 4_100_000_000
    True
    """
    found = {}
    for name, text in pairs_of("--max", texts or []).items():
        if name not in FIGURES:
            raise unknown_name("--max of", name, FIGURES)
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise UsageError.of(f"--max {name}={quote(text)}", allowed="25M, 4.1G, 8MiB, 1000")
        number, unit, binary = written.groups()
        base = 1024 if binary == "iB" else 1000
        found[name] = (text, Fraction(number) * base ** (" KMGTP".index(unit or " ")))
    return found


def exceeded(
    lines: Iterable[ModelSummary], limits: Mapping[str, tuple[str, Fraction]]
) -> list[str]:
    """Return a message for each number that is over its limit.

    >>> exceeded([ModelSummary(model="net", params=1_200)], read_limits(["params=1K"]))
    ['net: params 1,200 is over --max params=1K']
    """
    return [
        f"{line.model}: {name} {value:,} is over --max {name}={text}"
        for line in lines
        for name, (text, most) in limits.items()
        if (value := getattr(line, name)) is not None and value > most
    ]
