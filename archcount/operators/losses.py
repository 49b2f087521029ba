"""Losses: operations for each number that is compared, and one more where they are summed."""

from __future__ import annotations

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import Operator, aten


def _loss(times: int, **beside: int) -> Operator:
    """Return the operator of a loss.

    Args:
        times: operations for each number.
        **beside: further ones where an argument is given, by its name.
    """

    def rule(operation: Operation) -> Charge:
        given = operation.arguments
        each = times + bool(given.get("reduction"))
        each += sum(more for name, more in beside.items() if given.get(name) is not None)
        return Charge(Cost(other=each * max(spec.elements for spec in operation.tensors())))

    return Operator(cost=rule)


def _nll(operation: Operation) -> Charge:
    """Count a sign for each target, its weight, and the sums of both where they are summed."""
    is_summed, weighted = bool(operation.arguments["reduction"]), operation.arguments["weight"]
    each = 1 + is_summed + (weighted is not None) * (1 + is_summed)
    return Charge(Cost(other=each * operation.tensor("target").elements))


def _ctc(operation: Operation) -> Charge:
    """Count 13 for each step and state of the longest target.

    Three states lead to each: their maximum (2), differences (3), exponentials (3), sum (2),
    logarithm, and the additions of the maximum and of what the step itself adds.
    """
    return Charge(Cost(other=13 * operation.outputs[1].elements))


def _distances(operation: Operation) -> Charge:
    """Count a difference, a power and an addition for each pair of rows and each coordinate."""
    one = operation.arguments.get("x1", operation.arguments.get("self"))
    return Charge(Cost(other=3 * operation.output.elements * one.shape[-1]))


OPERATORS = {
    # difference, square
    **aten("mse_loss", _loss(2)),
    # difference, absolute value, and a square and a scale or a difference and a scale
    **aten("smooth_l1_loss huber_loss", _loss(4)),
    # product, exponential, sum, logarithm, sign
    **aten("soft_margin_loss", _loss(5)),
    # two logarithms, two differences from 1, two products, sum, sign
    **aten("binary_cross_entropy", _loss(8, weight=1)),
    # difference from 1, product, log sigmoid, difference; difference, product, sum, product
    **aten("binary_cross_entropy_with_logits", _loss(4, weight=1, pos_weight=4)),
    # difference, sum, maximum, power
    **aten("multi_margin_loss", _loss(4, weight=1)),
    **aten("nll_loss_forward nll_loss2d_forward", Operator(cost=_nll)),
    **aten("_ctc_loss", Operator(cost=_ctc)),
    **aten("_cdist_forward _pdist_forward", Operator(cost=_distances)),
}
