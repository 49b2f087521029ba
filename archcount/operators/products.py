"""Products of matrices and vectors, which every linear layer, einsum and attention comes to."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation, Origin, TensorSpec
from archcount.operators.operator import LayerName, Operator
from archcount.operators.shapes import Result, contiguous, shape_of_both


def _product(left: str, right: str, added: str = "", *, dims: int = 0) -> Operator:
    """Return the operator of a product.

    Args:
        left: the argument on the left, whose last dimension is contracted.
        right: the argument on the right.
        added: the argument that is added to the product, or empty.
        dims: how many dimensions both have where it is a layer by itself, 0 where it is none.
    """
    cost = partial(_cost, left=left, right=right, added=added)
    if not dims:
        return Operator(cost=cost)
    return Operator(
        cost=cost,
        layer=partial(_layer, left=left, right=right, added=added),
        shape=partial(_shape, left=left, right=right, added=added, dims=dims),
    )


def _cost(operation: Operation, left: str, right: str, added: str) -> Charge | None:
    """Count one mac per output element and per step of the contracted dimension.

    Each operand that needs a gradient costs one product more of the same size. Of a sparse operand,
    the numbers that are stored are multiplied; None where both are sparse.
    """
    one, other = operation.tensor(left), operation.tensor(right)
    if other.stored is None:
        steps = one.elements * (other.shape[-1] if len(other.shape) > 1 else 1)
    elif one.stored is None:
        steps = other.elements * prod(one.shape[:-1])
    else:  # which numbers meet is not told by how many there are
        return None
    return product(operation, one, other, steps, added)


def product(
    operation: Operation, one: TensorSpec, other: TensorSpec, steps: int, added: str = ""
) -> Charge:
    """Count a product, and what is added to it.

    Args:
        operation: the operation.
        one: an operand.
        other: the other.
        steps: how often two numbers are multiplied and their product is added; of complex numbers
            each is four multiply-accumulates.
        added: the argument that is added to the product, or empty.
    """
    macs = real_macs(one, steps)
    cost = category(one, other, macs)
    given = operation.arguments
    if added and given.get(added) is not None and given.get("beta", 1) != 0:
        cost += addition(operation.tensor(added), operation.output)
    return Charge(cost, macs * (one.requires_grad + other.requires_grad))


def real_macs(operand: TensorSpec, steps: int) -> int:
    """Count the multiply-accumulates of a product's steps: of complex numbers, four each.

    >>> real_macs(TensorSpec((2, 3), "complex64"), 10)
    40
    """
    return 4 * steps if "complex" in operand.dtype else steps


def _layer(operation: Operation, left: str, right: str, added: str) -> LayerName:
    """Name a product, and what is added to it: a linear layer where an operand is trained."""
    one, other = operation.tensor(left), operation.tensor(right)
    trained = [spec.origin != Origin.INPUT for spec in (one, other)]
    alpha, beta = (operation.arguments.get(name, 1) for name in ("alpha", "beta"))
    settings: dict[str, Any] = {} if alpha == 1 else {"alpha": rounded(alpha)}
    if beta not in (0, 1):
        settings["beta"] = rounded(beta)
    if any(trained):
        weight = other if trained[1] else one
        is_vector = len(weight.shape) < 2
        out = weight.shape[0 if is_vector else -1 if trained[1] else -2]
        bias = bool(added) and operation.tensor(added).is_held and beta != 0
        return "linear", {"in": one.shape[-1], "out": out, "bias": bias, **settings}
    return "matmul", {"sizes": (one.shape, other.shape), **settings}


def rounded(value: float) -> float:
    """Round what was worked out: 1 / 8 ** 0.5 and 8 ** -0.5 are one number.

    So are 1e-6 and the nearest of float32, which has seven digits.

    >>> rounded(9.99999997475e-07), rounded(16777217.0)
    (1e-06, 16777217)
    """
    short = float(value) if float(value).is_integer() else float(f"{value:.7g}")
    return int(short) if short.is_integer() else short


def _shape(operation: Operation, left: str, right: str, added: str, dims: int) -> Result:
    one, other = operation.tensor(left), operation.tensor(right)
    if one.dtype != other.dtype or not one.is_floating:
        return None
    if not len(one.shape) == len(other.shape) == dims:
        return None
    if one.shape[-1] != other.shape[-2] or one.shape[:-2] != other.shape[:-2]:
        return None
    shape = (*one.shape[:-1], other.shape[-1])
    if added:
        addend = operation.tensor(added)
        if addend.dtype != one.dtype or shape_of_both(addend.shape, shape) != shape:
            return None
    return (contiguous(shape, one.dtype),)


def addition(addend: TensorSpec, output: TensorSpec) -> Cost:
    """Count one addition per output element: of a bias, if what is added is trained."""
    if addend.is_held:
        return Cost(bias=output.elements)
    return Cost(add=output.elements)


def category(one: TensorSpec, other: TensorSpec, macs: int) -> Cost:
    """Call a product linear where one operand is trained and the other is not.

    Where neither is, one of a buffer, such as of weights in eight bits, is linear too.
    """
    origins = (one.origin, other.origin)
    trained = origins.count(Origin.WEIGHT) or origins.count(Origin.BUFFER)
    return Cost(linear=macs) if trained == 1 else Cost(matmul=macs)


def _outer(operation: Operation) -> Charge:
    """Count `aten.addr`: a mac per element of the outer product."""
    one, other = operation.tensor("vec1"), operation.tensor("vec2")
    return product(operation, one, other, operation.output.elements, "self")


def _distances(operation: Operation) -> Charge:
    """Count Euclidean distances of many rows: torch puts the squares of both into a product.

    Going back, it is a product of the rows themselves.
    """
    one, other = operation.tensor("x1"), operation.tensor("x2")
    pairs, width = operation.output.elements, one.shape[-1]
    back = pairs * width * (one.requires_grad + other.requires_grad)
    return Charge(category(one, other, pairs * (width + 2)), back)


def _substituted(operation: Operation) -> Charge:
    """Count a triangular system: a row less to multiply with at each step of substitution.

    A quotient for each number beside, unless the diagonal is ones.
    """
    matrix, other = operation.tensor("self"), operation.tensor("B")
    size, found = matrix.shape[-1], operation.output.elements
    charge = product(operation, matrix, other, found * (size - 1) // 2)
    quotients = 0 if operation.arguments["unitriangular"] else found
    return Charge(charge.cost + Cost(other=quotients), charge.backward)


def _grid(operation: Operation) -> Charge:
    """Count `aten.affine_grid_generator`: each place of a regular grid with a matrix an image."""
    theta = operation.tensor("theta")
    macs = operation.output.elements * theta.shape[-1]
    return Charge(Cost(matmul=macs), macs * theta.requires_grad)


def _bilinear(operation: Operation) -> Charge:
    """Count `nn.Bilinear`: the weight with the first input, then the result with the second.

    Going back, the weight's gradient is the outer product of the inputs with the output's; each
    input's contracts the weight with the other and with the output's gradient.
    """
    first, weight, second = (operation.tensor(name) for name in ("i1", "i2", "i3"))
    outputs, inner, outer = weight.shape
    rows = first.elements // inner if inner else 0
    whole = real_macs(first, rows * outputs * inner * outer)
    rest = real_macs(first, rows * outputs * outer)
    turned = real_macs(first, rows * outputs * inner)
    learnt = [first.requires_grad, weight.requires_grad, second.requires_grad]
    backward = learnt[0] * (whole + turned) + learnt[1] * (whole + rest) + learnt[2] * rest
    return Charge(category(first, weight, whole + rest), backward)


OPERATORS = {
    "aten.mm": _product("self", "mat2", dims=2),
    "aten._sparse_addmm": _product("mat1", "mat2", "self"),
    "aten._addmm_activation": _product("mat1", "mat2", "self"),
    "aten._int_mm": _product("self", "mat2"),
    "aten.bmm": _product("self", "mat2", dims=3),
    "aten.mv": Operator(
        cost=partial(_cost, left="self", right="vec", added=""),
        layer=partial(_layer, left="self", right="vec", added=""),
    ),
    "aten.dot": _product("self", "tensor"),
    "aten.vdot": _product("self", "other"),
    "aten.addmm": _product("mat1", "mat2", "self", dims=2),
    "aten.baddbmm": _product("batch1", "batch2", "self", dims=3),
    "aten.addbmm": _product("batch1", "batch2", "self"),
    "aten.addmv": _product("mat", "vec", "self"),
    "aten.addr": Operator(cost=_outer),
    "aten._euclidean_dist": Operator(cost=_distances),
    "aten.linalg_solve_triangular": Operator(cost=_substituted),
    "aten.affine_grid_generator": Operator(cost=_grid),
    "aten._trilinear": Operator(cost=_bilinear),
}
