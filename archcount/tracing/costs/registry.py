"""The rules by the names of the operations."""

from __future__ import annotations

from collections.abc import Mapping

from archcount.tracing.costs import convolutions, elementwise, products
from archcount.tracing.costs.rule import Rule
from archcount.tracing.records import Charge, Operation

_RULES: Mapping[str, Rule] = {**convolutions.RULES, **products.RULES, **elementwise.RULES}


def charge(operation: Operation) -> Charge | None:
    """Say what an operation costs; None where no rule counts it.

    What works in place, such as `aten.relu_`, costs what it costs otherwise.

    >>> from archcount.tracing.records import TensorSpec
    >>> image = TensorSpec((1, 8, 4, 4), "float32")
    >>> charge(Operation("aten.relu_", {"self": image}, (image,))).cost.activation
    128
    """
    rule = _RULES.get(operation.name) or _RULES.get(operation.name.removesuffix("_"))
    return rule(operation) if rule else None
