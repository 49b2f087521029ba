"""Quantization and dequantization, and elementwise operations on quantized tensors.

Their types are no floating point, but they stand for real numbers: all are counted.
"""

from __future__ import annotations

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import Operator, aten, free


def _each(**times: int) -> Operator:
    """Return an operator that costs so many operations per output element, by category."""

    def cost(operation: Operation) -> Charge:
        return Charge(Cost(**times).scaled(operation.output.elements))

    return Operator(cost=cost)


def _quantized(names: str, **times: int) -> dict[str, Operator]:
    return {f"quantized.{name}": _each(**times) for name in names.split()}


OPERATORS = {
    # quotient, rounding, sum
    **aten("quantize_per_tensor quantize_per_channel quantize_per_tensor_dynamic", _each(other=3)),
    **aten("dequantize", _each(other=2)),  # difference, product
    # both, and a clamp
    **aten(
        "fake_quantize_per_tensor_affine_cachemask fake_quantize_per_channel_affine_cachemask "
        "_fake_quantize_per_tensor_affine_cachemask_tensor_qparams "
        "_fake_quantize_learnable_per_tensor_affine _fake_quantize_learnable_per_channel_affine",
        _each(other=6),
    ),
    **aten(
        "int_repr _empty_affine_quantized _empty_per_channel_affine_quantized empty_quantized "
        "_make_per_tensor_quantized_tensor _make_per_channel_quantized_tensor q_scale q_zero_point "
        "q_per_channel_scales q_per_channel_zero_points q_per_channel_axis "
        "_convert_weight_to_int4pack _convert_weight_to_int4pack_for_cpu "
        "_dyn_quant_pack_4bit_weight",
        Operator(cost=free),
    ),
    **_quantized("add add_scalar", add=1),
    **_quantized("add_relu add_scalar_relu", add=1, activation=1),
    **_quantized("mul mul_scalar", scale=1),
    **_quantized("mul_relu mul_scalar_relu", scale=1, activation=1),
    **_quantized("celu clamp elu hardswish leaky_relu prelu relu6 sigmoid threshold", activation=1),
    **_quantized("batch_norm batch_norm1d batch_norm2d batch_norm3d", norm=2),
    **_quantized(
        "batch_norm_relu batch_norm1d_relu batch_norm2d_relu batch_norm3d_relu",
        norm=2,
        activation=1,
    ),
    **_quantized("layer_norm group_norm instance_norm", norm=7),
    **_quantized("softmax", softmax=5),
    **_quantized("cat_relu", activation=1),
    **{
        f"quantized.{name}": Operator(cost=free)
        for name in "cat dropout embedding_byte embedding_4bit embedding_bag_prepack "
        "linear_prepack linear_prepack_fp16 conv1d_prepack conv2d_prepack conv3d_prepack".split()
    },
}
