"""The values of the options of `archcount bench`, read from text."""

from __future__ import annotations

import json
import re
from typing import Any

from archcount.errors import UsageError, quote

_UNITS = {"": 1.0, "G": 1e9, "T": 1e12, "P": 1e15}


def recordable(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments of a callable that a result file can hold.

    Raises:
        UsageError: it cannot hold one.
    """
    for name, value in arguments.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            raise UsageError.of(
                f"--arg {quote(name)} is no value that a result can be kept with",
                allowed="numbers, texts, true, false, None, and lists or dicts of them",
            ) from None
    return arguments


def words_of(text: str) -> list[str]:
    """Parse comma-separated words."""
    return [word.strip() for word in text.split(",") if word.strip()]


def numbers_of(option: str, text: str) -> list[int]:
    """Parse comma-separated whole numbers, or raise a UsageError."""
    found: list[Any] = words_of(text)
    if not found or not all(re.fullmatch("[0-9]{1,18}", word) for word in found):
        raise UsageError.of(
            f"{option} {quote(text)}", allowed="whole numbers, such as 32 or 1,32,128"
        )
    return [int(word) for word in found]


def read_rate(text: str) -> float:
    """Parse a rate such as `312T`, in operations per second, or raise a UsageError.

    >>> read_rate("312T"), read_rate("1.5e12")
    (312000000000000.0, 1500000000000.0)
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?(?:e[0-9]+)?)([GTP]?)", text.strip(), re.IGNORECASE)
    rate = float(found[1]) * _UNITS[found[2].upper()] if found else 0.0
    if not 0 < rate < float("inf"):
        raise UsageError.of(f"--peak {quote(text)}", allowed="FLOP/s, such as 312T, 1.5e12 or 900G")
    return rate


def read_share(option: str, text: str) -> float:
    """Parse a share such as `1%` or `0.01`, or raise a UsageError.

    >>> read_share("--precision", "1%"), read_share("--precision", "0.05")
    (0.01, 0.05)
    """
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(%?)", text.strip())
    if found is None:
        raise UsageError.of(f"{option} {quote(text)}", allowed="such as 1% or 0.01")
    return float(found[1]) / (100 if found[2] else 1)
