"""The input as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.kind import ElementwiseKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Identity(ElementwiseKind):
    """The input as it is, never projected as a `shortcut` is: `add: [identity, conv 3x3 64]`."""

    word: ClassVar[str] = "identity"

    def module(self, shape: Shape) -> nn.Module:
        """Return `nn.Identity`."""
        from torch import nn

        return nn.Identity()
