"""From a block and a row's numbers to frozen nodes with shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from archcount.architecture.arguments import blame, evaluate, follower, given, holds, resolve, whole
from archcount.architecture.blocks import (
    Block,
    BoundArgument,
    BoundBlock,
    ExpertsBlock,
    JoinBlock,
    LayerBlock,
    RepeatBlock,
    RowBlock,
    SequenceBlock,
    Shortcut,
    WhenBlock,
)
from archcount.architecture.branches import Steps, in_sequence, joined
from archcount.architecture.budget import Budget
from archcount.architecture.context import Context, ExpansionCache
from archcount.architecture.expert_nodes import experts
from archcount.architecture.layer_defaults import LayerDefaults
from archcount.architecture.layer_edits import changed
from archcount.architecture.nodes import LayerNode, Node, RepeatedNode
from archcount.architecture.scope import Scope, Value
from archcount.edits import Edit
from archcount.errors import InvalidTableError, InvalidValueError, each, quote, suggestion
from archcount.exact import SymbolicNumber
from archcount.layers import LayerKind, Shape
from archcount.layers.by_word import FOLLOWERS
from archcount.layers.convolution import Conv
from archcount.layers.row_output import RowOutput


def expand(
    block: Block,
    shape: Shape,
    scope: Scope,
    defaults: LayerDefaults,
    budget: Budget,
    edit: Edit | None = None,
    cache: ExpansionCache | None = None,
) -> Node:
    """Expand a block for one row.

    An `edit` changes one layer or repetition, for another reading of the row. The `cache` has
    blocks expanded before with the same defaults, and new ones are added to it: equal blocks on
    equal shapes are one node.

    Raises:
        InvalidTableError: a number does not fit, or shapes do not go together.
    """
    cache = ExpansionCache() if cache is None else cache
    context = Context(
        scope=scope, start=shape, defaults=defaults, budget=budget, edit=edit, cache=cache
    )
    return _node(block, shape, context)


def _steps(block: Block, shape: Shape, context: Context) -> Steps:
    """Expand a block to layers and joins, one after another."""
    return list(context.cached(block, shape, _expanded))


def _node(block: Block, shape: Shape, context: Context) -> Node:
    """Expand a block to one node, whose numbers are then added up once."""
    return context.cached(block, shape, _as_one)


def _as_one(block: Block, shape: Shape, context: Context) -> Node:
    return in_sequence(_expanded(block, shape, context), shape)


def _expanded(block: Block, shape: Shape, context: Context) -> Steps:
    match block:
        case LayerBlock():
            return _layer(block, shape, context)
        case SequenceBlock(items):
            steps: Steps = []
            for item in _merged(items, context.edit):
                steps += _steps(item, steps[-1][1].output if steps else shape, context)
            return steps
        case JoinBlock():
            return [(block.kind.word, _join(block, shape, context))]
        case ExpertsBlock():
            return [("experts", experts(block, shape, context, _node))]
        case RepeatBlock():
            return _repeat(block, shape, context)
        case RowBlock():
            return [_row(block, shape, context)]
        case WhenBlock(body=body, otherwise=otherwise):
            chosen = body if holds(block, shape, context) else otherwise
            return _steps(chosen, shape, context) if chosen is not None else []
        case BoundBlock(body, values):
            known = {
                name: item if isinstance(item, Value) else given(name, item, shape, context)
                for name, item in values.items()
            }
            inner = replace(context, scope=context.scope.inside(known), start=shape)
            return _steps(body, shape, inner)
        case Shortcut(where):
            raise InvalidTableError.of(
                f"{context.scope.owner}: shortcut stands outside an add",
                remedy="write it as a branch of add:",
                where=where,
            )


def _row(block: RowBlock, shape: Shape, context: Context) -> tuple[str, Node]:
    """Return another row's output, which stands in for whatever it is put on."""
    context.budget.spend(block.text.where)
    name = block.name if block.is_row else context.scope.word(block.name).removeprefix("@")
    outputs = context.scope.outputs
    if name not in outputs:
        raise InvalidTableError.of(
            f"{context.scope.owner}: {quote(block.text.text)} reads the output of {quote(name)}",
            allowed=", ".join(outputs) or "the name of a row before it; there is none",
            remedy=suggestion(name, outputs),
            where=block.text.where,
        )
    kind = RowOutput(row=name, shape=outputs[name])
    return kind.word, LayerNode(kind=kind, input=shape, output=outputs[name])


def _merged(items: tuple[Block, ...], edit: Edit | None) -> tuple[Block, ...]:
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


def _layer(block: LayerBlock, shape: Shape, context: Context) -> Steps:
    numbers = dict(context.defaults.shared(block.kind))
    for bound in block.arguments:
        numbers[bound.argument.name] = resolve(bound, block, shape, context)
        if bound.argument.name == "same":
            _refuse_unread_same(bound, numbers, context)
    return stand(_read(block.kind(**numbers), shape, block, context), shape, block, context)


def _refuse_unread_same(bound: BoundArgument, numbers: Mapping[str, Any], context: Context) -> None:
    """Refuse `same=` where the padding is another; beside its own, the parser refuses it."""
    pad = numbers.get("pad", "same")
    if pad != "same":
        words = pad if isinstance(pad, str) else "x".join(map(str, pad))
        raise InvalidTableError.of(
            f"{context.scope.owner}: same={bound.text.text} has no effect under the table's "
            f"layer: {{pad: {words}}}",
            allowed="same beside pad=same",
            remedy="write pad=same too, or remove it",
            where=bound.text.where,
        )


def stand(kinds: Iterable[LayerKind], shape: Shape, block: LayerBlock, context: Context) -> Steps:
    """Place the layers that one layer of the file is, each with what follows it.

    There are more or fewer than one where the edit says so.
    """
    steps: Steps = []
    for kind in kinds:
        steps.append(_place(kind, shape, block, context))
        shape = steps[-1][1].output
        for follows in block.kind.follows:
            word = follower(block, follows, context) or _default_follower(block, follows, context)
            if word != "none":
                after = FOLLOWERS[follows][word]
                steps.append(_place(after(**context.defaults.shared(after)), shape, block, context))
                shape = steps[-1][1].output
    return steps


def _read(kind: LayerKind, shape: Shape, block: LayerBlock, context: Context) -> list[LayerKind]:
    """Return the layer itself, or what the edit makes of it."""
    edit = context.edit_at(block.text.where)
    # A repeated block strides once; its other repetitions keep what they have.
    if edit is None or (edit.kind == "stride" and context.repetition):
        return [kind]
    try:
        return changed(kind, shape, edit)
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.text.where, context.scope.owner)) from None


def _default_follower(block: LayerBlock, follows: str, context: Context) -> str:
    """Return the table's default for what follows a convolution; nothing follows a linear."""
    if "norm" not in block.kind.follows:
        return "none"
    return context.defaults.norm if follows == "norm" else context.defaults.act


def _place(kind: LayerKind, shape: Shape, block: LayerBlock, context: Context) -> tuple[str, Node]:
    """Put a layer on an input shape, or say at which place of the file it does not fit."""
    context.budget.spend(block.text.where)
    try:
        if shape.vocabulary and not kind.reads_ids:
            raise InvalidValueError(
                f"{kind.word} cannot read the ids of tokens",
                allowed="embedding",
                remedy="put embedding WIDTH before it",
            )
        output = kind.output(shape)
        return kind.word, LayerNode(kind=kind, input=shape, output=output, origin=block)
    except InvalidValueError as error:
        where = blame(block, error.argument, context)
        where_text = f"{context.scope.owner}: {block.text.text}"
        raise InvalidTableError(error.at(where, where_text)) from None


def _join(block: JoinBlock, shape: Shape, context: Context) -> Node:
    blocks = block.branches
    if block.kind.takes_shortcut:
        blocks = tuple(item for item in blocks if not isinstance(item, Shortcut))
    numbers = {
        bound.argument.name: resolve(bound, block, shape, context) for bound in block.arguments
    }
    if block.branch_names:
        numbers["branches"] = block.branch_names
    kind = block.kind(**numbers)
    try:
        start = kind.reads(shape, len(blocks))
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.text.where, context.scope.owner)) from None
    nodes = each(blocks, lambda item: _node(item, start, context))
    names = block.branch_names or [f"branch{number}" for number in range(1, len(nodes) + 1)]
    return joined(block, kind, tuple(zip(names, nodes, strict=True)), shape, context)


def _repeat_symbolically(
    block: RepeatBlock, times: int, shape: Shape, context: Context
) -> Steps | None:
    """Return a first repetition, and one that stands for all others.

    None where the others are not equal, since each gives another shape than it reads, or where
    there may be none at all.
    """
    if times < 1:
        return None
    first = _node(block.body, shape, replace(context, repetition=0, start=shape))
    between = first.output
    try:
        rest = _node(block.body, between, replace(context, repetition=1, start=between))
    except InvalidTableError:
        return None
    if rest.output != between:
        return None
    others = RepeatedNode(
        children=(("block", rest),), input=between, output=between, times=times - 1
    )
    return [("block", first), ("others", others)]


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
    if isinstance(times, SymbolicNumber):
        repeated = _repeat_symbolically(block, times, shape, context)
        if repeated is not None:
            return repeated
    for repetition in range(times):
        inner = replace(context, repetition=repetition, start=current)
        context.budget.spend(block.text.where)
        node = _node(block.body, current, inner)
        steps.append(("block", node))
        current = node.output
    return steps
