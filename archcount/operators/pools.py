"""Pools of maps."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.layers.adaptive_pooling import windows_total
from archcount.operators.convolutions import per_axis, windows
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import LayerName, Operator, aten
from archcount.operators.shapes import Result, contiguous, is_contiguous


def _pool(kind: str, dims: int) -> Operator:
    """Return the operator of a pool of a kind along so many axes."""

    def cost(operation: Operation) -> Charge:
        """Count the window's area per output element."""
        area = prod(per_axis(operation.arguments["kernel_size"], dims))
        return Charge(Cost(pool=area * operation.output.elements))

    def layer(operation: Operation) -> LayerName:
        arguments = operation.arguments
        kernel = per_axis(arguments["kernel_size"], dims)
        pads = per_axis(arguments["padding"], dims)
        places = operation.tensor("self").shape[-dims:]
        is_whole = kernel == places and not any(pads)
        if is_whole and all(size == 1 for size in operation.output.shape[-dims:]):
            return f"global {kind} pool", {"window": kernel, **_divisor(operation, kernel)}
        settings = {
            "kernel": kernel,
            "stride": per_axis(arguments.get("stride") or kernel, dims),
            "pads": tuple((pad, pad) for pad in pads),
            "ceil": bool(arguments.get("ceil_mode")),
            "dilation": per_axis(arguments.get("dilation") or (1,), dims),
            "places": places,
            **_divisor(operation, kernel, pads),
        }
        return f"{kind} pool", settings

    return Operator(cost=cost, layer=layer, shape=_pool_shape)


def _divisor(
    operation: Operation, kernel: Sequence[int], pads: Sequence[int] = ()
) -> dict[str, Any]:
    """Say what the sum of a window is divided by, where that is not its area anyway.

    Only where something is padded does it matter whether that counts. The area as the divisor is
    the same as counting it, but for windows that rounding up lets hang over the edge.
    """
    given = operation.arguments
    divisor, counts = given.get("divisor_override"), given.get("count_include_pad")
    if divisor is not None and (divisor != prod(kernel) or given.get("ceil_mode")):
        return {"divisor_override": divisor}
    if counts is None or not any(pads):
        return {}
    return {"count_include_pad": bool(counts or divisor is not None)}


def _pool_shape(operation: Operation) -> Result:
    """Return a pool of maps: the numbers, and where they were found if that is given too."""
    given = operation.arguments
    source, kernel = operation.tensor("self"), given["kernel_size"]
    dims = 3 if "3d" in operation.name else 2
    if len(source.shape) != dims + 2 or not is_contiguous(source) or not all(source.shape):
        return None
    pads = zip(per_axis(given["padding"], dims), per_axis(kernel, dims), strict=True)
    places = windows(source.shape[2:], kernel, given)
    if places is None or not all(pad <= window // 2 for pad, window in pads):
        return None
    sizes = (*source.shape[:2], *places)
    found = contiguous(sizes, source.dtype)
    return (found, contiguous(sizes, "int64")) if "indices" in operation.name else (found,)


def _adaptive(kind: str, dims: int) -> Operator:
    """Return the operator of a pool to given sizes."""

    def cost(operation: Operation) -> Charge:
        """Count every window, wherever it lies."""
        source, target = operation.tensor("self").shape, operation.output.shape
        windows = [windows_total(source[axis], target[axis]) for axis in range(-dims, 0)]
        return Charge(Cost(pool=prod(source[:-dims]) * prod(windows)))

    def layer(operation: Operation) -> LayerName | None:
        sizes = operation.output.shape[-dims:]
        if kind == "avg" and operation.output.shape == operation.tensor("self").shape:
            return None
        if all(size == 1 for size in sizes):
            return f"global {kind} pool", {}
        return f"adaptive {kind} pool", {"to": "x".join(map(str, sizes))}

    return Operator(cost=cost, layer=layer)


def _windows(operation: Operation) -> Charge:
    """Count the window's area per output element, of eight bits too."""
    kernel = operation.arguments["kernel_size"]
    return Charge(Cost(pool=prod(kernel) * operation.output.elements))


OPERATORS = {
    **aten("max_pool2d_with_indices", _pool("max", 2)),
    **aten("max_pool3d_with_indices", _pool("max", 3)),
    **aten("avg_pool2d", _pool("avg", 2)),
    **aten("avg_pool3d", _pool("avg", 3)),
    **aten("_adaptive_avg_pool2d", _adaptive("avg", 2)),
    **aten("_adaptive_avg_pool3d", _adaptive("avg", 3)),
    **aten("adaptive_max_pool2d", _adaptive("max", 2)),
    **aten("adaptive_max_pool3d", _adaptive("max", 3)),
    "quantized.max_pool1d": Operator(cost=_windows),
    "quantized.max_pool2d": Operator(cost=_windows),
    **aten(
        "fractional_max_pool2d fractional_max_pool3d quantized_max_pool1d quantized_max_pool2d "
        "quantized_max_pool3d",
        Operator(cost=_windows),
    ),
}
