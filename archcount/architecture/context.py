"""What is the same for every layer of a row while it is expanded."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from archcount.architecture.blocks import (
    Block,
    BoundBlock,
    LayerBlock,
    RepeatBlock,
    RowBlock,
    Shortcut,
)
from archcount.architecture.layer_defaults import LayerDefaults
from archcount.architecture.scope import BLOCK_INPUT_NAMES, Scope
from archcount.edits import Edit
from archcount.errors import InvalidTableError, Location
from archcount.layers import Shape

MOST_LAYERS = 200_000
"""The most layers one table may expand to: far above any network, far below any bomb."""
T = TypeVar("T")


class Budget:
    """Counts the layers of one table while it expands, and stops at `MOST_LAYERS`."""

    def __init__(self) -> None:
        self.left = MOST_LAYERS

    def spend(self, where: Location) -> None:
        """Count one layer, or raise InvalidTableError if there are too many."""
        self.left -= 1
        if self.left < 0:
            raise InvalidTableError.of(
                "the table expands to too many layers",
                allowed=f"at most {MOST_LAYERS:,}",
                remedy="repeat fewer times",
                where=where,
            )


@dataclass(frozen=True, slots=True)
class _Dependencies:
    """What a block depends on beside its input; it is kept, so that its id stays its own."""

    block: Block
    names: frozenset[str]
    places: frozenset[Location]
    reads_rows: bool


class ExpansionCache:
    """What blocks expanded to, for rows that are expanded again with one change.

    It is of one table's blocks under one `layer:`, and knows blocks by their identity.
    """

    def __init__(self) -> None:
        self.expanded: dict[Hashable, tuple[object, int]] = {}
        self._dependencies: dict[int, _Dependencies] = {}

    def __len__(self) -> int:
        """Return the number of blocks in it."""
        return len(self.expanded)

    def dependencies(self, block: Block) -> _Dependencies:
        """Return the names that a block reads, and the places that an edit of it may name."""
        found = self._dependencies.get(id(block))
        if found is None:
            reads_rows = any(isinstance(part, RowBlock) for part in block.parts())
            places = frozenset(_places(block))
            found = _Dependencies(block, frozenset(_reads(block)), places, reads_rows)
            self._dependencies[id(block)] = found
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What is the same for every layer of a row: names, defaults, budget, repetition, edit.

    Attributes:
        start: the shape that the named or repeated block reads, or else the row.
        cache: what blocks expanded to before with the same defaults, or None.
    """

    scope: Scope
    start: Shape
    defaults: LayerDefaults
    budget: Budget
    repetition: int = 0
    edit: Edit | None = None
    cache: ExpansionCache | None = None

    def edit_at(self, where: Location) -> Edit | None:
        """Return the edit if it is to what stands at this place of the file."""
        return self.edit if self.edit is not None and self.edit.where == where else None

    def cached(self, block: Block, shape: Shape, expand: Callable[..., T]) -> T:
        """Call `expand(block, shape, context)`, or return what it returned for the same numbers."""
        key = self._key(block, shape)
        if self.cache is None or key is None:
            return expand(block, shape, self)
        found = self.cache.expanded.get((expand, key))
        if found is None or found[1] > self.budget.left:
            before = self.budget.left
            found = expand(block, shape, self), before - self.budget.left
            self.cache.expanded[expand, key] = found
        else:
            self.budget.left -= found[1]
        return found[0]  # type: ignore[return-value]

    def _key(self, block: Block, shape: Shape) -> Hashable | None:
        """Return what a block's expansion depends on; None where that is not known."""
        if self.cache is None:
            return None
        found = self.cache.dependencies(block)
        if found.reads_rows:
            return None
        if self.edit is not None and self.edit.where in found.places:
            return None
        numbers = [self.scope.known(name) for name in found.names]
        start = None if found.names.isdisjoint(BLOCK_INPUT_NAMES) else self.start
        return (id(block), shape, start, self.repetition > 0, *numbers)


def _reads(block: Block) -> Iterator[str]:
    """Yield the names that a block reads of its row, or of the block around it."""
    yield from block.names
    own = {*BLOCK_INPUT_NAMES} if isinstance(block, BoundBlock | RepeatBlock) else set()
    if isinstance(block, BoundBlock):
        own |= {*block.values}
    for inner in block.inner:
        yield from (name for name in _reads(inner) if name not in own)


def _places(block: Block) -> Iterator[Location]:
    """Yield the places of the file that an edit of a block may name."""
    for part in block.parts():
        if isinstance(part, LayerBlock | RepeatBlock):
            yield part.text.where
        elif isinstance(part, Shortcut):
            yield part.where
