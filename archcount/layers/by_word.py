"""Every layer kind and every join, found in the modules of this package."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from archcount import layers
from archcount.layers.joins import JoinKind
from archcount.layers.kind import LayerKind

for _module in iter_modules(layers.__path__):
    if not _module.name.endswith(("modules", "by_word")):  # torch, and this one
        import_module(f"{layers.__name__}.{_module.name}")


def _by_word(base: type) -> dict[str, Any]:
    """Return the subclasses that have a word of their own, in alphabetical order."""

    def subclasses(kind: Any) -> Iterator[Any]:
        for inner in kind.__subclasses__():
            yield inner
            yield from subclasses(inner)

    found: dict[str, Any] = {}
    for kind in subclasses(base):
        if "word" in vars(kind) and getattr(kind, "is_written", True):
            for word in (kind.word, *vars(kind).get("aliases", ())):
                assert word not in found, f"{kind} and {found[word]} share the word {word}"
                found[word] = kind
    return dict(sorted(found.items()))


KINDS: Mapping[str, type[LayerKind]] = _by_word(LayerKind)
"""Every layer kind by the word that a table file writes for it."""
_JOINS = _by_word(JoinKind)
JOINS: Mapping[str, type[JoinKind]] = {
    word: kind for word, kind in _JOINS.items() if not kind.branch_names
}
"""Every join of a list of branches by the word that a table file writes for it."""
NAMED_JOINS: Mapping[str, type[JoinKind]] = {
    word: kind for word, kind in _JOINS.items() if kind.branch_names
}
"""Every join whose branches have names, likewise."""
FOLLOWERS: Mapping[str, Mapping[str, type[LayerKind]]] = {
    option: {
        each: kind
        for word, kind in KINDS.items()
        if kind.as_option and kind.as_option[0] == option
        for each in ((kind.as_option[1],) if word == kind.word else (word,))
    }
    for option in ("norm", "act")
}
"""What an option of a layer puts behind it, such as `act=relu`, by option and word."""
