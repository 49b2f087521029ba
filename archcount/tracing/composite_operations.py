"""Operations of torch that do what others do one after another."""

from __future__ import annotations

from archcount.operators.operation import Operation


def parts(operation: Operation) -> tuple[Operation, ...]:
    """Return the operations that one comes to: of `addcmul` a product and a sum.

    What lies between them has a memory that no tensor of the pass has.
    """
    given = operation.arguments
    if operation.name.rstrip("_") != "aten.addcmul" or given.get("value", 1) != 1:
        return (operation,)
    made = operation.output
    product = made._replace(storage=~made.storage)
    factors = {"self": given["tensor1"], "other": given["tensor2"]}
    terms = {"self": product, "other": given["self"], "alpha": 1}
    return (
        Operation("aten.mul", factors, (product,), is_pointwise=True),
        Operation("aten.add", terms, operation.outputs, is_pointwise=True),
    )
