"""The picture of a table's network: its rows, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from archcount.architecture import Architecture, JoinNode, LayerNode, Node
from archcount.drawing.colouring import coloured
from archcount.drawing.node_parts import NodeParts
from archcount.drawing.picture import Amount, Box, CrossLink, Mark, Part, Picture, SideHead, Stream
from archcount.drawing.words import shape_text
from archcount.layers.row_output import RowOutput


def table_picture(
    architecture: Architecture,
    *,
    detail: str = "blocks",
    colour: str = "kind",
    marks: Mapping[str, Mark] = MappingProxyType({}),
    title: str = "",
    note: str = "",
) -> Picture:
    """Return the picture of a table's network.

    Args:
        architecture: the network.
        detail: one of `DETAILS`.
        colour: what the colours mean, one of `COLOURS`.
        marks: the verdicts on rows, by their names, for `verdict`.
        title: of the picture; the table's name where it is empty.
        note: a line below it; params and MACs where it is empty.

    >>> from archcount.api.tables import load
    >>> picture = table_picture(load("googlenet").architecture(), detail="rows")
    >>> [part.path for part in picture.streams[0].body][:2]
    ['conv1', 'pool1']
    >>> sum(box.amount.params for box in picture.streams[0].body)
    6998552
    """
    parts = NodeParts(detail)
    name = f"{architecture.name}@{architecture.variant}"
    picture = Picture(
        title=title or (name if architecture.variant else architecture.name),
        note=note or f"{architecture.params:,} params, {architecture.cost.macs:,} MACs",
        description=_description(architecture),
        streams=tuple(_streams(architecture, parts)),
        sides=tuple(
            SideHead(head.at, parts.head(head.at, head.node)) for head in architecture.heads
        ),
        links=tuple(_links(architecture, is_whole=detail == "rows")),
        total=Amount(params=architecture.params, macs=architecture.cost.macs),
    )
    return coloured(picture, colour, marks)


def _streams(architecture: Architecture, parts: NodeParts) -> list[Stream]:
    """Return the rows; those that follow another input stand beside the others."""
    inputs = architecture.inputs
    given = _input(next(iter(inputs), ""), shape_text(architecture.input))
    streams: list[Stream] = []
    body: list[Part] = []
    for row in architecture.rows:
        if row.source in inputs:
            if body:
                streams.append(Stream(input=given, body=tuple(body)))
                body = []
            given = _input(row.source, shape_text(inputs[row.source]))
        body.append(parts.row(row.id, row.node))
    return [*streams, Stream(input=given, body=tuple(body))]


def _links(architecture: Architecture, *, is_whole: bool) -> list[CrossLink]:
    """Return what rows read of rows that are not the one before them.

    Where rows are drawn whole, that is also what their blocks read.
    """
    found = []
    for row in architecture.rows:
        first = _first(row.node)
        if row.source and row.source not in architecture.inputs:
            found.append(CrossLink(source=row.source, target=row.id, is_only=True))
        kinds = [layer.kind for layer in row.node.layers()] if is_whole else []
        read = dict.fromkeys(kind.row for kind in kinds if isinstance(kind, RowOutput))
        for other in read:
            is_only = isinstance(first, RowOutput) and first.row == other
            found.append(CrossLink(source=other, target=row.id, is_only=is_only))
    return found


def _first(node: Node) -> object:
    """Return the layer that a row begins with, where it begins with one."""
    while not isinstance(node, LayerNode):
        if not node.children or isinstance(node, JoinNode):
            return None
        node = node.children[0][1]
    return node.kind


def _input(name: str, shape: str) -> Box:
    title = f"input {name}".strip()
    return Box(path=f"#{title}", title=title, details=(shape,), family="input", output=shape)


def _description(architecture: Architecture) -> str:
    rows = architecture.rows
    heads = f", {len(architecture.heads)} auxiliary heads" if architecture.heads else ""
    return (
        f"{len(rows)} rows from {rows[0].id} to {rows[-1].id}{heads}; "
        f"{architecture.params:,} params, {architecture.cost.macs:,} multiply-accumulates; "
        f"input {architecture.input}, output {architecture.output}."
    )
