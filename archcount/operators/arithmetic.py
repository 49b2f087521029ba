"""Arithmetic number by number: sums, products, activations; what is summed over is a reduction."""

from __future__ import annotations

from archcount.layers import Cost
from archcount.operators.operation import FREE, Charge, Operation, Origin, TensorSpec
from archcount.operators.operator import (
    LayerName,
    Operator,
    aten,
    called,
    each,
    named_by_itself,
)
from archcount.operators.products import addition, rounded
from archcount.operators.shapes import Result, is_contiguous, is_dense, like, shape_of_both, unary


def _add_cost(operation: Operation) -> Charge:
    """Count one addition per element: of a bias, where something trained is added."""
    if not operation.output.is_floating:
        return FREE
    first, other = operation.tensor("self"), operation.arguments["other"]
    if not isinstance(other, TensorSpec) or (other.is_held and first.is_held):
        return Charge(Cost(add=operation.output.elements))
    trained = first if first.is_held else other
    return Charge(addition(trained, operation.output))


def _sum(operation: Operation) -> LayerName | None:
    """Name a sum or a difference: of layers, with a bias, with other weights, with a number."""
    other, alpha = operation.arguments["other"], operation.arguments.get("alpha", 1)
    sign = -1 if operation.name.startswith("aten.sub") else 1
    if not isinstance(other, TensorSpec):
        return ("shift", {"by": rounded(sign * alpha * other)}) if other != 0 else None
    settings = {} if alpha == 1 else {"alpha": rounded(alpha)}
    both = [operation.tensor("self"), other]
    if sign < 0:
        return "sub", settings
    trained = [spec for spec in both if spec.is_held]
    if trained:
        sizes = [size for size in trained[0].shape if size != 1]
        if len(sizes) > 1:
            return "add weights", settings
        dims = len(trained[0].shape)
        axis = next((at - dims for at, size in enumerate(trained[0].shape) if size != 1), -1)
        return "bias", {"axis": axis, "vector": trained[0].elements, **settings}
    is_given = all(spec.origin == Origin.INPUT for spec in both)
    return ("add" if is_given else "shift"), settings


def _scaled(operation: Operation) -> LayerName | None:
    """Name a product of numbers in the same place."""
    other = operation.arguments["other"]
    if isinstance(other, TensorSpec):
        held = [spec.elements for spec in (operation.tensor("self"), other) if spec.is_held]
        return "mul", {"by": "weights" if max(held) > 1 else "one weight"} if held else {}
    return ("mul", {"by": rounded(other)}) if other != 1 else None


def _divided(operation: Operation) -> LayerName | None:
    """Name a division by a number as the product that it is."""
    other, rounding = (operation.arguments.get(name) for name in ("other", "rounding_mode"))
    if isinstance(other, TensorSpec) or not other or rounding is not None:
        return named_by_itself(operation)
    return ("mul", {"by": rounded(1 / other)}) if other != 1 else None


def _hardtanh(operation: Operation) -> LayerName:
    return _cut(operation.arguments["min_val"], operation.arguments["max_val"])


def _cut(low: float, high: float) -> LayerName:
    is_relu6 = (low, high) == (0, 6)
    return ("relu6", {}) if is_relu6 else ("hardtanh", {"by": f"{low:g} to {high:g}"})


def _clamp(operation: Operation) -> LayerName:
    low, high = operation.arguments.get("min"), operation.arguments.get("max")
    if isinstance(low, TensorSpec) or isinstance(high, TensorSpec):
        return named_by_itself(operation)
    if low is not None and high is not None:
        return _cut(low, high)
    return ("relu", {}) if low == 0 else ("clamp", {"by": (low, high)})


def _prelu(operation: Operation) -> LayerName:
    return "prelu", {"parameters": operation.tensor("weight").elements}


def _broadcast(operation: Operation) -> Result:
    """Return a sum or product of a tensor with another, or with a number."""
    given = operation.arguments
    one, other = given["self"], given["other"]
    if not isinstance(other, TensorSpec) or given.get("rounding_mode") is not None:
        return unary(operation)
    if one.shape == other.shape:
        if one.layout[1:] != other.layout[1:]:
            return None
    elif not (is_contiguous(one) and is_contiguous(other)):
        return None
    elif shape_of_both(one.shape, other.shape) == other.shape:
        one, other = other, one
    elif shape_of_both(one.shape, other.shape) != one.shape:
        return None
    if one.dtype != other.dtype or not one.shape or not is_dense(one):
        return None
    return (like(one),)


def _add_relu(operation: Operation) -> Charge:
    """Count an addition and an activation."""
    elements = operation.output.elements
    return Charge(_add_cost(operation).cost + Cost(activation=elements))


def _added_product(operation: Operation) -> Charge:
    """Count `aten.addcmul`: a product, and its addition to what may be a bias."""
    output = operation.output
    return Charge(Cost(scale=output.elements) + addition(operation.tensor("self"), output))


def _recurrence(operation: Operation) -> Charge:
    """Count a product and a sum for each state, in whatever order the recurrence is worked out."""
    states = operation.output.elements
    return Charge(Cost(scale=states, add=states))


_ACTIVATION = each("activation")
OPERATORS: dict[str, Operator] = {
    **aten(
        "relu6 leaky_relu elu celu selu silu gelu mish sigmoid tanh hardswish hardsigmoid "
        "softplus threshold softshrink hardshrink",
        Operator(cost=_ACTIVATION, shape=unary),
    ),
    **aten("log_sigmoid_forward glu rrelu_with_noise", Operator(cost=_ACTIVATION)),
    **aten(
        "floor_divide remainder rsub xlogy bitwise_and bitwise_or", Operator(cost=each("other"))
    ),
    # torch says of these not that they work number by number, though of abs it does.
    **aten("abs_ copysign_ gcd_ lcm_", Operator(cost=each("other"))),
    **aten("linalg_cross", Operator(cost=each("other", 3))),  # two products, a difference
    **aten("polar", Operator(cost=each("other", 4))),  # cosine, sine, two products
    **aten("_masked_scale", Operator(cost=each("scale"))),
    **aten("addcmul", Operator(cost=_added_product)),
    "archcount.linear_recurrence": Operator(cost=_recurrence),
    **aten("_add_relu", Operator(cost=_add_relu)),
    **aten("relu", Operator(cost=_ACTIVATION, layer=called("relu"), shape=unary)),
    **aten("hardtanh", Operator(cost=_ACTIVATION, layer=_hardtanh, shape=unary)),
    **aten("_prelu_kernel", Operator(cost=_ACTIVATION, layer=_prelu)),
    **aten("clamp clamp_min", Operator(layer=_clamp, shape=unary)),
    **aten("add", Operator(cost=_add_cost, layer=_sum, shape=_broadcast)),
    **aten("sub", Operator(layer=_sum, shape=_broadcast)),
    **aten("mul", Operator(cost=each("scale"), layer=_scaled, shape=_broadcast)),
    **aten("div", Operator(layer=_divided, shape=_broadcast)),
    **aten("neg exp log sqrt rsqrt square pow", Operator(shape=unary)),
}
