"""The parts of a picture that the nodes of a table's network are drawn as."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archcount.architecture import JoinNode, LayerNode, Node
from archcount.drawing.folding import folded, side_by_side
from archcount.drawing.picture import Amount, Box, Branching, Chain, Group, Part
from archcount.drawing.words import (
    family_of,
    is_follower,
    join_label,
    label,
    shape_text,
    summary,
    with_follower,
)
from archcount.layers.experts import Experts
from archcount.layers.row_output import RowOutput

DETAILS = ("rows", "blocks", "layers")
"""How much is drawn: a box a row; branches and blocks, a box a layer with what follows it; every
layer by itself."""


@dataclass(frozen=True, slots=True)
class NodeParts:
    """Turns nodes into parts of a picture, in as much detail as is asked for, one of `DETAILS`."""

    detail: str

    def row(self, name: str, node: Node) -> Box | Group:
        """Return the box or the frame of a row."""
        if self.detail == "rows":
            return self._whole(name, name, node)
        body = self._chain(node, name)
        only = body[0] if len(body) == 1 else None
        if isinstance(only, Box) and not only.reads:
            return replace(only, path=name, title=name, details=(only.title, *only.details))
        if isinstance(only, Group) and not only.title:
            return replace(only, path=name, title=name, family="row")
        if not body:
            return self._whole(name, name, node)
        output = shape_text(node.output)
        return Group(path=name, title=name, body=body, output=output, family="row")

    def head(self, at: str, node: Node) -> Group:
        """Return the frame of the head at a row."""
        path = f"heads.{at}"
        whole = self.detail == "rows"
        return Group(
            path=path,
            title="auxiliary head",
            body=(self._whole(f"{path}#all", "", node),) if whole else self._chain(node, path),
            output=shape_text(node.output),
            family="head",
        )

    def _whole(self, path: str, name: str, node: Node) -> Box:
        """Return one box for all that a node holds."""
        layers = [*node.layers()]
        told = summary(layers)
        heaviest = max(layers, key=lambda layer: (layer.cost.macs, layer.params), default=None)
        return Box(
            path=path,
            title=name or told,
            details=(told,) if name else (),
            family="other" if heaviest is None else family_of(heaviest.kind.word),
            amount=Amount(
                sum(layer.kind.is_layer for layer in layers), node.params, node.cost.macs
            ),
            output=shape_text(node.output),
        )

    def _chain(self, node: Node, path: str, *, runs: bool = True) -> Chain:
        match node:
            case LayerNode():
                box = _layer(node, path, runs=runs)
                return () if box is None else (box,)
            case JoinNode():
                return (self._join(node, path, runs=runs),)
        return folded(self._units(node, path, runs=runs))

    def _units(self, node: Node, path: str, *, runs: bool) -> list[Chain]:
        """Return what a sequence consists of, a layer together with what follows it."""
        units: list[Chain] = []
        is_followed = False
        for name, child in node.children:
            inner = self._chain(child, f"{path}.{name}", runs=runs)
            if units and is_followed and isinstance(child, LayerNode) and is_follower(child):
                (last,), (own,) = units[-1], inner
                units[-1] = (_followed(last, own),)
                continue
            if inner:
                units.append(inner)
            is_row = isinstance(child, LayerNode) and isinstance(child.kind, RowOutput)
            is_one = isinstance(child, LayerNode | JoinNode) and bool(inner)
            is_followed = self.detail == "blocks" and is_one and not is_row
        return units

    def _join(self, node: JoinNode, path: str, *, runs: bool) -> Branching:
        kind = node.kind
        branches = [
            self._chain(child, f"{path}.{name}", runs=runs and node.runs(place))
            for place, (name, child) in enumerate(node.children)
        ]
        is_of_experts = isinstance(kind, Experts)
        names = ("router",) if is_of_experts else kind.branch_names and [*dict(node.children)]
        for place, name in enumerate(names):
            branches[place] = _named(name, branches[place])
        family = "join" if is_of_experts else family_of(kind.word)
        join = Box(
            path=f"{path}.#join",
            title=join_label(kind),
            family="join" if family == "other" else family,
            amount=Amount(macs=node.own_cost().macs if runs else 0),
            output=shape_text(node.output),
        )
        chains = side_by_side(branches, "experts") if is_of_experts else tuple(branches)
        return Branching(path=path, branches=chains, join=join)


def _layer(node: LayerNode, path: str, *, runs: bool) -> Box | None:
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


def _named(name: str, branch: Chain) -> Chain:
    """Return a branch whose first box says what the branch is called."""
    first = branch[0] if branch else None
    if not isinstance(first, Box):
        return branch
    return (replace(first, title=f"{name}: {first.title}"), *branch[1:])


def _followed(part: Part, by: Part) -> Part:
    """Return a box, or a join, with what follows it in the same box."""
    assert isinstance(by, Box)
    if isinstance(part, Branching):
        join = _followed(part.join, by)
        assert isinstance(join, Box)
        return replace(part, join=join)
    assert isinstance(part, Box)
    title, details = with_follower(part.title, part.details, part.family, by.title)
    amount = part.amount + by.amount
    return replace(part, title=title, details=details, amount=amount, output=by.output)
