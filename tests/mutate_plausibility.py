"""What the prices of readings rest on: each constant changed by a fifth, and the tests that fail.

    python tests/mutate_plausibility.py

Every number in capitals of `archcount.comparison.plausibility` is changed by +20 % and by -20 %,
one at a time, and the pinned rankings of `test_plausibility` are held against what comes out.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from archcount.comparison import plausibility


def constants() -> Iterator[tuple[str, MutableMapping[str, Any], str]]:
    """Yield every constant: how it is called, what it stands in, and its key there."""
    for name, value in list(vars(plausibility).items()):
        if name.isupper() and isinstance(value, int | float):
            yield name, vars(plausibility), name
        elif name.isupper():
            yield from ((f"{name}[{key!r}]", value, key) for key in value)


def failing(checks: dict[str, Callable[[], None]]) -> tuple[str, ...]:
    """Return the names of the checks that fail."""
    found = []
    for name, check in checks.items():
        try:
            check()
        except AssertionError:
            found.append(name)
    return tuple(found)


def mutations(checks: dict[str, Callable[[], None]]) -> dict[tuple[str, float], tuple[str, ...]]:
    """Return the checks that fail for each constant and factor."""
    assert failing(checks) == (), "they hold as it stands"
    found = {}
    for name, owner, key in constants():
        old = owner[key]
        for factor in (1.2, 0.8):
            owner[key] = old * factor
            try:
                found[name, factor] = failing(checks)
            finally:
                owner[key] = old
    return found


def main() -> None:
    """Print which checks fail for each change; exit with 1 where none does."""
    from comparison import test_plausibility

    found = mutations(test_plausibility.CHECKS)
    for (name, factor), checks in found.items():
        told = ", ".join(checks) or "NOTHING FAILS"
        sys.stdout.write(f"{name:28} x {factor}: {told}\n")
    sys.exit(0 if all(found.values()) else 1)


if __name__ == "__main__":
    main()
