"""From a block and a row's numbers to frozen nodes with shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from archcount.architecture.blocks import (
    AddBlock,
    Block,
    BoundBlock,
    ConcatBlock,
    LayerBlock,
    LayerDefaults,
    PatchText,
    RepeatBlock,
    SequenceBlock,
    Shortcut,
)
from archcount.architecture.change import changed
from archcount.architecture.expression import Expression
from archcount.architecture.nodes import Add, Concat, Layer, Node, Sequence
from archcount.architecture.resolve import Budget, Context, Memo, blame, evaluate, resolve, whole
from archcount.architecture.scope import Scope
from archcount.edits import Edit
from archcount.errors import ArchcountError, InvalidTableError, InvalidValueError, Problem
from archcount.layers import BatchNorm, Conv, LayerKind, Relu, Shape
from archcount.printed import Patch

Steps = list[tuple[str, Node]]
_FOLLOWING: dict[str, type[LayerKind]] = {"batch": BatchNorm, "relu": Relu}


def expand(
    block: Block,
    shape: Shape,
    scope: Scope,
    defaults: LayerDefaults,
    budget: Budget,
    edit: Edit | None = None,
    memo: Memo | None = None,
) -> Node:
    """Expand a block for one row.

    Args:
        block: the block as parsed.
        shape: the input shape.
        scope: what the row's names mean.
        defaults: the table's `layer:` block.
        budget: the layers the table may still have.
        edit: a change to one layer or repetition of the block, for another reading of the row.
        memo: layers expanded before with the same defaults; new ones are added to it.

    Raises:
        InvalidTableError: a number does not fit, or shapes do not go together.
    """
    context = Context(scope=scope, defaults=defaults, budget=budget, edit=edit, memo=memo)
    return _join(_steps(block, shape, context), shape)


def _join(steps: Steps, shape: Shape) -> Node:
    """Make one node of steps: the only one itself, or a sequence with distinct names."""
    if len(steps) == 1 and steps[0][0] != "block":
        return steps[0][1]
    output = steps[-1][1].output if steps else shape
    return Sequence(children=tuple(_named(steps)), input=shape, output=output)


def _named(steps: Steps) -> Iterator[tuple[str, Node]]:
    """Number the names that stand more than once: conv1, relu1, conv2, relu2, maxpool."""
    totals = Counter(name for name, _ in steps)
    seen: Counter[str] = Counter()
    for name, node in steps:
        seen[name] += 1
        yield (f"{name}{seen[name]}" if totals[name] > 1 or name == "block" else name), node


def _steps(block: Block, shape: Shape, context: Context) -> Steps:
    match block:
        case LayerBlock():
            return _remembered(block, shape, context)
        case SequenceBlock(items):
            steps: Steps = []
            for item in _joined(items, context.edit):
                steps += _steps(item, steps[-1][1].output if steps else shape, context)
            return steps
        case ConcatBlock():
            return [("concat", _concat(block, shape, context))]
        case AddBlock():
            return [("add", _add(block, shape, context))]
        case RepeatBlock():
            return _repeat(block, shape, context)
        case BoundBlock(body, values):
            scope = replace(context.scope, values={**context.scope.values, **values})
            return _steps(body, shape, replace(context, scope=scope))
        case Shortcut(where):
            raise InvalidTableError(
                Problem(
                    what=f"{context.scope.owner}: shortcut stands outside an add",
                    remedy="write it as a branch of add:",
                    where=where,
                )
            )


def _joined(items: tuple[Block, ...], edit: Edit | None) -> tuple[Block, ...]:
    """Read a depthwise convolution and the one behind it as one, where the edit says so."""
    if edit is None or edit.kind != "joined":
        return items
    window = ("patch", "pad", "same", "dilation")
    for place, (item, after) in enumerate(pairwise(items)):
        if not isinstance(item, LayerBlock) or not isinstance(after, LayerBlock):
            continue
        if item.text.where == edit.where and after.kind is Conv:
            arguments = (
                *(bound for bound in item.arguments if bound.argument.name in window),
                *(bound for bound in after.arguments if bound.argument.name not in window),
            )
            return (*items[:place], replace(after, arguments=arguments), *items[place + 2 :])
    return items


def _remembered(block: LayerBlock, shape: Shape, context: Context) -> Steps:
    """Expand a layer, or give what it expanded to before with the same shape and numbers."""
    edit = context.edit
    if context.memo is None or (edit and (edit.kind == "joined" or edit.where == block.text.where)):
        return _layer(block, shape, context)
    numbers = tuple(
        context.scope.values.get(name)
        for bound in block.arguments
        if isinstance(bound.value, Expression | PatchText)
        for name in (
            bound.value.names if isinstance(bound.value, Expression) else bound.value.stride.names
        )
    )
    key = (block.text.where, shape.dims, context.repetition > 0, numbers)
    if key not in context.memo:
        context.memo[key] = _layer(block, shape, context)
    return list(context.memo[key])


def _layer(block: LayerBlock, shape: Shape, context: Context) -> Steps:
    numbers = _shared(block.kind, context.defaults)
    for bound in block.arguments:
        numbers[bound.argument.name] = resolve(bound, block, shape, context)
    steps: Steps = []
    for kind in _read(block.kind(**numbers), shape, block, context):
        steps.append(_place(kind, steps[-1][1].output if steps else shape, block, context))
        for follower in block.kind.follows:
            word = block.follow.get(follower) or _default_follower(block, follower, context)
            if word != "none":
                after = _FOLLOWING[word](**_shared(_FOLLOWING[word], context.defaults))
                steps.append(_place(after, steps[-1][1].output, block, context))
    return steps


def _shared(kind: type[LayerKind], defaults: LayerDefaults) -> dict[str, Any]:
    """Give what the table's `layer:` sets of a kind's arguments."""
    allowed = {item.name: item for item in kind.arguments() if item.shared}
    return {
        name: value
        for name, value in defaults.arguments.items()
        if name in allowed and (not allowed[name].choices or value in allowed[name].choices)
    }


def _read(kind: LayerKind, shape: Shape, block: LayerBlock, context: Context) -> list[LayerKind]:
    """Give the layer itself, or what the edit makes of it."""
    edit = context.edit_at(block.text.where)
    # A repeated block strides once; its other repetitions keep what they have.
    if edit is None or (edit.kind == "stride" and context.repetition):
        return [kind]
    try:
        return changed(kind, shape, edit)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.text.where, context.scope.owner)) from None


def _default_follower(block: LayerBlock, follower: str, context: Context) -> str:
    """Give the table's default for what follows a convolution; nothing follows a linear."""
    if "norm" not in block.kind.follows:
        return "none"
    return context.defaults.norm if follower == "norm" else context.defaults.act


def _place(kind: LayerKind, shape: Shape, block: LayerBlock, context: Context) -> tuple[str, Node]:
    """Put a layer on an input shape, or say at which place of the file it does not fit."""
    context.budget.spend(block.text.where)
    try:
        output = kind.output(shape)
        return kind.word, Layer(kind=kind, input=shape, output=output, origin=block)
    except InvalidValueError as error:
        where = blame(block, error.argument, context)
        where_text = f"{context.scope.owner}: {block.text.text}"
        raise InvalidTableError(error.at(where, where_text)) from None


def _branches(
    blocks: tuple[Block, ...], shape: Shape, context: Context
) -> tuple[tuple[str, Node], ...]:
    """Expand branches on one input, gathering the problems of all."""
    nodes: Steps = []
    problems: list[Problem] = []
    for number, block in enumerate(blocks, 1):
        try:
            nodes.append((f"branch{number}", _join(_steps(block, shape, context), shape)))
        except ArchcountError as error:
            problems += error.problems
    if problems:
        raise InvalidTableError(problems)
    return tuple(nodes)


def _concat(block: ConcatBlock, shape: Shape, context: Context) -> Concat:
    branches = _branches(block.branches, shape, context)
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


def _add(block: AddBlock, shape: Shape, context: Context) -> Add:
    others = tuple(item for item in block.branches if not isinstance(item, Shortcut))
    branches = _branches(others, shape, context)
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
    return Add(children=(*branches, *_named(steps)), input=shape, output=target)


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
        norm = BatchNorm(**_shared(BatchNorm, context.defaults))
        steps.append(("batchnorm", Layer(kind=norm, input=target, output=target)))
    return _join(steps, shape)


def _repeat(block: RepeatBlock, shape: Shape, context: Context) -> Steps:
    try:
        times = whole(evaluate(block.times, shape, context), "the number of repeats", least=0)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.text.where, context.scope.owner)) from None
    edit = context.edit_at(block.text.where)
    steps: Steps = []
    current = shape
    if edit is not None and edit.kind == "repeats":
        times = edit.to[0]
    for repetition in range(times):
        inner = replace(context, repetition=repetition)
        context.budget.spend(block.text.where)
        node = _join(_steps(block.body, current, inner), current)
        steps.append(("block", node))
        current = node.output
    return steps
