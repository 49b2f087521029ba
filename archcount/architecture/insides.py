"""What blocks have inside: the names that they read, and how deep they are."""

from __future__ import annotations

from collections.abc import Mapping

from archcount.architecture.blocks import Block, BoundBlock, Reading


class Insides:
    """The names that blocks read of what is around them, and how deep they are.

    Each block is looked through once, in however many others it stands.
    """

    def __init__(self) -> None:
        self._found: dict[int, tuple[Block, Mapping[Reading, None]]] = {}
        self._depths: dict[int, tuple[Block, int]] = {}

    def free(self, block: Block) -> Mapping[Reading, None]:
        """Return what a block and those inside read, save names that are bound inside."""
        known = self._found.get(id(block))
        if known is None:
            found = dict.fromkeys(block.reads)
            bound = block.values if isinstance(block, BoundBlock) else ()
            for inner in block.inner:
                found |= {read: None for read in self.free(inner) if read[0] not in bound}
            known = self._found[id(block)] = (block, found)  # kept, so that its id stays its own
        return known[1]

    def depth(self, block: Block) -> int:
        """Return how many blocks are inside one another, the block itself among them."""
        known = self._depths.get(id(block))
        if known is None:
            inner = max(map(self.depth, block.inner), default=0)
            known = self._depths[id(block)] = (block, inner + 1)
        return known[1]
