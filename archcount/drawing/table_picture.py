"""The picture of a table's network: its rows, and what stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from archcount.architecture import Architecture, ExpandedRow, JoinNode, LayerNode, Node
from archcount.drawing.folding import folded, side_by_side
from archcount.drawing.picture import (
    Amount,
    Box,
    Branching,
    Chain,
    Group,
    Mark,
    Part,
    Picture,
    SideHead,
    Stream,
)
from archcount.drawing.words import (
    family_of,
    is_follower,
    join_label,
    label,
    shape_text,
    summary,
)
from archcount.layers.experts import Experts
from archcount.layers.row_output import RowOutput

DETAILS = ("rows", "blocks", "layers")
"""How much is drawn: a box a row; branches and blocks, a box a layer with what follows it; every
layer by itself."""


def table_picture(
    architecture: Architecture,
    *,
    detail: str = "blocks",
    marks: Mapping[str, Mark] = MappingProxyType({}),
    colour: str = "kind",
    title: str = "",
) -> Picture:
    """Return the picture of a table's network.

    Args:
        architecture: the network.
        detail: one of `DETAILS`.
        marks: what is said of rows, by their names; of heads by `heads.` and the row.
        colour: what the colours mean.
        title: of the picture; the table's name where it is empty.

    >>> from archcount.api.tables import load
    >>> picture = table_picture(load("googlenet").architecture(), detail="rows")
    >>> [part.path for part in picture.columns[0].body][:2]
    ['conv1', 'pool1']
    >>> sum(box.amount.params for box in picture.columns[0].body)
    6998552
    """
    read = _NodeReader(detail)
    columns: list[Stream] = []
    breaks: list[tuple[str, str]] = []
    body: list[Part] = []
    inputs = architecture.inputs
    first = next(iter(inputs), "")
    given = _input(first, shape_text(architecture.input))
    for row in architecture.rows:
        part = _marked(read.row(row), marks.get(row.id))
        if row.source in inputs:
            if body:
                columns.append(Stream(input=given, body=tuple(body)))
                body = []
            given = _input(row.source, shape_text(inputs[row.source]))
        elif row.source:
            breaks.append((part.path, row.source))
        body.append(part)
    columns.append(Stream(input=given, body=tuple(body)))
    name = f"{architecture.name}@{architecture.variant}"
    return Picture(
        title=title or (name if architecture.variant else architecture.name),
        description=_description(architecture),
        columns=tuple(columns),
        sides=tuple(
            SideHead(head.at, read.head(head.at, head.node, marks.get(f"heads.{head.at}")))
            for head in architecture.heads
        ),
        breaks=tuple(breaks),
        colour=colour,
    )


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


def _marked(part: Part, mark: Mark | None) -> Part:
    assert isinstance(part, Box | Group)
    return replace(part, mark=mark)


@dataclass(frozen=True, slots=True)
class _NodeReader:
    """Turns nodes into parts of a picture, in as much detail as is asked for."""

    detail: str

    def row(self, row: ExpandedRow) -> Part:
        """Return the box or the frame of a row."""
        return self._named(row.id, row.id, row.node, "row")

    def head(self, at: str, node: Node, mark: Mark | None) -> Group:
        """Return the frame of a head."""
        path = f"heads.{at}"
        body = self._chain(node, path) if self.detail != "rows" else (self._whole(path, "", node),)
        return Group(
            path=f"{path}#frame",
            title="auxiliary head",
            body=body,
            output=shape_text(node.output),
            family="head",
            mark=mark,
        )

    def _named(self, path: str, name: str, node: Node, family: str) -> Part:
        if self.detail == "rows":
            return self._whole(path, name, node)
        body = self._chain(node, path)
        only = body[0] if len(body) == 1 else None
        if isinstance(only, Box) and not only.reads:
            return replace(only, path=path, title=name, details=(only.title, *only.details))
        if isinstance(only, Group) and not only.title:
            return replace(only, path=path, title=name, family=family)
        if not body:
            return self._whole(path, name, node)
        output = shape_text(node.output)
        return Group(path=path, title=name, body=body, output=output, family=family)

    def _whole(self, path: str, name: str, node: Node) -> Box:
        """Return one box for all that a node holds."""
        layers = [*node.layers()]
        amount = Amount(
            sum(layer.kind.is_layer for layer in layers), node.params, node.cost.macs
        )  # fmt: skip
        costs = sorted(layers, key=lambda layer: (layer.cost.macs, layer.params))
        told = summary(layers)
        return Box(
            path=path,
            title=name or told,
            details=(told,) if name else (),
            family=family_of(costs[-1].kind.word) if costs else "other",
            amount=amount,
            output=shape_text(node.output),
        )

    def _chain(self, node: Node, path: str, *, runs: bool = True) -> Chain:
        match node:
            case LayerNode():
                box = self._layer(node, path, runs=runs)
                return () if box is None else (box,)
            case JoinNode():
                return (self._join(node, path, runs=runs),)
        return folded(self._units(node, path, runs=runs))

    def _units(self, node: Node, path: str, *, runs: bool) -> list[Chain]:
        """Return what a sequence consists of, a layer together with what follows it."""
        units: list[Chain] = []
        before: LayerNode | None = None
        for name, child in node.children:
            inner = self._chain(child, f"{path}.{name}", runs=runs)
            if units and self._joins(before, child):
                (last,), (own,) = units[-1], inner
                units[-1] = (_followed(last, own),)
                continue
            if inner:
                units.append(inner)
            before = child if isinstance(child, LayerNode) else None
        return units

    def _joins(self, before: LayerNode | None, node: Node) -> bool:
        """Whether a layer stands in the box of the one before it."""
        if self.detail != "blocks" or before is None or not isinstance(node, LayerNode):
            return False
        return is_follower(node) and not isinstance(before.kind, RowOutput)

    def _layer(self, node: LayerNode, path: str, *, runs: bool) -> Box | None:
        """Return the box of a layer; None for one that passes its input on."""
        if isinstance(node.kind, RowOutput):
            shape, row = shape_text(node.output), node.kind.row
            return Box(path=path, title=f"from {row}", family="copy", output=shape, reads=row)
        if node.kind.word == "identity":
            return None
        return Box(
            path=path,
            title=label(node.kind),
            family=family_of(node.kind.word),
            amount=Amount(1, node.params, node.cost.macs if runs else 0),
            output=shape_text(node.output),
        )

    def _join(self, node: JoinNode, path: str, *, runs: bool) -> Part:
        branches = [
            self._chain(child, f"{path}.{name}", runs=runs and node.runs(place))
            for place, (name, child) in enumerate(node.children)
        ]
        kind = node.kind
        title = join_label(kind, len(branches))
        own = node.own_cost().macs if runs else 0
        return _split(path, branches, title, family_of(getattr(kind, "word", "")), own,
                      shape_text(node.output), folds=isinstance(kind, Experts))  # fmt: skip


def _split(
    path: str,
    branches: list[Chain],
    title: str,
    family: str,
    macs: int,
    output: str,
    *,
    folds: bool,
) -> Part:
    join = Box(
        path=f"{path}.#join",
        title=title,
        family="join" if family == "other" else family,
        amount=Amount(macs=macs),
        output=output,
    )
    return Branching(path=path, branches=side_by_side(branches), join=join)


def _followed(box: Part, by: Part) -> Box:
    """Return a box with what follows the layer in a further line."""
    assert isinstance(box, Box)
    assert isinstance(by, Box)
    both = replace(box, amount=box.amount + by.amount, output=by.output)
    if box.family in ("norm", "act"):
        return replace(both, title=f"{box.title}, {by.title}")
    told = f"{box.details[-1]}, {by.title}" if box.details else by.title
    return replace(both, details=(told,))
