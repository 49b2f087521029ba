"""Steps joined to one node: one after another, by their channels, or added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from archcount.architecture.blocks import AddBlock, ConcatBlock, Shortcut
from archcount.architecture.nodes import Add, Concat, Layer, Node, Sequence
from archcount.architecture.resolve import Context
from archcount.errors import InvalidTableError, Problem
from archcount.layers import BatchNorm, Conv, Shape
from archcount.printed import Patch

Steps = list[tuple[str, Node]]
"""Nodes with their names, one after another."""
Branches = tuple[tuple[str, Node], ...]
"""Nodes with their names, side by side."""


def join(steps: Steps, shape: Shape) -> Node:
    """Make one node of steps: the only one itself, or a sequence with distinct names."""
    if len(steps) == 1 and steps[0][0] != "block":
        return steps[0][1]
    output = steps[-1][1].output if steps else shape
    return Sequence(children=tuple(named(steps)), input=shape, output=output)


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


def concat(block: ConcatBlock, branches: Branches, shape: Shape, context: Context) -> Concat:
    """Join branches by their channels.

    Raises:
        InvalidTableError: their heights or widths differ.
    """
    shapes = [node.output for _, node in branches]
    if any(other.dims[1:] != shapes[0].dims[1:] for other in shapes):
        listed = ", ".join(str(other) for other in shapes)
        raise InvalidTableError(
            Problem(
                what=f"{context.scope.owner}: concat joins branches of unlike size: {listed}",
                allowed="equal height and width (channels x height x width above)",
                remedy="give the branches equal strides and padding",
                where=block.where,
            )
        )
    channels = sum(other.channels for other in shapes)
    output = Shape((channels, *shapes[0].dims[1:]))
    return Concat(children=branches, input=shape, output=output)


def add(block: AddBlock, branches: Branches, shape: Shape, context: Context) -> Add:
    """Add branches up, with the block's shortcuts.

    Raises:
        InvalidTableError: their shapes differ.
    """
    shapes = [node.output for _, node in branches]
    shortcuts = [item for item in block.branches if isinstance(item, Shortcut)]
    target = shapes[0] if shapes else shape
    if any(other != target for other in shapes):
        listed = ", ".join(str(other) for other in shapes)
        raise InvalidTableError(
            Problem(
                what=f"{context.scope.owner}: add joins branches of unlike shape: {listed}",
                allowed="equal channels, height and width",
                remedy="give the branches equal widths, strides and padding, "
                "or write shortcut for the branch that should adapt",
                where=block.where,
            )
        )
    steps = [("shortcut", _shortcut(item, shape, target, context)) for item in shortcuts]
    return Add(children=(*branches, *named(steps)), input=shape, output=target)


def _shortcut(block: Shortcut, shape: Shape, target: Shape, context: Context) -> Node:
    """Make the identity, or the 1x1 projection that reaches the target shape."""
    if shape == target:
        return Sequence(children=(), input=shape, output=shape)
    strides = tuple(
        -(-length // wanted) for length, wanted in zip(shape.spatial, target.spatial, strict=True)
    )
    kind = Conv(
        patch=Patch((1, 1), (strides[0], strides[1])),
        width=target.channels,
        pad="valid",
        bias=bool(context.defaults.arguments.get("bias", True)),
    )
    if not (shape.is_map and target.is_map) or kind.output(shape) != target:
        raise InvalidTableError(
            Problem(
                what=f"{context.scope.owner}: no 1x1 projection leads from {shape} to {target}",
                remedy="write the shortcut's layers out as a branch",
                where=block.where,
            )
        )
    context.budget.spend(block.where)
    steps: Steps = [("conv", Layer(kind=kind, input=shape, output=target, origin=block))]
    if context.defaults.norm == "batch":
        norm = BatchNorm(**context.defaults.shared(BatchNorm))
        steps.append(("batchnorm", Layer(kind=norm, input=target, output=target)))
    return join(steps, shape)
