"""Operators of torchvision."""

from __future__ import annotations

from math import prod

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import Operator, free


def _deformed(operation: Operation) -> Charge:
    """Count a convolution, and 7 for each number that it reads between places."""
    weight, source = operation.tensor("weight"), operation.tensor("input")
    output = operation.output
    macs = output.elements * prod(weight.shape[1:])
    places = output.elements // weight.shape[0] if weight.shape[0] else 0
    read = places * source.shape[1] * prod(weight.shape[2:])
    each = 7 + bool(operation.arguments["use_mask"])
    backward = macs * (source.requires_grad + weight.requires_grad)
    return Charge(Cost(conv=macs, bias=output.elements, other=each * read), backward)


def _aligned(operation: Operation) -> Charge | None:
    """Count 7 for each sample of a region, and an addition; None where their number is not told."""
    ratio = operation.arguments["sampling_ratio"]
    if ratio <= 0:  # as many as a region is large
        return None
    return Charge(Cost(other=8 * ratio * ratio * operation.output.elements))


OPERATORS = {
    "torchvision.nms": Operator(cost=free),
    "torchvision.deform_conv2d": Operator(cost=_deformed),
    "torchvision.roi_align": Operator(cost=_aligned),
    "torchvision.ps_roi_align": Operator(cost=_aligned),
}
