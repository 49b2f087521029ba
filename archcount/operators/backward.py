"""Operators of the backward pass, for models that differentiate as they run.

Products of a backward pass are in `products` and `convolutions`; these are the operators between.
"""

from __future__ import annotations

from math import prod

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import Operator, aten, each, free


def _normalised(operation: Operation) -> Charge:
    """Count 10 per element, and what gradients of a scale (2) and of a shift (1) take.

    Normalised once more (2), scaled (1), its mean (1), its product with the normalised (1) and the
    mean of that (1), their product (1), two differences and a quotient (3).
    """
    given = operation.arguments
    is_trained = given.get("weight") is not None
    coming = given.get("grad_out", given.get("grad_output"))
    return Charge(Cost(norm=(10 + 3 * is_trained) * coming.elements))


def _per_gradient(category: str, times: int) -> Operator:
    """Return an operator that costs so many operations for each number that comes back."""

    def cost(operation: Operation) -> Charge:
        coming = operation.arguments.get("grad_output", operation.arguments.get("grad"))
        return Charge(Cost(**{category: times * coming.elements}))

    return Operator(cost=cost)


def _windows(operation: Operation) -> Charge:
    """Count the window's area for each number that comes back to an average."""
    area = prod(operation.arguments["kernel_size"])
    return Charge(Cost(pool=area * operation.tensor("grad_output").elements))


def _each(names: str, operator: Operator) -> dict[str, Operator]:
    return aten(" ".join(f"{name}_backward" for name in names.split()), operator)


OPERATORS = {
    **_each(
        "threshold hardtanh hardswish hardsigmoid elu gelu leaky_relu mish softplus silu "
        "log_sigmoid glu sigmoid tanh hardshrink softshrink _prelu_kernel rrelu_with_noise",
        Operator(cost=each("activation")),
    ),
    # product, its sum, difference, product
    **aten("_softmax_backward_data _log_softmax_backward_data", Operator(cost=each("softmax", 4))),
    **_each(
        "native_layer_norm native_group_norm native_batch_norm cudnn_batch_norm",
        Operator(cost=_normalised),
    ),
    **_each("native_dropout", Operator(cost=each("scale"))),
    **_each("max_pool2d_with_indices max_pool3d_with_indices", _per_gradient("pool", 1)),
    **_each("adaptive_max_pool2d adaptive_max_pool3d", _per_gradient("pool", 1)),
    **_each("avg_pool2d avg_pool3d", Operator(cost=_windows)),
    **_each("_adaptive_avg_pool2d _adaptive_avg_pool3d", Operator(cost=each("pool"))),
    **_each("embedding_dense", _per_gradient("other", 1)),
    **_each("upsample_linear1d", _per_gradient("other", 3)),
    **_each("upsample_bilinear2d _upsample_bilinear2d_aa", _per_gradient("other", 7)),
    **_each("upsample_trilinear3d", _per_gradient("other", 15)),
    **_each("upsample_bicubic2d _upsample_bicubic2d_aa", _per_gradient("other", 31)),
    **_each(
        "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d _upsample_nearest_exact3d reflection_pad1d reflection_pad2d "
        "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d",
        _per_gradient("other", 1),
    ),
    # difference and two products
    **_each("mse_loss smooth_l1_loss huber_loss", Operator(cost=each("other", 3))),
    **_each(
        "select slice diagonal index_select masked_select nll_loss nll_loss2d", Operator(cost=free)
    ),
}
