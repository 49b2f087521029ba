"""Blocks as a table file writes them: parsed once, located, not yet expanded for a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archcount.architecture.condition import Condition
from archcount.architecture.expression import Expression
from archcount.architecture.scope import Value
from archcount.errors import Location
from archcount.layers import Argument, JoinKind, LayerKind
from archcount.printed import Patch


@dataclass(frozen=True, slots=True)
class LocatedText:
    """A piece of the file's text and its place; `offset` columns count on one line."""

    text: str
    where: Location

    def part(self, start: int, stop: int) -> LocatedText:
        """Return the characters from `start` to `stop` with their own place."""
        place = Location(self.where.file, self.where.line, self.where.column + start)
        return LocatedText(self.text[start:stop], place)


def _names(*parts: Expression) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for part in parts for name in part.names))


@dataclass(frozen=True, slots=True)
class PatchText:
    """A patch made of names: "kxk/s", "1x3x3/1xsxs"; "k/s", whose one side may be a patch."""

    kernel: tuple[Expression, ...]
    stride: tuple[Expression, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it reads, each once."""
        return _names(*self.kernel, *self.stride)

    @property
    def is_stride_of(self) -> tuple[str, ...]:
        """The names that its stride alone reads."""
        sides = _names(*self.kernel)
        return tuple(name for name in _names(*self.stride) if name not in sides)


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a block is given for one of its arguments, to be worked out where it is named."""

    value: Expression | PatchText
    text: LocatedText

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its value reads."""
        return self.value.names


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundArgument:
    """An argument and what the file writes for it: a value, or something to work out per row."""

    argument: Argument
    value: Expression | Patch | PatchText | Any
    text: LocatedText

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its value reads."""
        return self.value.names if isinstance(self.value, Expression | PatchText) else ()


Reading = tuple[str, LocatedText]
"""A name that is read, and the text that reads it."""


class _Block:
    """What blocks share: the blocks inside, and the names that a block reads itself."""

    __slots__ = ()

    @property
    def inner(self) -> tuple[Block, ...]:
        """The blocks that it is made of."""
        return ()

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that its own text reads, those of the blocks inside left out."""
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names alone."""
        return tuple(name for name, _ in self.reads)

    def parts(self) -> Iterator[Block]:
        """Yield the block and every block inside it, each once however often it stands there."""
        seen: set[int] = set()
        waiting: list[_Block] = [self]
        while waiting:
            block = waiting.pop()
            if id(block) not in seen:
                seen.add(id(block))
                yield block  # type: ignore[misc]
                waiting += reversed(block.inner)


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerBlock(_Block):
    """One layer as written, "conv 3x3/2 64 bias=false"."""

    text: LocatedText
    kind: type[LayerKind]
    arguments: tuple[BoundArgument, ...]
    follow: Mapping[str, str | Given] = field(default_factory=dict)
    """What was written for `norm` and `act`: a word, or the name of a cell that holds one."""

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that its arguments read."""
        found = [(name, bound.text) for bound in self.arguments for name in bound.names]
        words = [item for item in self.follow.values() if isinstance(item, Given)]
        return (*found, *((name, item.text) for item in words for name in item.names))


@dataclass(frozen=True, slots=True)
class SequenceBlock(_Block):
    """Blocks one after another."""

    items: tuple[Block, ...]

    @property
    def inner(self) -> tuple[Block, ...]:
        """The items."""
        return self.items


@dataclass(frozen=True, slots=True)
class JoinBlock(_Block):
    """Branches on the same input, and how their outputs are joined.

    Attributes:
        text: the word of the join, and its place.
        branch_names: the names of the branches, where the file gives them some.
        arguments: what the file writes beside them.
    """

    kind: type[JoinKind]
    branches: tuple[Block, ...]
    text: LocatedText
    branch_names: tuple[str, ...] = ()
    arguments: tuple[BoundArgument, ...] = ()

    @property
    def inner(self) -> tuple[Block, ...]:
        """The branches."""
        return self.branches

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that its arguments read."""
        return tuple((name, bound.text) for bound in self.arguments for name in bound.names)


@dataclass(frozen=True, slots=True)
class Shortcut(_Block):
    """The identity in a join, or a 1x1 projection where the shapes differ.

    Attributes:
        is_projected: whether the file says that there are projections.
    """

    where: Location
    is_projected: bool = False


@dataclass(frozen=True, slots=True)
class RowBlock(_Block):
    """The output of an earlier row, `@enc4`, or of the one that a cell or an argument names."""

    name: str
    is_row: bool
    text: LocatedText

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The name of the cell or the argument."""
        return () if self.is_row else ((self.name, self.text),)


@dataclass(frozen=True, slots=True)
class RepeatBlock(_Block):
    """A block repeated a number of times."""

    times: Expression
    body: Block
    text: LocatedText

    @property
    def inner(self) -> tuple[Block, ...]:
        """The repeated block."""
        return (self.body,)

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that the number of repetitions reads."""
        return tuple((name, self.text) for name in self.times.names)


@dataclass(frozen=True, slots=True)
class WhenBlock(_Block):
    """A block that is there under a condition, and what is in its place elsewhere."""

    condition: Condition
    body: Block
    otherwise: Block | None
    text: LocatedText

    @property
    def inner(self) -> tuple[Block, ...]:
        """What may be there."""
        return (self.body,) if self.otherwise is None else (self.body, self.otherwise)

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that the condition reads."""
        return tuple((name, self.text) for name in self.condition.names)


@dataclass(frozen=True, slots=True)
class ExpertsBlock(_Block):
    """A number of equal blocks, of which each token takes some."""

    of: Expression
    active: Expression
    body: Block
    of_text: LocatedText
    active_text: LocatedText

    @property
    def inner(self) -> tuple[Block, ...]:
        """The block that each expert is."""
        return (self.body,)

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that the two numbers read."""
        numbers = ((self.of, self.of_text), (self.active, self.active_text))
        return tuple((name, text) for number, text in numbers for name in number.names)


@dataclass(frozen=True, slots=True)
class BoundBlock(_Block):
    """A block that reads its own input, and what the text that names it gives."""

    body: Block
    values: Mapping[str, Value | Given]

    @property
    def inner(self) -> tuple[Block, ...]:
        """The block itself."""
        return (self.body,)

    @property
    def reads(self) -> tuple[Reading, ...]:
        """The names that are read to work out its arguments."""
        given = [item for item in self.values.values() if isinstance(item, Given)]
        return tuple((name, item.text) for item in given for name in item.names)


Block = (
    BoundBlock
    | ExpertsBlock
    | JoinBlock
    | LayerBlock
    | RepeatBlock
    | RowBlock
    | SequenceBlock
    | Shortcut
    | WhenBlock
)
