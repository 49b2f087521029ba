"""From a block and a row's numbers to frozen nodes with shapes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from archcount.architecture.blocks import (
    AddBlock,
    Block,
    BoundArgument,
    ConcatBlock,
    LayerBlock,
    LayerDefaults,
    PatchText,
    RepeatBlock,
    SequenceBlock,
    Shortcut,
)
from archcount.architecture.expression import Expression
from archcount.architecture.nodes import Add, Concat, Layer, Node, Sequence
from archcount.architecture.scope import INPUT_NAMES, Scope
from archcount.architecture.text import check_bounds
from archcount.errors import (
    ArchcountError,
    InvalidTableError,
    InvalidValueError,
    Location,
    Problem,
    quote,
)
from archcount.layers import ArgumentType, BatchNorm, Conv, LayerKind, Relu, Shape
from archcount.printed import Patch

MOST_LAYERS = 200_000
"""The most layers one table may expand to: far above any network, far below any bomb."""
MOST = 10**9
"""The largest whole number an argument may be."""

Steps = list[tuple[str, Node]]
_FOLLOWING: dict[str, Callable[[], LayerKind]] = {"batch": BatchNorm, "relu": Relu}


class Budget:
    """Counts the layers of one table while it expands, and stops at `MOST_LAYERS`."""

    def __init__(self) -> None:
        self.left = MOST_LAYERS

    def spend(self, where: Location) -> None:
        """Count one layer.

        Raises:
            InvalidTableError: there are too many.
        """
        self.left -= 1
        if self.left < 0:
            raise InvalidTableError(
                Problem(
                    what="the table expands to too many layers",
                    allowed=f"at most {MOST_LAYERS:,}",
                    remedy="repeat fewer times",
                    where=where,
                )
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Context:
    scope: Scope
    defaults: LayerDefaults
    budget: Budget
    repetition: int = 0


def expand(
    block: Block, shape: Shape, scope: Scope, defaults: LayerDefaults, budget: Budget
) -> Node:
    """Expand a block for one row.

    Args:
        block: the block as parsed.
        shape: the input shape.
        scope: what the row's names mean.
        defaults: the table's `layer:` block.
        budget: the layers the table may still have.

    Raises:
        InvalidTableError: a number does not fit, or shapes do not go together.
    """
    context = _Context(scope=scope, defaults=defaults, budget=budget)
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


def _steps(block: Block, shape: Shape, context: _Context) -> Steps:
    match block:
        case LayerBlock():
            return _layer(block, shape, context)
        case SequenceBlock(items):
            steps: Steps = []
            for item in items:
                steps += _steps(item, steps[-1][1].output if steps else shape, context)
            return steps
        case ConcatBlock():
            return [("concat", _concat(block, shape, context))]
        case AddBlock():
            return [("add", _add(block, shape, context))]
        case RepeatBlock():
            return _repeat(block, shape, context)
        case Shortcut(where):
            raise InvalidTableError(
                Problem(
                    what=f"{context.scope.owner}: shortcut stands outside an add",
                    remedy="write it as a branch of add:",
                    where=where,
                )
            )


def _layer(block: LayerBlock, shape: Shape, context: _Context) -> Steps:
    allowed = {item.name: item for item in block.kind.arguments()}
    numbers: dict[str, Any] = {
        name: value
        for name, value in context.defaults.arguments.items()
        if name in allowed
        and allowed[name].shared
        and (not allowed[name].choices or value in allowed[name].choices)
    }
    for bound in block.arguments:
        numbers[bound.argument.name] = _resolve(bound, block, shape, context)
    kind = block.kind(**numbers)
    steps = [_place(kind, shape, block, context)]
    for follower in block.kind.follows:
        word = block.follow.get(follower) or _default_follower(block, follower, context)
        if word != "none":
            steps.append(_place(_FOLLOWING[word](), steps[-1][1].output, block, context))
    return steps


def _default_follower(block: LayerBlock, follower: str, context: _Context) -> str:
    """Give the table's default for what follows a convolution; nothing follows a linear."""
    if "norm" not in block.kind.follows:
        return "none"
    return context.defaults.norm if follower == "norm" else context.defaults.act


def _place(kind: LayerKind, shape: Shape, block: LayerBlock, context: _Context) -> tuple[str, Node]:
    """Put a layer on an input shape, or say at which place of the file it does not fit."""
    context.budget.spend(block.text.where)
    try:
        return kind.word, Layer(kind=kind, input=shape, output=kind.output(shape))
    except InvalidValueError as error:
        where = _blame(block, error.argument, context)
        where_text = f"{context.scope.owner}: {block.text.text}"
        raise InvalidTableError(error.at(where, where_text)) from None


def _blame(block: LayerBlock, argument: str, context: _Context) -> Location:
    """Find the place of the argument at fault: its cell if it is one, else its word."""
    for bound in block.arguments:
        if bound.argument.name == argument:
            return _origin(bound, context)
    return block.text.where


def _origin(bound: BoundArgument, context: _Context) -> Location:
    """Give the cell or `let` that an argument is read from, or its own place."""
    if isinstance(bound.value, Expression) and bound.value.names == (bound.value.text,):
        found = context.scope.values.get(bound.value.text)
        if found is not None:
            return found.where
    return bound.text.where


def _resolve(bound: BoundArgument, block: LayerBlock, shape: Shape, context: _Context) -> Any:
    """Work out one argument for this row."""
    if not isinstance(bound.value, Expression | PatchText):
        return bound.value
    owner = f"{context.scope.owner}: {bound.argument.name} of {quote(block.text.text)}"
    try:
        if isinstance(bound.value, PatchText):
            stride = _whole(_evaluate(bound.value.stride, shape, context), "the stride", least=1)
            return Patch(bound.value.kernel, (stride, stride))
        if bound.argument.type is ArgumentType.PATCH:
            return context.scope.patch(bound.value.text)
        number = _evaluate(bound.value, shape, context)
        if bound.argument.type is ArgumentType.NUMBER:
            check_bounds(bound.argument, float(number))
            return float(number)
        least = int(bound.argument.least or 0)
        return _whole(number, bound.value.text, least=least)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(_origin(bound, context), owner)) from None


def _whole(number: Fraction, what: str, *, least: int) -> int:
    """Make a whole number of a result, in range.

    Raises:
        InvalidValueError: it is not whole, or out of range.
    """
    allowed = f"a whole number from {least} to {MOST:,}"
    if number.denominator != 1:
        raise InvalidValueError(f"{what} is {float(number):g}, not a whole number", allowed=allowed)
    if not least <= number <= MOST:
        shown = str(number) if len(str(number)) < 20 else "far too large"
        text = shown if what == shown else f"{what} is {shown}"
        raise InvalidValueError(f"{text}, which is out of range", allowed=allowed)
    return int(number)


def _evaluate(expression: Expression, shape: Shape, context: _Context) -> Fraction:
    def lookup(name: str) -> Fraction:
        if name in INPUT_NAMES:
            return Fraction(shape.chw[INPUT_NAMES.index(name)])
        return context.scope.number(name)

    return expression.evaluate(lookup, context.repetition)


def _branches(
    blocks: tuple[Block, ...], shape: Shape, context: _Context
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


def _concat(block: ConcatBlock, shape: Shape, context: _Context) -> Concat:
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


def _add(block: AddBlock, shape: Shape, context: _Context) -> Add:
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
    for shortcut in shortcuts:
        branches = (*branches, ("shortcut", _shortcut(shortcut, shape, target, context)))
    return Add(children=branches, input=shape, output=target)


def _shortcut(block: Shortcut, shape: Shape, target: Shape, context: _Context) -> Node:
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
    steps: Steps = [("conv", Layer(kind=kind, input=shape, output=target))]
    if context.defaults.norm == "batch":
        steps.append(("batchnorm", Layer(kind=BatchNorm(), input=target, output=target)))
    return _join(steps, shape)


def _repeat(block: RepeatBlock, shape: Shape, context: _Context) -> Steps:
    try:
        times = _whole(_evaluate(block.times, shape, context), "the number of repeats", least=1)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.text.where, context.scope.owner)) from None
    steps: Steps = []
    current = shape
    for repetition in range(times):
        inner = replace(context, repetition=repetition)
        context.budget.spend(block.text.where)
        node = _join(_steps(block.body, current, inner), current)
        steps.append(("block", node))
        current = node.output
    return steps
