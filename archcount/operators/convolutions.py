"""Convolutions of one to three dimensions: grouped, dilated, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import LayerName, Operator
from archcount.operators.shapes import Result, contiguous, is_contiguous


def _cost(operation: Operation) -> Charge:
    """Count one mac per weight and output position; transposed, per weight and input position.

    Weights are (out, in / groups, *kernel), transposed ones (in, out / groups, *kernel).
    """
    source, weight = operation.tensor("input"), operation.tensor("weight")
    positions = source if operation.arguments["transposed"] else operation.output
    macs = positions.elements * prod(weight.shape[1:])
    bias = operation.output.elements if operation.arguments["bias"] is not None else 0
    return Charge(Cost(conv=macs, bias=bias), macs * (source.requires_grad + weight.requires_grad))


def _layer(operation: Operation) -> LayerName:
    """Name a convolution; one of 1x1 on a map of one place is a linear layer."""
    weight = operation.tensor("weight").shape
    transposed, groups = operation.arguments["transposed"], operation.arguments["groups"]
    given = operation.tensor("input").shape[1]
    out = operation.output.shape[1]
    has_bias = operation.arguments["bias"] is not None
    kernel = weight[2:]
    dims = len(kernel)
    places = operation.tensor("input").shape[2:]
    pads = per_axis(operation.arguments["padding"], dims)
    sizes = (*kernel, *places, *operation.output.shape[2:])
    if all(size == 1 for size in sizes) and not any(pads) and groups == 1:
        return "linear", {"in": given, "out": out, "bias": has_bias}
    settings = {
        "kernel": kernel,
        "stride": per_axis(operation.arguments["stride"], dims),
        "dilation": per_axis(operation.arguments["dilation"], dims),
        "groups": "depthwise" if groups == given > 1 else groups,
        "in": given,
        "out": out,
        "bias": has_bias,
        "pads": tuple((pad, pad) for pad in pads),
        "places": places,
    }
    if transposed:
        settings["output padding"] = per_axis(operation.arguments["output_padding"], dims)
        return "transposed conv", settings
    return "conv", {**settings, "padding mode": "zeros"}


def per_axis(values: Sequence[int], dims: int) -> tuple[int, ...]:
    """Return a value for each axis, where one may stand for all."""
    return tuple(values) * dims if len(values) == 1 else tuple(values)


def _shape(operation: Operation) -> Result:
    """Return a convolution that is not transposed."""
    given = operation.arguments
    source, weight, bias = given["input"], given["weight"], given["bias"]
    dims = len(weight.shape) - 2
    if given["transposed"] or len(source.shape) != dims + 2 or not is_contiguous(source):
        return None
    if source.dtype != weight.dtype or not is_contiguous(weight) or not all(source.shape):
        return None
    if bias is not None and (bias.shape != weight.shape[:1] or bias.dtype != weight.dtype):
        return None
    if source.shape[1] != weight.shape[1] * given["groups"] or weight.shape[0] % given["groups"]:
        return None
    sizes = [source.shape[0], weight.shape[0]]
    for axis in range(dims):
        step, pad, spread = (
            values[axis] if len(values) > 1 else values[0]
            for values in (given["stride"], given["padding"], given["dilation"])
        )
        room = source.shape[axis + 2] + 2 * pad - spread * (weight.shape[axis + 2] - 1) - 1
        if room < 0 or step < 1 or pad < 0 or spread < 1:
            return None
        sizes.append(room // step + 1)
    return (contiguous(sizes, source.dtype),)


OPERATORS = {"aten.convolution": Operator(cost=_cost, layer=_layer, shape=_shape)}
