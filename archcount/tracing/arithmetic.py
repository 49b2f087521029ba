"""What combines tensors with tensors or numbers: products, sums, scales and shifts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.tracing.windows import Made


def product(left: str, right: str, added: str = "") -> Callable[[Operation], Made]:
    """Give what names a product of two arguments, and what is added to it.

    Args:
        left: the name of the one.
        right: of the other.
        added: of what is added, where something is.
    """

    def make(operation: Operation) -> Made:
        one, other = operation.tensor(left), operation.tensor(right)
        trained = [spec.origin != Origin.INPUT for spec in (one, other)]
        alpha, beta = (operation.arguments.get(name, 1) for name in ("alpha", "beta"))
        settings: dict[str, Any] = {} if alpha == 1 else {"alpha": _number(alpha)}
        if beta not in (0, 1):
            settings["beta"] = _number(beta)
        if any(trained):
            weight = other if trained[1] else one
            out = weight.shape[-1] if trained[1] and len(weight.shape) > 1 else weight.shape[0]
            bias = bool(added) and operation.tensor(added).origin == Origin.WEIGHT and beta != 0
            return "linear", {"in": one.shape[-1], "out": out, "bias": bias, **settings}
        return "matmul", {"sizes": (one.shape, other.shape), **settings}

    return make


def _number(value: float) -> float:
    """Round what was worked out: 1 / 8 ** 0.5 and 8 ** -0.5 are one number."""
    short = float(f"{value:.12g}")
    return int(short) if short.is_integer() else short


def total(operation: Operation) -> Made:
    """Name a sum or a difference: of layers, with a bias, with other weights, with a number."""
    other, alpha = operation.arguments["other"], operation.arguments.get("alpha", 1)
    sign = -1 if operation.name.startswith("aten.sub") else 1
    if not isinstance(other, TensorSpec):
        return "shift", {"by": _number(sign * alpha * other)}
    settings = {} if alpha == 1 else {"alpha": _number(alpha)}
    both = [operation.tensor("self"), other]
    if sign < 0:
        return "sub", settings
    trained = [spec for spec in both if spec.origin == Origin.WEIGHT]
    if trained:
        sizes = [size for size in trained[0].shape if size != 1]
        if len(sizes) > 1:
            return "add weights", settings
        dims = len(trained[0].shape)
        axis = next((at - dims for at, size in enumerate(trained[0].shape) if size != 1), -1)
        return "bias", {"axis": axis, "vector": trained[0].elements, **settings}
    is_given = all(spec.origin == Origin.INPUT for spec in both)
    return ("add" if is_given else "shift"), settings


def scaled(operation: Operation) -> Made:
    """Name a product of numbers in the same place."""
    other = operation.arguments["other"]
    if isinstance(other, TensorSpec):
        origins = {operation.tensor("self").origin, other.origin}
        return "mul", {"by": "weights"} if Origin.WEIGHT in origins else {}
    return "mul", {"by": _number(other)}


def divided(operation: Operation) -> Made | None:
    """Name a division by a number as the product that it is; None where it is another."""
    other, rounding = (operation.arguments.get(name) for name in ("other", "rounding_mode"))
    if isinstance(other, TensorSpec) or not other or rounding is not None:
        return None
    return "mul", {"by": _number(1 / other)}
