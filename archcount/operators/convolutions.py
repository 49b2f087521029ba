"""Convolutions of one to three dimensions: grouped, dilated, transposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import LayerName, Operator, aten
from archcount.operators.products import real_macs
from archcount.operators.shapes import Result, contiguous, is_contiguous


def _cost(operation: Operation) -> Charge:
    """Count one mac per weight and output position; transposed, per weight and input position.

    Weights are (out, in / groups, *kernel), transposed ones (in, out / groups, *kernel).
    """
    source, weight = operation.tensor("input"), operation.tensor("weight")
    positions = source if operation.arguments["transposed"] else operation.output
    macs = real_macs(source, positions.elements * prod(weight.shape[1:]))
    bias = operation.output.elements if operation.arguments["bias"] is not None else 0
    return Charge(Cost(conv=macs, bias=bias), macs * (source.requires_grad + weight.requires_grad))


def _plain(operation: Operation) -> Charge:
    """Count a convolution of one kind of device: its name says whether it is transposed."""
    given = operation.arguments
    source, weight = operation.tensor("self"), operation.tensor("weight")
    if operation.name.endswith("conv_tbc"):  # weights are (kernel, in, out)
        weight = weight._replace(shape=(weight.shape[2], *weight.shape[:2]))
    output = operation.output.elements
    positions = source.elements if "transpose" in operation.name else output
    macs = positions * prod(weight.shape[1:])
    cost = Cost(conv=macs, bias=output * (given.get("bias") is not None))
    if "relu" in operation.name:
        cost += Cost(activation=output, add=output * ("add" in operation.name))
    return Charge(cost, macs * (source.requires_grad + weight.requires_grad))


def _backward(operation: Operation) -> Charge:
    """Count the requested gradients, where a model differentiates as it runs."""
    source, weight, coming = (operation.tensor(name) for name in ("input", "weight", "grad_output"))
    positions = source if operation.arguments["transposed"] else coming
    macs = positions.elements * prod(weight.shape[1:])
    of_source, of_weight, of_bias = operation.arguments["output_mask"]
    # Each gradient is a product of the one that comes with the other operand.
    learnt = of_source * (coming.requires_grad + weight.requires_grad)
    learnt += of_weight * (coming.requires_grad + source.requires_grad)
    cost = Cost(conv=macs * (of_source + of_weight), bias=coming.elements * of_bias)
    return Charge(cost, macs * learnt)


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
    places = windows(source.shape[2:], weight.shape[2:], given)
    if places is None:
        return None
    return (contiguous((source.shape[0], weight.shape[0], *places), source.dtype),)


def windows(
    sizes: Sequence[int], kernel: Sequence[int], given: Mapping[str, Any]
) -> tuple[int, ...] | None:
    """Return how often a window fits along each axis, None where torch must say."""
    settings = (given["stride"] or kernel, given["padding"], given.get("dilation") or (1,))
    axes = [per_axis(values, len(sizes)) for values in (kernel, *settings)]
    if any(len(values) != len(sizes) for values in axes):
        return None
    is_ceil, found = given.get("ceil_mode"), []
    for size, window, step, pad, spread in zip(sizes, *axes, strict=True):
        room = size + 2 * pad - spread * (window - 1) - 1
        if room < 0 or window < 1 or step < 1 or pad < 0 or spread < 1:
            return None
        places = (room + (step - 1 if is_ceil else 0)) // step + 1
        if is_ceil and (places - 1) * step >= size + pad:
            places -= 1  # no window begins beyond the map
        found.append(places)
    return tuple(found)


OPERATORS = {
    **aten("convolution _convolution", Operator(cost=_cost, layer=_layer, shape=_shape)),
    "aten.convolution_overrideable": Operator(cost=_cost, layer=_layer),
    **aten(
        "_slow_conv2d_forward slow_conv3d_forward slow_conv_dilated2d slow_conv_dilated3d "
        "slow_conv_transpose2d slow_conv_transpose3d _conv_depthwise2d conv_depthwise3d conv_tbc "
        "cudnn_convolution cudnn_convolution_transpose "
        "cudnn_convolution_relu cudnn_convolution_add_relu miopen_convolution "
        "miopen_convolution_transpose miopen_depthwise_convolution mkldnn_convolution",
        Operator(cost=_plain),
    ),
    **aten("convolution_backward", Operator(cost=_backward)),
}
