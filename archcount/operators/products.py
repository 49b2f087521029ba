"""Products of matrices and vectors, which every linear layer, einsum and attention comes to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation, Origin, TensorSpec
from archcount.operators.rule import Rule


def product(operation: Operation, left: str, right: str, added: str = "") -> Charge:
    """Count one mac per output element and per step of the contracted dimension.

    Each operand that needs a gradient costs one product more of the same size.

    Args:
        operation: the product.
        left: the argument on the left, whose last dimension is contracted.
        right: the argument on the right.
        added: the argument that is added to the product, or empty.
    """
    one, other = operation.tensor(left), operation.tensor(right)
    macs = _outputs(one, other) * one.shape[-1]
    cost = _category(one, other, macs)
    if added:
        cost += addition(operation.tensor(added), operation.output)
    return Charge(cost, macs * (one.requires_grad + other.requires_grad))


def addition(addend: TensorSpec, output: TensorSpec) -> Cost:
    """Count one addition per output element: of a bias, if what is added is trained."""
    if addend.origin == Origin.WEIGHT:
        return Cost(bias=output.elements)
    return Cost(add=output.elements)


def _outputs(one: TensorSpec, other: TensorSpec) -> int:
    """Count the elements of the product itself, before anything sums over a batch."""
    columns = other.shape[-1] if len(other.shape) > 1 else 1
    rows = one.elements // one.shape[-1] if one.shape[-1] else 0
    return rows * columns


def _category(one: TensorSpec, other: TensorSpec, macs: int) -> Cost:
    """Call a product linear where one operand is trained and the other is not."""
    trained = (one.origin == Origin.WEIGHT) + (other.origin == Origin.WEIGHT)
    return Cost(linear=macs) if trained == 1 else Cost(matmul=macs)


def _outer(operation: Operation) -> Charge:
    """Count `aten.addr`: a mac per element of the outer product."""
    one, other = operation.tensor("vec1"), operation.tensor("vec2")
    macs = operation.output.elements
    cost = _category(one, other, macs) + addition(operation.tensor("self"), operation.output)
    return Charge(cost, macs * (one.requires_grad + other.requires_grad))


def _bilinear(operation: Operation) -> Charge:
    """Count `nn.Bilinear`: the weight with the first input, then the result with the second.

    Going back, the weight's gradient is the outer product of the inputs with the output's; each
    input's contracts the weight with the other and with the output's gradient.
    """
    first, weight, second = (operation.tensor(name) for name in ("i1", "i2", "i3"))
    outputs, inner, outer = weight.shape
    rows = first.elements // inner if inner else 0
    whole, rest = rows * outputs * inner * outer, rows * outputs * outer
    learnt = [first.requires_grad, weight.requires_grad, second.requires_grad]
    backward = (
        learnt[0] * (whole + rows * outputs * inner) + learnt[1] * (whole + rest) + learnt[2] * rest
    )
    return Charge(_category(first, weight, whole + rest), backward)


RULES: Mapping[str, Rule] = {
    "aten.mm": partial(product, left="self", right="mat2"),
    "aten._int_mm": partial(product, left="self", right="mat2"),
    "aten.bmm": partial(product, left="self", right="mat2"),
    "aten.mv": partial(product, left="self", right="vec"),
    "aten.dot": partial(product, left="self", right="tensor"),
    "aten.vdot": partial(product, left="self", right="other"),
    "aten.addmm": partial(product, left="mat1", right="mat2", added="self"),
    "aten.baddbmm": partial(product, left="batch1", right="batch2", added="self"),
    "aten.addbmm": partial(product, left="batch1", right="batch2", added="self"),
    "aten.addmv": partial(product, left="mat", right="vec", added="self"),
    "aten.addr": _outer,
    "aten._trilinear": _bilinear,
}
