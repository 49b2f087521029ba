"""What blocks expanded to before, for rows that are expanded again with one change."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from archcount.architecture.blocks import (
    Block,
    BoundBlock,
    LayerBlock,
    RepeatBlock,
    Shortcut,
)
from archcount.architecture.scope import BLOCK_INPUT_NAMES
from archcount.errors import Location
from archcount.layers import Shape

if TYPE_CHECKING:
    from archcount.architecture.nodes import Node
    from archcount.architecture.resolve import Context


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a block depends on beside its input; it is kept, so that its id stays its own."""

    block: Block
    reads: tuple[str, ...]
    places: frozenset[Location]


class Memo:
    """What blocks expanded to before, by all that they depend on.

    It is of one table's blocks under one `layer:`, and knows blocks by their identity.

    Attributes:
        steps: the layers and joins of blocks, one after another, with how many they are.
        nodes: blocks as one node each, with how many layers they are.
    """

    def __init__(self) -> None:
        self.steps: dict[Hashable, tuple[list[tuple[str, Node]], int]] = {}
        self.nodes: dict[Hashable, tuple[Node, int]] = {}
        self._facts: dict[int, _Facts] = {}

    def __len__(self) -> int:
        """Say how many blocks are remembered."""
        return len(self.steps) + len(self.nodes)

    def key(self, block: Block, shape: Shape, context: Context) -> Hashable | None:
        """Name what a block expands to; None where the edit changes something in it."""
        facts = self._facts.get(id(block))
        if facts is None:
            facts = _Facts(block, tuple(dict.fromkeys(_reads(block))), frozenset(_places(block)))
            self._facts[id(block)] = facts
        if context.edit is not None and context.edit.where in facts.places:
            return None
        values = context.scope.values
        numbers = [getattr(values.get(name), "value", None) for name in facts.reads]
        start = context.start.dims if {*facts.reads} & {*BLOCK_INPUT_NAMES} else None
        return (id(block), shape.dims, start, context.repetition > 0, *numbers)


def _reads(block: Block) -> Iterator[str]:
    """Yield the names of the row that a block reads."""
    yield from block.names
    own: Collection[str] = ()
    if isinstance(block, BoundBlock | RepeatBlock):
        own = (*BLOCK_INPUT_NAMES, *(block.values if isinstance(block, BoundBlock) else ()))
    for inner in block.inner:
        yield from (name for name in _reads(inner) if name not in own)


def _places(block: Block) -> Iterator[Location]:
    """Yield the places of the file that an edit of a block may name."""
    for part in block.parts():
        if isinstance(part, LayerBlock | RepeatBlock):
            yield part.text.where
        elif isinstance(part, Shortcut):
            yield part.where
