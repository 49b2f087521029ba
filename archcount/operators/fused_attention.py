"""Fused attention operators, which code may call directly."""

from __future__ import annotations

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import Operator, aten


def _products(operation: Operation) -> tuple[int, int] | None:
    """Count the multiply-accumulates of the scores, and of the mixture of values.

    Dense, also under a mask. None where sequences of several lengths lie one after another, whose
    lengths are numbers.
    """
    query, key, value = (operation.tensor(name) for name in ("query", "key", "value"))
    is_ours = "scaled_dot_product" in operation.name  # images x heads x steps x width
    heads, steps = (1, 2) if is_ours else (2, 1)
    lengths = () if is_ours else ("cum_seq_q", "cu_seqlens_q")
    if len(query.shape) != 4 or any(operation.arguments.get(name) for name in lengths):
        return None
    scores = query.shape[0] * query.shape[heads] * query.shape[steps] * key.shape[steps]
    return scores * query.shape[-1], scores * value.shape[-1]


def _forward(operation: Operation) -> Charge | None:
    """Count scores and mixture, and a softmax of the scores."""
    products = _products(operation)
    if products is None:
        return None
    scores, mixture = products
    query, key, value = (operation.tensor(name) for name in ("query", "key", "value"))
    learnt = query.requires_grad + key.requires_grad
    backward = learnt * scores + (bool(learnt) + value.requires_grad) * mixture
    softmax = 5 * (scores // query.shape[-1] if query.shape[-1] else 0)
    return Charge(Cost(matmul=scores + mixture, softmax=softmax), backward)


def _backward(operation: Operation) -> Charge | None:
    """Count the scores once more, and the gradients of all that was multiplied."""
    products = _products(operation)
    if products is None:
        return None
    scores, mixture = products
    return Charge(Cost(matmul=3 * scores + 2 * mixture))


_FUSED = (
    "_scaled_dot_product_flash_attention _scaled_dot_product_efficient_attention "
    "_scaled_dot_product_cudnn_attention _scaled_dot_product_fused_attention_overrideable"
)
OPERATORS = {
    **aten(_FUSED, Operator(cost=_forward)),
    **aten("_scaled_dot_product_flash_attention_for_cpu", Operator(cost=_forward)),
    **aten("_flash_attention_forward _efficient_attention_forward", Operator(cost=_forward)),
    **aten(f"{_FUSED} ".replace(" ", "_backward "), Operator(cost=_backward)),
    **aten("_scaled_dot_product_flash_attention_for_cpu_backward", Operator(cost=_backward)),
    **aten("_flash_attention_backward _efficient_attention_backward", Operator(cost=_backward)),
}
