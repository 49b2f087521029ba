"""The engines by name, each imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from archcount.architecture import Architecture
from archcount.counting.records import Count
from archcount.errors import Problem, UsageError, quote, suggestion


class Engine(Protocol):
    """One independent way to count."""

    def count(self, architecture: Architecture, *, heads: bool = False) -> Count:
        """Count every row of an architecture for one image.

        Args:
            architecture: the expanded table.
            heads: count the auxiliary classifiers too.
        """


ENGINES = {
    "formula": "closed form from the architecture: exact, needs no torch",
    "fvcore": "fvcore's trace of the built module, its handles for convolution and linear",
}
"""Every engine, with what it is."""


def engine(name: str) -> Engine:
    """Give the engine of a name.

    Raises:
        UsageError: there is no such engine.

    >>> type(engine("formula")).__name__
    'module'
    """
    if name not in ENGINES:
        raise UsageError(
            Problem(
                what=f"unknown engine {quote(name)}",
                allowed=", ".join(ENGINES),
                remedy=suggestion(name, ENGINES),
            )
        )
    return cast(Engine, import_module(f"archcount.counting.{name}"))
