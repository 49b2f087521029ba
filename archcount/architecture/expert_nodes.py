"""Experts: the nodes of a router, and of the equal blocks that it gives tokens to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import repeat

from archcount.architecture.arguments import evaluate, whole
from archcount.architecture.blocks import Block, ExpertsBlock, LocatedText
from archcount.architecture.context import Context
from archcount.architecture.expression import Expression
from archcount.architecture.nodes import JoinNode, LayerNode, Node
from archcount.errors import InvalidTableError, InvalidValueError
from archcount.layers import Shape
from archcount.layers.experts import Experts
from archcount.layers.linear import Linear
from archcount.layers.sequences import SequenceKind


def experts(
    block: ExpertsBlock,
    shape: Shape,
    context: Context,
    expand: Callable[[Block, Shape, Context], Node],
) -> JoinNode:
    """Return a router and its experts.

    Raises:
        InvalidTableError: the numbers do not fit, or an expert does not work on each token alone.
    """

    def number(expression: Expression, text: LocatedText, what: str) -> int:
        try:
            return whole(evaluate(expression, shape, context), what, least=1)
        except InvalidValueError as error:
            raise InvalidTableError(error.at(text.where, context.scope.owner)) from None

    of = int(number(block.of, block.of_text, "the number of experts"))
    active = int(number(block.active, block.active_text, "the number of active experts"))
    body = expand(block.body, shape, context)
    for _ in range(of):
        context.budget.spend(block.of_text.where)
    router = Linear(width=of, bias=False)
    kind = Experts(active=active)
    try:
        shape.require_tokens("experts")
        mixes = [layer.kind.word for layer in body.layers() if isinstance(layer.kind, SequenceKind)]
        if mixes or body.output.spatial != shape.spatial:
            raise InvalidValueError(
                f"an expert works on each token alone; {', '.join(mixes) or 'this'} does not",
                remedy="put it before or after experts",
            )
        node = LayerNode(kind=router, input=shape, output=router.output(shape))
        branches = [("router", node), *zip((f"expert{k}" for k in range(1, of + 1)), repeat(body))]
        output = kind.output([child.output for _, child in branches])
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.active_text.where, context.scope.owner)) from None
    return JoinNode(kind=kind, children=tuple(branches), input=shape, output=output)
