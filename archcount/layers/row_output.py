"""What an earlier row of a table gave, read again: a skip connection across rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from archcount.layers.kind import LayerKind
from archcount.layers.shape import Shape

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class RowOutput(LayerKind):
    """Another row's output, `@enc4`, whatever it is put on.

    >>> RowOutput(row="enc4", shape=Shape((512, 64, 64))).output(Shape((512, 32, 32))).dims
    (512, 64, 64)
    """

    word: ClassVar[str] = "row"
    is_layer: ClassVar[bool] = False
    is_written: ClassVar[bool] = False

    row: str
    shape: Shape

    def output(self, shape: Shape) -> Shape:
        """Return what the row gives."""
        return self.shape

    def module(self, shape: Shape) -> nn.Module:
        """Return the module that takes the output from those that are kept."""
        from archcount.layers.modules import KeptOutput as Module

        return Module(self.row)
