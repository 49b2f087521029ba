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


AUTO = "auto"
"""The name that leaves the choice to `choose`."""
MOST_PARAMS = 250_000_000
MOST_MACS = 100_000_000_000
"""The largest network that is run with numbers where no engine is named: 1 GB of weights."""


def check_name(name: str) -> None:
    """Raise UsageError if a name asks for no engine."""
    allowed = (AUTO, *ENGINES, "all")
    if name not in allowed:
        raise UsageError.of(
            f"unknown engine {quote(name)}",
            allowed=", ".join(allowed),
            remedy=suggestion(name, allowed),
        )


def choose(name: str, network: Architecture) -> tuple[str, ...]:
    """Return the engines that a name asks for: that one, or `all`, and `formula` as the check.

    `auto` is fvcore, and torch for a network that is too large to be run with numbers. That is
    the network's matter alone, not the machine's.

    Raises:
        UsageError: there is no such engine.
    """
    check_name(name)
    if name == "all":
        return (*(other for other in ENGINES if other != "formula"), "formula")
    if name == AUTO:
        name = "torch" if is_large(network) else "fvcore"
    return tuple(dict.fromkeys((name, "formula")))


def is_large(network: Architecture) -> bool:
    """Return whether a network is run without numbers, unless an engine is named that has them."""
    return network.params > MOST_PARAMS or network.cost.macs > MOST_MACS


def engine(name: str) -> Engine:
    """Import the engine of a name, one of `ENGINES`.

    >>> engine("formula").__name__
    'archcount.engines.formula'
    """
    return cast(Engine, import_module(f"archcount.engines.{name}"))
