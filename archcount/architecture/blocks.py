"""Blocks as a table file writes them: parsed once, located, not yet expanded for a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archcount.architecture.expression import Expression
from archcount.architecture.scope import Value
from archcount.errors import Location
from archcount.layers import Argument, LayerKind
from archcount.printed import Patch

ACTIVATIONS = ("none", "relu")
"""What `act` may be."""
NORMS = ("none", "batch")
"""What `norm` may be."""


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the file's text and its place; `offset` columns count on one line."""

    text: str
    where: Location

    def part(self, start: int, stop: int) -> Text:
        """Give the characters from `start` to `stop` with their own place."""
        place = Location(self.where.file, self.where.line, self.where.column + start)
        return Text(self.text[start:stop], place)


@dataclass(frozen=True, slots=True)
class PatchText:
    """A patch whose stride is an expression, "3x3/first(s)"."""

    kernel: tuple[int, int]
    stride: Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundArgument:
    """An argument and what the file writes for it: a value, or something to work out per row."""

    argument: Argument
    value: Expression | Patch | PatchText | Any
    text: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerBlock:
    """One layer as written, "conv 3x3/2 64 bias=false"."""

    text: Text
    kind: type[LayerKind]
    arguments: tuple[BoundArgument, ...]
    follow: Mapping[str, str] = field(default_factory=dict)
    """What was written for `norm` and `act`."""


@dataclass(frozen=True, slots=True)
class SequenceBlock:
    """Blocks one after another."""

    items: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class ConcatBlock:
    """Branches whose channels are concatenated."""

    branches: tuple[Block, ...]
    where: Location


@dataclass(frozen=True, slots=True)
class AddBlock:
    """Branches whose outputs are added."""

    branches: tuple[Block, ...]
    where: Location


@dataclass(frozen=True, slots=True)
class Shortcut:
    """The identity in an `add`, or a 1x1 projection where the shapes differ."""

    where: Location


@dataclass(frozen=True, slots=True)
class RepeatBlock:
    """A block repeated a number of times."""

    times: Expression
    body: Block
    text: Text


@dataclass(frozen=True, slots=True)
class BoundBlock:
    """A block with numbers of its own, read from the text that names it."""

    body: Block
    values: Mapping[str, Value]


Block = BoundBlock | LayerBlock | SequenceBlock | ConcatBlock | AddBlock | Shortcut | RepeatBlock


def inner_blocks(block: Block) -> tuple[Block, ...]:
    """Give the blocks that a block is made of."""
    match block:
        case SequenceBlock(items=inner) | ConcatBlock(branches=inner) | AddBlock(branches=inner):
            return inner
        case RepeatBlock(body=body) | BoundBlock(body=body):
            return (body,)
    return ()


def parts_of(block: Block) -> Iterator[Block]:
    """Yield a block and every block inside it."""
    yield block
    for inner in inner_blocks(block):
        yield from parts_of(inner)


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerDefaults:
    """The table's `layer:` block: defaults of the arguments that many layers share.

    Attributes:
        arguments: the shared arguments of layers, such as `pad` and `bias`, where given.
        norm: what follows a convolution, one of `NORMS`.
        act: what follows a convolution (after `norm`), one of `ACTIVATIONS`.
    """

    arguments: Mapping[str, Any] = field(default_factory=dict)
    norm: str = "none"
    act: str = "none"
    _shared: dict[type[LayerKind], Mapping[str, Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def shared(self, kind: type[LayerKind]) -> Mapping[str, Any]:
        """Give what it sets of a kind's arguments."""
        if kind not in self._shared:
            allowed = {item.name: item for item in kind.arguments() if item.shared}
            self._shared[kind] = {
                name: value
                for name, value in self.arguments.items()
                if name in allowed and (not allowed[name].choices or value in allowed[name].choices)
            }
        return self._shared[kind]
