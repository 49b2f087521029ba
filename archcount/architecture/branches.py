"""Nodes put together: one after another, or side by side with a shortcut around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archcount.architecture.arguments import blame
from archcount.architecture.blocks import JoinBlock, Shortcut
from archcount.architecture.context import Context
from archcount.architecture.nodes import JoinNode, LayerNode, Node, SequenceNode
from archcount.errors import InvalidTableError, InvalidValueError
from archcount.layers import JoinKind, Shape
from archcount.layers.by_word import FOLLOWERS
from archcount.layers.convolution import Conv
from archcount.printed import Patch

Steps = list[tuple[str, Node]]
"""Nodes with their names, one after another."""
Branches = tuple[tuple[str, Node], ...]
"""Nodes with their names, side by side."""


def in_sequence(steps: Steps, shape: Shape) -> Node:
    """Return one node of steps: the only one itself, or a sequence with distinct names."""
    if len(steps) == 1 and steps[0][0] != "block":
        return steps[0][1]
    output = steps[-1][1].output if steps else shape
    return SequenceNode(children=tuple(named(steps)), input=shape, output=output)


def named(steps: Steps) -> Iterator[tuple[str, Node]]:
    """Number the names that stand more than once: conv1, relu1, conv2, relu2, maxpool."""
    names = [name for name, _ in steps]
    if "block" not in names and len(set(names)) == len(names):
        yield from steps
        return
    totals = Counter(names)
    seen: Counter[str] = Counter()
    for name, node in steps:
        seen[name] += 1
        yield (f"{name}{seen[name]}" if totals[name] > 1 or name == "block" else name), node


def joined(
    block: JoinBlock, kind: JoinKind, branches: Branches, shape: Shape, context: Context
) -> JoinNode:
    """Join branches, and the block's shortcuts, which adapt to what the branches give.

    Raises:
        InvalidTableError: the branches do not fit one another, or a shortcut cannot adapt.
    """
    if not branches and len(block.branches) == 1:
        raise InvalidTableError.of(
            f"{context.scope.owner}: {kind.word} has no branch beside its shortcut",
            allowed="two branches or more",
            where=block.text.where,
        )
    try:
        target = kind.output([node.output for _, node in branches] or [shape])
    except InvalidValueError as error:
        where = blame(block, error.argument, context)
        raise InvalidTableError(error.at(where, context.scope.owner)) from None
    if kind.takes_shortcut:
        shortcuts = [item for item in block.branches if isinstance(item, Shortcut)]
        steps = [("shortcut", _shortcut(item, shape, target, context)) for item in shortcuts]
        branches = (*branches, *named(steps))
    return JoinNode(kind=kind, children=branches, input=shape, output=target)


def _shortcut(block: Shortcut, shape: Shape, target: Shape, context: Context) -> Node:
    """Return the identity, or the 1x1 projection that reaches the target shape."""
    if shape == target:
        return SequenceNode(children=(), input=shape, output=shape)
    fits = shape.spatial and not shape.tokens and len(shape.dims) == len(target.dims)
    kind = _projection(shape, target, context) if fits and not target.tokens else None
    if kind is None or kind.output(shape) != target:
        raise InvalidTableError.of(
            f"{context.scope.owner}: no 1x1 projection leads from {shape} to {target}",
            remedy="write the shortcut's layers out as a branch",
            where=block.where,
        )
    context.budget.spend(block.where)
    steps: Steps = [("conv", LayerNode(kind=kind, input=shape, output=target, origin=block))]
    if context.defaults.norm != "none":
        norm = FOLLOWERS["norm"][context.defaults.norm]
        after = norm(**context.defaults.shared(norm))
        steps.append((norm.word, LayerNode(kind=after, input=target, output=target)))
    return in_sequence(steps, shape)


def _projection(shape: Shape, target: Shape, context: Context) -> Conv:
    strides = tuple(
        -(-length // wanted) for length, wanted in zip(shape.spatial, target.spatial, strict=True)
    )
    return Conv(
        patch=Patch((1,) * len(strides), strides),
        width=target.channels,
        pad="valid",
        bias=bool(context.defaults.arguments.get("bias", True)),
    )
