"""The table's `layer:` block: defaults of the arguments that many layers share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archcount.layers import LayerKind


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDefaults:
    """The table's `layer:` block: defaults of the arguments that many layers share.

    Attributes:
        arguments: the shared arguments of layers, such as `pad` and `bias`, where given.
        norm: what follows a convolution, `none` or a word of `FOLLOWERS`.
        act: what follows a convolution (after `norm`), likewise.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    norm: str = "none"
    act: str = "none"
    _shared: dict[type[LayerKind], Mapping[str, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def shared(self, kind: type[LayerKind]) -> Mapping[str, Any]:
        """Return what it sets of a kind's arguments."""
        if kind not in self._shared:
            allowed = {item.name: item for item in kind.arguments() if item.shared}
            self._shared[kind] = {
                name: value
                for name, value in self.arguments.items()
                if name in allowed and (not allowed[name].choices or value in allowed[name].choices)
            }
        return self._shared[kind]
