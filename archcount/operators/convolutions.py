"""Convolutions of one to three dimensions: grouped, dilated, transposed."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.rule import Rule


def convolution(operation: Operation) -> Charge:
    """Count one mac per weight and output position; transposed, per weight and input position.

    Weights are (out, in / groups, *kernel), transposed ones (in, out / groups, *kernel).
    """
    source, weight = operation.tensor("input"), operation.tensor("weight")
    positions = source if operation.arguments["transposed"] else operation.output
    macs = positions.elements * prod(weight.shape[1:])
    bias = operation.output.elements if operation.arguments["bias"] is not None else 0
    return Charge(Cost(conv=macs, bias=bias), macs * (source.requires_grad + weight.requires_grad))


RULES: Mapping[str, Rule] = {
    "aten.convolution": convolution,
}
