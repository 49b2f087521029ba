"""The rules by the names of the operations."""

from __future__ import annotations

from collections.abc import Callable

from archcount.operators import convolutions, elementwise, products
from archcount.operators.operation import Charge, Operation
from archcount.operators.rule import Rule

_RULES: dict[str, Rule] = {**convolutions.RULES, **products.RULES, **elementwise.RULES}
_OWN = dict(_RULES)


def charge(operation: Operation) -> Charge | None:
    """Say what an operation costs; None where no rule counts it.

    What works in place, such as `aten.relu_`, costs what it costs otherwise. Without a rule, a
    view is free, and so is what gives indices or masks; what works number by number costs one
    operation for each that it gives.

    >>> from archcount.tracing.records import TensorSpec
    >>> image = TensorSpec((1, 8, 4, 4), "float32")
    >>> charge(Operation("aten.relu_", {"self": image}, (image,))).cost.activation
    128
    """
    rule = rule_of(operation)
    return rule(operation) if rule else None


def rule_of(operation: Operation) -> Rule | None:
    """Give the rule of an operation, None where it has none."""
    rule = _RULES.get(operation.name) or _RULES.get(operation.name.removesuffix("_"))
    return elementwise.by_kind(operation) if rule is None else rule


def is_given(operation: Operation) -> bool:
    """Tell whether the program brought the rule of an operation: it may look at anything."""
    name = operation.name
    return any(_RULES.get(key) is not _OWN.get(key) for key in (name, name.removesuffix("_")))


def register_cost(op: str) -> Callable[[Rule], Rule]:
    """Say what an operation costs that has no rule, or has another: a decorator of the rule.

    Args:
        op: its name in the dispatcher without the overload, such as `mylib.scan`.

    >>> from archcount.layers import Cost
    >>> from archcount.tracing.records import TensorSpec
    >>> @register_cost("mylib.scan")
    ... def scan(operation):
    ...     return Charge(Cost(matmul=16 * operation.output.elements))
    >>> charge(Operation("mylib.scan", {}, (TensorSpec((2, 3), "float32"),))).cost.matmul
    96
    """

    def register(rule: Rule) -> Rule:
        _RULES[op] = rule
        return rule

    return register
