"""What is the same for every layer of a row while it is expanded."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from archcount.architecture.blocks import (
    Block,
    BoundBlock,
    LayerBlock,
    RepeatBlock,
    RowBlock,
    Shortcut,
)
from archcount.architecture.budget import Budget
from archcount.architecture.layer_defaults import LayerDefaults
from archcount.architecture.scope import BLOCK_INPUT_NAMES, Scope
from archcount.edits import Edit
from archcount.errors import Location
from archcount.layers import Shape

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Dependencies:
    """What a block depends on beside its input; it is kept, so that its id stays its own."""

    block: Block
    names: frozenset[str]
    places: frozenset[Location]
    reads_rows: bool


class _Expanded(NamedTuple):
    """What a block expanded to, how many layers that was, and the names that the row read."""

    result: object
    layers: int
    read: frozenset[str]


class ExpansionCache:
    """What blocks expanded to, for blocks that are repeated, or expanded again with one change.

    It is of one table's blocks under one `layer:`, and knows blocks by their identity.
    """

    def __init__(self) -> None:
        self.expanded: dict[Hashable, _Expanded] = {}
        self._dependencies: dict[int, _Dependencies] = {}

    def __len__(self) -> int:
        """Return the number of blocks in it."""
        return len(self.expanded)

    def dependencies(self, block: Block) -> _Dependencies:
        """Return the names that a block reads, and the places that an edit of it may name."""
        found = self._dependencies.get(id(block))
        if found is None:
            names, places = {*block.names}, {*_places(block)}
            reads_rows = isinstance(block, RowBlock)
            own = {*BLOCK_INPUT_NAMES} if isinstance(block, BoundBlock | RepeatBlock) else set()
            own |= {*block.values} if isinstance(block, BoundBlock) else set()
            for inner in map(self.dependencies, block.inner):
                names |= inner.names - own
                places |= inner.places
                reads_rows = reads_rows or inner.reads_rows
            found = _Dependencies(block, frozenset(names), frozenset(places), reads_rows)
            self._dependencies[id(block)] = found
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """What is the same for every layer of a row: names, defaults, budget, repetition, edit.

    Attributes:
        start: the shape that the named or repeated block reads, or else the row.
        cache: what blocks expanded to before with the same defaults.
    """

    scope: Scope
    start: Shape
    defaults: LayerDefaults
    budget: Budget
    cache: ExpansionCache
    repetition: int = 0
    edit: Edit | None = None

    def edit_at(self, where: Location) -> Edit | None:
        """Return the edit if it is to what stands at this place of the file."""
        return self.edit if self.edit is not None and self.edit.where == where else None

    def cached(self, block: Block, shape: Shape, expand: Callable[..., T]) -> T:
        """Call `expand(block, shape, context)`, or return what it returned for the same numbers."""
        key = self._key(block, shape)
        try:
            found = self.cache.expanded.get((expand, key)) if key else None
        except TypeError:  # symbolic numbers have no hash
            key = None
        if key is None:
            return expand(block, shape, self)
        if found is None or found.layers > self.budget.left:
            before, read = self.budget.left, set[str]()
            try:
                result = expand(block, shape, replace(self, scope=self.scope.noting(read)))
            finally:
                self.scope.read.update(read)
            found = _Expanded(result, before - self.budget.left, frozenset(read))
            self.cache.expanded[expand, key] = found
        else:
            self.budget.left -= found.layers
            self.scope.read.update(found.read)
        return found.result  # type: ignore[return-value]

    def _key(self, block: Block, shape: Shape) -> Hashable | None:
        """Return what a block's expansion depends on; None where that is not known."""
        found = self.cache.dependencies(block)
        if found.reads_rows:
            return None
        if self.edit is not None and self.edit.where in found.places:
            return None
        numbers = [self.scope.known(name) for name in found.names]
        start = None if found.names.isdisjoint(BLOCK_INPUT_NAMES) else self.start
        return (id(block), shape, start, self.repetition > 0, *numbers)


def _places(block: Block) -> Iterator[Location]:
    """Yield the place of the file that an edit of a block, without those inside, may name."""
    if isinstance(block, LayerBlock | RepeatBlock):
        yield block.text.where
    elif isinstance(block, Shortcut):
        yield block.where
