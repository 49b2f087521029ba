"""Products with grouped, scaled or packed weights: experts, and weights of 8 bits and fewer."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import CostRule, Operator, aten
from archcount.operators.products import product
from archcount.operators.shapes import Result, contiguous


def _grouped(operation: Operation, left: str = "self", right: str = "mat2") -> Charge:
    """Count a product of each group: a group has rows, columns or steps of its own.

    All rows are counted, also those that lie behind the last group.
    """
    one, other = operation.tensor(left), operation.tensor(right)
    rows = one.elements
    if len(one.shape) > len(other.shape):  # each group has columns of its own
        rows = prod(one.shape[1:])
    return product(operation, one, other, rows * other.shape[-1], "bias")


def _grouped_shape(operation: Operation) -> Result:
    """Return the product of each group: torch knows it of bfloat16 alone on the meta device."""
    one, other = operation.tensor("self"), operation.tensor("mat2")
    given = operation.arguments
    width = _ALIGNED.get(one.dtype)
    if width is None or one.dtype != other.dtype or given.get("out_dtype") is not None:
        return None
    if any(step != 1 and step % width for spec in (one, other) for step in spec.layout[1:]):
        return None
    dims = (len(one.shape), len(other.shape))
    if one.shape[-1] != other.shape[-2] or dims not in _GROUPED_DIMS or given.get("bias"):
        return None
    offsets = given.get("offs")
    if (offsets is None) != (dims == (3, 3)):
        return None
    groups = max(one.shape[0], other.shape[0]) if offsets is None else offsets.shape[0]
    if any(groups != spec.shape[0] for spec in (one, other) if len(spec.shape) == 3):
        return None
    shape = (one.shape[-2], other.shape[-1])
    return (contiguous(shape if dims in ((2, 3), (3, 2)) else (groups, *shape), one.dtype),)


_ALIGNED = {"float32": 4, "float16": 8}
"""How many numbers 16 bytes hold, of which every step has to be a multiple."""
_GROUPED_DIMS = ((2, 3), (3, 2), (2, 2), (3, 3))


def _of_rows(left: str, right: str) -> CostRule:
    """Return a rule for a product whose right operand is packed: a row of the left an output."""

    def rule(operation: Operation) -> Charge:
        one, other = operation.tensor(left), operation.tensor(right)
        return product(operation, one, other, operation.output.elements * one.shape[-1], "bias")

    return rule


def _quantized_linear(operation: Operation, activation: int = 0) -> Charge:
    """Count a linear layer of eight bits, whose weight and bias lie in an object of torch."""
    source, output = operation.tensor("X"), operation.output.elements
    _, bias = unpacked(operation.arguments["W_prepack"])
    cost = Cost(linear=output * source.shape[-1], activation=activation * output)
    return Charge(cost + Cost(bias=output * (bias is not None)))


def _quantized_conv(operation: Operation, activation: int = 0, added: int = 0) -> Charge:
    """Count a convolution of eight bits, whose weight and bias lie in an object of torch."""
    given, output = operation.arguments, operation.output.elements
    packed = given.get("packed_weight", given.get("weight"))
    weight, bias = unpacked(packed)
    positions = operation.tensor("qx").elements if "transpose" in operation.name else output
    macs = positions * prod(weight.shape[1:])
    biased = output * (bias is not None)
    return Charge(Cost(conv=macs, bias=biased, activation=activation * output, add=added * output))


def _recurrent(gates: int, **each: int) -> CostRule:
    """Return a rule for recurrent layers of eight bits.

    Args:
        gates: how many products with the input and the state each has.
        **each: other operations for each number of the state, by category; biases are two a gate.
    """

    def rule(operation: Operation) -> Charge:
        given = operation.arguments
        source = given.get("input", given.get("data"))
        state = given["hx"][0] if isinstance(given["hx"], list) else given["hx"]
        width, steps = state.shape[-1], source.elements // max(source.shape[-1], 1)
        layers = given.get("num_layers", 1)
        ways = 1 + bool(given.get("bidirectional"))
        read = source.shape[-1] + (layers - 1) * ways * width + layers * width
        numbers = steps * ways * width
        beside = Cost(bias=2 * gates * bool(given.get("has_biases", True)), **each)
        return Charge(Cost(linear=numbers * gates * read) + beside.scaled(numbers * layers))

    return rule


def unpacked(packed: Any) -> tuple[Any, Any]:
    """Return the weight and the bias that an object of torch's quantized layers holds."""
    weight, bias = packed.unpack()
    return weight, bias


_LSTM = _recurrent(4, activation=5, scale=3, add=5)
_GRU = _recurrent(3, activation=3, scale=2, add=4, other=1)
_RNN = _recurrent(1, activation=1, add=1)
_CONVS = ("conv1d", "conv2d", "conv3d")
OPERATORS = {
    **aten("_grouped_mm", Operator(cost=_grouped, shape=_grouped_shape)),
    **aten("_scaled_grouped_mm _scaled_grouped_mm_v2", Operator(cost=_grouped)),
    # Of transformers, where torch's own is not to be had.
    "transformers.grouped_mm_fallback": Operator(
        cost=partial(_grouped, left="input", right="weight")
    ),
    **aten(
        "_scaled_mm _scaled_mm_v2 _weight_int8pack_mm _weight_int4pack_mm "
        "_weight_int4pack_mm_for_cpu _weight_int4pack_mm_with_scales_and_zeros",
        Operator(cost=_of_rows("self", "mat2")),
    ),
    **aten("_dyn_quant_matmul_4bit", Operator(cost=_of_rows("inp", "packed_weights"))),
    **aten("_mixed_dtypes_linear", Operator(cost=_of_rows("input", "weight"))),
    **{
        f"quantized.linear{name}": Operator(cost=_quantized_linear)
        for name in ("", "_dynamic", "_dynamic_fp16")
    },
    **{
        f"quantized.linear_{name}": Operator(cost=partial(_quantized_linear, activation=1))
        for name in ("relu", "relu_dynamic", "relu_dynamic_fp16", "leaky_relu", "tanh")
    },
    **{
        f"quantized.{conv}{dynamic}": Operator(cost=_quantized_conv)
        for kind in _CONVS
        for conv in (kind, kind.replace("conv", "conv_transpose"))
        for dynamic in ("", "_dynamic")
    },
    **{
        f"quantized.{conv}_relu": Operator(cost=partial(_quantized_conv, activation=1))
        for conv in _CONVS
    },
    "quantized.matmul": Operator(cost=_of_rows("qa", "qb")),
    **aten("quantized_lstm", Operator(cost=_LSTM)),
    "quantized.quantized_lstm_cell_dynamic": Operator(cost=_LSTM),
    **aten("quantized_gru", Operator(cost=_GRU)),
    "quantized.quantized_gru_cell_dynamic": Operator(cost=_GRU),
    "quantized.quantized_rnn_tanh_cell_dynamic": Operator(cost=_RNN),
    "quantized.quantized_rnn_relu_cell_dynamic": Operator(cost=_RNN),
    "quantized.conv2d_add": Operator(cost=partial(_quantized_conv, added=1)),
    "quantized.conv2d_add_relu": Operator(cost=partial(_quantized_conv, activation=1, added=1)),
}
