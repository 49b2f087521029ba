"""Tied weights: layers that have the vectors of an embedding for their kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcount.architecture.architecture import ExpandedRow
from archcount.architecture.blocks import LayerBlock
from archcount.architecture.nodes import LayerNode, Node
from archcount.errors import InvalidValueError, Problem, quote
from archcount.layers.linear import Linear
from archcount.layers.sequences import Embedding

TIED = (Linear, Embedding)
"""The kinds that may have the weights of an embedding."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A layer that is tied to an embedding.

    Attributes:
        path: the path of its module.
        source: the path of the embedding's module.
    """

    path: str
    source: str


def ties(rows: Sequence[ExpandedRow]) -> Iterator[Tie]:
    """Yield the ties between layers of these rows.

    Raises:
        InvalidValueError: a layer is tied to a row without an embedding that fits.
    """
    for number, row in enumerate(rows):
        for path, layer in _layers(row.id, row.node):
            if isinstance(layer.kind, TIED) and layer.kind.tied:
                yield Tie(path, _source(layer.kind, layer, rows[:number]))


def broken_ties(rows: Sequence[ExpandedRow]) -> Iterator[Problem]:
    """Yield a problem for each row whose ties do not fit, at its place of the file."""
    for number, row in enumerate(rows):
        for _, layer in _layers(row.id, row.node):
            if isinstance(layer.kind, TIED) and layer.kind.tied:
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


def _source(kind: Linear | Embedding, layer: LayerNode, before: Sequence[ExpandedRow]) -> str:
    """Return the path of the embedding that a layer is tied to."""
    names = {row.id: row.node for row in before}
    if kind.tied not in names:
        raise InvalidValueError(
            f"tied to {quote(kind.tied)}, which is no row before it",
            allowed=", ".join(names) or "a row that stands before it",
        )
    found = [
        (path, each)
        for path, each in _layers(kind.tied, names[kind.tied])
        if isinstance(each.kind, Embedding)
    ]
    if len(found) != 1:
        raise InvalidValueError(
            f"tied to row {kind.tied}, which has {len(found)} embeddings",
            allowed="a row with one embedding",
        )
    path, embedding = found[0]
    vocabulary, width = embedding.input.vocabulary, embedding.output.channels
    size = (kind.width, layer.input.channels)
    if isinstance(kind, Embedding):
        size = (layer.input.vocabulary, kind.width)
    if (vocabulary, width) != size:
        raise InvalidValueError(
            f"tied weights of {size[0]}x{size[1]}, "
            f"and the embedding of row {kind.tied} has {vocabulary}x{width}",
            remedy="give both the same vocabulary and width",
        )
    return path


def _layers(path: str, node: Node) -> Iterator[tuple[str, LayerNode]]:
    if isinstance(node, LayerNode):
        yield path, node
    for name, child in node.children:
        yield from _layers(f"{path}.{name}", child)
