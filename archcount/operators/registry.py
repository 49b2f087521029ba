"""The operators by name: one place to look where one is missing."""

from __future__ import annotations

from collections.abc import Callable

from archcount.operators import (
    arithmetic,
    backward,
    convolutions,
    fused_attention,
    losses,
    moves,
    norms,
    packed_products,
    pools,
    products,
    quantization,
    reductions,
    spectral,
    vision,
)
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import (
    CostRule,
    LayerName,
    Operator,
    each,
    free,
    named_by_itself,
)

OPERATORS: dict[str, Operator] = {
    name: operator
    for family in (
        convolutions,
        products,
        packed_products,
        fused_attention,
        quantization,
        spectral,
        arithmetic,
        norms,
        pools,
        reductions,
        losses,
        moves,
        vision,
        backward,
    )
    for name, operator in family.OPERATORS.items()
}
"""Every operator that is known, by its name in the dispatcher without the overload."""
_COSTS: dict[str, CostRule] = {}
"""The rules of the program, which go before ours."""


def find(name: str) -> Operator | None:
    """Return what is known of an operator; one that works in place is as the one that does not.

    >>> find("aten.relu_") is find("aten.relu")
    True
    """
    return OPERATORS.get(name) or OPERATORS.get(name.removesuffix("_"))


def charge(operation: Operation) -> Charge | None:
    """Return what an operation costs; None where no rule counts it.

    Without a rule, a view is free, and so is what gives no tensor and takes none; what works
    number by number costs one operation for each that it gives.

    >>> from archcount.operators.operation import TensorSpec
    >>> image = TensorSpec((1, 8, 4, 4), "float32")
    >>> charge(Operation("aten.relu_", {"self": image}, (image,))).cost.activation
    128
    """
    rule = _COSTS.get(operation.name) or _COSTS.get(operation.name.removesuffix("_"))
    if rule is None:
        operator = find(operation.name)
        rule = (operator and operator.cost) or _by_kind(operation)
    return rule(operation) if rule else None


def _by_kind(operation: Operation) -> CostRule | None:
    """Return the rule of an operation without one of its own: by what it gives.

    What gives no tensor may yet compute one, into an argument or a number.
    """
    if operation.is_view or not (operation.outputs or any(operation.tensors())):
        return free
    return each("other") if operation.is_pointwise and operation.outputs else None


def name_layer(operation: Operation) -> LayerName | None:
    """Return the kind and settings of the layer that an operation is, None where it is none."""
    operator = find(operation.name)
    rule = operator.layer if operator else None
    return rule(operation) if rule else named_by_itself(operation)


def is_given(operation: Operation) -> bool:
    """Return whether the program brought the cost of an operation: it may look at anything."""
    return bool(_COSTS) and not _COSTS.keys().isdisjoint(
        (operation.name, operation.name.removesuffix("_"))
    )


def register_cost(op: str) -> Callable[[CostRule], CostRule]:
    """Say what an operation costs that has no rule, or has another: a decorator of the rule.

    Args:
        op: its name in the dispatcher without the overload, such as `mylib.scan`.

    >>> from archcount.layers import Cost
    >>> from archcount.operators.operation import TensorSpec
    >>> @register_cost("mylib.scan")
    ... def scan(operation):
    ...     return Charge(Cost(matmul=16 * operation.output.elements))
    >>> charge(Operation("mylib.scan", {}, (TensorSpec((2, 3), "float32"),))).cost.matmul
    96
    """

    def register(rule: CostRule) -> CostRule:
        _COSTS[op] = rule
        return rule

    return register
