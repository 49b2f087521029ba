"""Experts: the nodes of a router, and of the equal blocks that it gives tokens to."""

from __future__ import annotations

from collections.abc import Callable

from archcount.architecture.arguments import evaluate, whole
from archcount.architecture.blocks import Block, ExpertsBlock, LocatedText
from archcount.architecture.context import Context
from archcount.architecture.expression import Expression
from archcount.architecture.nodes import JoinNode, LayerNode, Node, RepeatedNode
from archcount.errors import InvalidTableError, InvalidValueError
from archcount.exact import SymbolicNumber
from archcount.layers import Shape
from archcount.layers.experts import Experts, SymbolicExperts
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

    of = number(block.of, block.of_text, "the number of experts")
    active = number(block.active, block.active_text, "the number of active experts")
    body = expand(block.body, shape, context)
    router = Linear(width=of, bias=False)
    try:
        shape.require_tokens("experts")
        mixes = [layer.kind.word for layer in body.layers() if isinstance(layer.kind, SequenceKind)]
        if mixes or body.output.spatial != shape.spatial:
            raise InvalidValueError(
                f"an expert works on each token alone; {', '.join(mixes) or 'this'} does not",
                remedy="put it before or after experts",
            )
        if active > of:
            raise InvalidValueError(f"{active} active experts of {of}", allowed=f"at most {of}")
    except InvalidValueError as error:
        raise InvalidTableError(error.at(block.active_text.where, context.scope.owner)) from None
    node = LayerNode(kind=router, input=shape, output=router.output(shape))
    kind: Experts
    children: list[Node]
    if isinstance(of, SymbolicNumber) or isinstance(active, SymbolicNumber):
        kind = SymbolicExperts(active=active)
        children = [_times(body, active), _times(body, of - active)]
    else:
        for _ in range(of):
            context.budget.spend(block.of_text.where)
        kind = Experts(active=active)
        children = [body] * of
    experts = ((f"expert{number}", each) for number, each in enumerate(children, 1))
    branches: list[tuple[str, Node]] = [("router", node), *experts]
    return JoinNode(kind=kind, children=tuple(branches), input=shape, output=body.output)


def _times(body: Node, times: int) -> RepeatedNode:
    return RepeatedNode(
        children=(("expert", body),), input=body.input, output=body.output, times=times
    )
