"""The engines by name, each imported only when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from archcount.engines.counts import Count
from archcount.errors import UsageError, quote, suggestion

if TYPE_CHECKING:
    from archcount.architecture import Architecture


class Engine(Protocol):
    """One independent way to count: a module with a function `count`."""

    __name__: str

    def count(self, architecture: Architecture, *, heads: bool = False) -> Count:
        """Count every row of an architecture for one image."""


ENGINES = {
    "formula": "closed form from the architecture: exact, needs no torch",
    "fvcore": "fvcore's trace of the built module, its handles for convolution and linear",
    "torch": "the built module run on torch's meta device, every operation met at dispatch",
}
"""Every engine, with what it is."""


def choose(name: str) -> tuple[str, ...]:
    """Return the engines that a name asks for: that one, or `all`, and `formula` as the check.

    Raises:
        UsageError: there is no such engine.

    >>> choose("fvcore")
    ('fvcore', 'formula')
    """
    if name == "all":
        return (*(other for other in ENGINES if other != "formula"), "formula")
    if name not in ENGINES:
        allowed = (*ENGINES, "all")
        raise UsageError.of(
            f"unknown engine {quote(name)}",
            allowed=", ".join(allowed),
            remedy=suggestion(name, allowed),
        )
    return tuple(dict.fromkeys((name, "formula")))


def engine(name: str) -> Engine:
    """Import the engine of a name, one of `ENGINES`.

    >>> engine("formula").__name__
    'archcount.engines.formula'
    """
    return cast(Engine, import_module(f"archcount.engines.{name}"))
