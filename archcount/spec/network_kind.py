"""What kind of network a table file describes: its family, by the words of its layers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_FAMILIES = {
    "transformer": {"attention", "attend"},
    "recurrent": {"lstm", "gru", "rnn"},
    "state space": {"selective_scan"},
    # What looks at tokens one by one, or mixes their positions, and never attends.
    "mlp": {"tokens", "transpose"},
    "convolutional": {"conv", "dwconv", "sepconv", "sparse_conv", "upconv"},
}
"""The words that make a network one of a family; the first family that has one of its words."""


def network_kind(file: dict[str, Any]) -> str:
    """Return the family of the networks of a table file, as it stands.

    A network of linear layers alone is an `mlp`.

    >>> network_kind({"blocks": {"a": ["conv 16x16/16 768", "attention heads=12"]}})
    'transformer'
    """
    parts = [file.get(key) for key in ("table", "blocks", "network", "heads", "variants")]
    words = {word for text in _texts(parts) for word in re.findall(r"[a-z_]+", text)}
    return next((family for family, those in _FAMILIES.items() if words & those), "mlp")


def _texts(tree: Any) -> Iterator[str]:
    """Yield the texts and the keys of a tree, without the claims and notes of variants."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key not in ("claims", "errata", "readings", "notes", "source"):
                yield key
                yield from _texts(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from _texts(item)
    elif tree:
        yield tree
