"""What a comparison asks of the network that was counted, beside its rows."""

from __future__ import annotations

from typing import Protocol

from archcount.engines.records import Part


class Measured(Protocol):
    """A network whose parts can be counted; `archcount.engines.parts` is one."""

    def whole(self, *, heads: bool = False) -> Part:
        """Count the whole network, with or without its auxiliary classifiers."""

    def backward_macs(self, *, heads: bool = False) -> int:
        """Count the multiply-accumulates of the backward pass for one image."""

    def at(self, path: str) -> Part:
        """Count the part at the path of a row or a module."""

    def like(self, word: str, kernel: tuple[int, int] | None) -> Part:
        """Count every layer of a kind, and of a kernel where one is given."""
