"""Tied weights: kernels that are the vectors of an embedding, and numbers of another attention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from archcount.architecture.architecture import ExpandedRow
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.nodes import LayerNode, Node
from archcount.errors import InvalidValueError, Problem, quote
from archcount.layers import LayerKind
from archcount.layers.attention import Attention
from archcount.layers.linear import Linear
from archcount.layers.sequences import Embedding

TIED = (Linear, Embedding, Attention)
"""The kinds that may have the weights of an embedding, or the numbers of another attention."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A layer that is tied to another.

    Attributes:
        path: the path of its module.
        source: the path of the other's module.
        name: the name of the parameter that they share.
    """

    path: str
    source: str
    name: str


def ties(rows: Sequence[ExpandedRow]) -> Iterator[Tie]:
    """Yield the ties between layers of these rows.

    Raises:
        InvalidValueError: a layer is tied to a row without an embedding that fits.
    """
    for number, row in enumerate(rows):
        for path, layer in _layers(row.id, row.node, _is_tied):
            if isinstance(layer.kind, TIED):
                name = "relative" if isinstance(layer.kind, Attention) else "weight"
                yield Tie(path, _source(layer.kind, layer, rows[:number]), name)


def broken_ties(rows: Sequence[ExpandedRow]) -> Iterator[Problem]:
    """Yield a problem for each row whose ties do not fit, at its place of the file."""
    for number, row in enumerate(rows):
        for _, layer in _layers(row.id, row.node, _is_tied):
            if isinstance(layer.kind, TIED):
                try:
                    _source(layer.kind, layer, rows[:number])
                except InvalidValueError as error:
                    origin = layer.origin
                    assert isinstance(origin, LayerBlock), "a tie is written"
                    where = next(
                        bound.text.where
                        for bound in origin.arguments
                        if bound.argument.name == "tied"
                    )
                    yield error.at(where, f"row {row.id}: {origin.text.text}")


def _source(
    kind: Linear | Embedding | Attention, layer: LayerNode, before: Sequence[ExpandedRow]
) -> str:
    """Return the path of the layer that a layer is tied to."""
    names = {row.id: row.node for row in before}
    if kind.tied not in names:
        raise InvalidValueError(
            f"tied to {quote(kind.tied)}, which is no row before it",
            allowed=", ".join(names) or "a row that stands before it",
        )
    of_attention = isinstance(kind, Attention)
    what = "attention" if of_attention else "embedding"
    several = "attentions with buckets" if of_attention else "embeddings"
    is_source = _has_buckets if of_attention else _is_embedding
    found = [*_layers(kind.tied, names[kind.tied], is_source)]
    if len(found) != 1:
        raise InvalidValueError(
            f"tied to row {kind.tied}, which has {len(found)} {several}",
            allowed=f"a row with one {what}",
        )
    path, other = found[0]
    size, sizes = _size(kind, layer), _size(other.kind, other)
    if size != sizes:
        names_of = "buckets and heads" if of_attention else "vocabulary and width"
        raise InvalidValueError(
            f"tied weights of {size[0]}x{size[1]}, "
            f"and the {what} of row {kind.tied} has {sizes[0]}x{sizes[1]}",
            remedy=f"give both the same {names_of}",
        )
    return path


def _is_tied(kind: LayerKind) -> bool:
    return isinstance(kind, TIED) and bool(kind.tied)


def _is_embedding(kind: LayerKind) -> bool:
    return isinstance(kind, Embedding)


def _has_buckets(kind: LayerKind) -> bool:
    return isinstance(kind, Attention) and bool(kind.buckets) and not kind.tied


def _size(kind: LayerKind, layer: LayerNode) -> tuple[int, int]:
    """Return the size of what a layer shares, as of an embedding: vocabulary and width."""
    match kind:
        case Attention():
            return kind.buckets, kind.heads
        case Embedding():
            return layer.input.vocabulary, kind.width
        case _:
            return layer.output.channels, layer.input.channels


def _layers(
    path: str, node: Node, is_meant: Callable[[LayerKind], bool]
) -> Iterator[tuple[str, LayerNode]]:
    """Yield the layers of some kinds with their paths; what has none of them is not walked."""
    if not any(map(is_meant, node.kinds)):
        return
    if isinstance(node, LayerNode):
        yield path, node
    for name, child in node.children:
        yield from _layers(f"{path}.{name}", child, is_meant)
