"""Arithmetic on single numbers: norms, activations, pools, sums; and what costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.layers.adaptive_pooling import windows_total
from archcount.operators.operation import FREE, Charge, Operation, Origin, TensorSpec
from archcount.operators.products import addition
from archcount.operators.rule import Rule


def _each(category: str, times: int = 1) -> Rule:
    """Count `times` operations per output element."""

    def rule(operation: Operation) -> Charge:
        if not operation.output.is_floating:
            return FREE  # indices and masks are no floating point arithmetic
        return Charge(Cost(**{category: times * operation.output.elements}))

    return rule


def _reduced(times: int = 1) -> Rule:
    """Count `times` operations per element that is reduced."""

    def rule(operation: Operation) -> Charge:
        elements = max(spec.elements for spec in operation.tensors())
        return Charge(Cost(other=times * elements)) if operation.output.is_floating else FREE

    return rule


def _mean(operation: Operation) -> Charge:
    """Count an average over all positions of an image as the pool that it is."""
    source = operation.tensor("self")
    dims = {dim % len(source.shape) for dim in operation.arguments.get("dim") or ()}
    spatial = len(source.shape) > 3 and dims == set(range(2, len(source.shape)))
    return Charge(Cost(pool=source.elements) if spatial else Cost(other=source.elements))


def _add(operation: Operation) -> Charge:
    """Count one addition per element: of a bias, where something trained is added."""
    if not operation.output.is_floating:
        return FREE
    first, other = operation.tensor("self"), operation.arguments["other"]
    if not isinstance(other, TensorSpec) or other.origin == first.origin:
        return Charge(Cost(add=operation.output.elements))
    trained = first if first.origin == Origin.WEIGHT else other
    return Charge(addition(trained, operation.output))


def _pool(dims: int) -> Rule:
    """Count the window's area per output element."""

    def rule(operation: Operation) -> Charge:
        kernel: list[int] = operation.arguments["kernel_size"]
        area = kernel[0] ** dims if len(kernel) == 1 else prod(kernel)
        return Charge(Cost(pool=area * operation.output.elements))

    return rule


def _adaptive_pool(dims: int) -> Rule:
    """Count every window, wherever it lies."""

    def rule(operation: Operation) -> Charge:
        source, target = operation.tensor("self").shape, operation.output.shape
        windows = [windows_total(source[axis], target[axis]) for axis in range(-dims, 0)]
        return Charge(Cost(pool=prod(source[:-dims]) * prod(windows)))

    return rule


def _normalised(operation: Operation) -> Charge:
    """Count 5 per element (mean, difference, square, its mean, quotient), 1 per trained tensor."""
    trained = sum(operation.arguments[name] is not None for name in ("weight", "bias"))
    return Charge(Cost(norm=(5 + trained) * operation.output.elements))


def by_kind(operation: Operation) -> Rule | None:
    """Give the rule of an operation without a name of its own: by what it gives.

    What gives no tensor may yet compute one, into an argument or a number.
    """
    if operation.is_view or not (operation.outputs or any(operation.tensors())):
        return _free
    if operation.is_pointwise and operation.outputs:
        return _each("other")
    return None


def _free(operation: Operation) -> Charge:
    return FREE


def _put(operation: Operation) -> Charge:
    """Count one operation for each number that is added where it is put, none where it is set."""
    arguments = operation.arguments
    if not operation.output.is_floating:
        return FREE
    if not arguments.get("accumulate") and arguments.get("reduce") is None:
        return FREE
    given = next(
        (arguments[name] for name in ("values", "src") if name in arguments), operation.output
    )
    return Charge(Cost(other=given.elements))


def _added(operation: Operation) -> Charge:
    """Count one addition for each number of the source."""
    source = operation.arguments.get("src", operation.arguments.get("source"))
    return Charge(Cost(other=source.elements)) if operation.output.is_floating else FREE


def _named(names: str, rule: Any) -> Iterable[tuple[str, Callable[[Operation], Charge]]]:
    return [(f"aten.{name}", rule) for name in names.split()]


RULES: Mapping[str, Rule] = dict(
    (
        *_named(
            "relu relu6 hardtanh leaky_relu elu celu selu silu gelu mish sigmoid tanh hardswish "
            "hardsigmoid softplus threshold _prelu_kernel log_sigmoid_forward glu softshrink "
            "hardshrink rrelu_with_noise",
            _each("activation"),
        ),
        *_named(
            "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training "
            "cudnn_batch_norm _batch_norm_with_update _batch_norm_no_update",
            _each("norm", 2),
        ),
        *_named("native_layer_norm native_group_norm", _normalised),
        *_named("_softmax _log_softmax _safe_softmax", _each("softmax", 5)),
        *_named("max_pool2d_with_indices avg_pool2d", _pool(2)),
        *_named("max_pool3d_with_indices avg_pool3d", _pool(3)),
        *_named("_adaptive_avg_pool2d adaptive_max_pool2d", _adaptive_pool(2)),
        *_named("_adaptive_avg_pool3d adaptive_max_pool3d", _adaptive_pool(3)),
        *_named("mean", _mean),
        *_named("add", _add),
        *_named("mul native_dropout", _each("scale")),
        *_named("upsample_linear1d", _each("other", 3)),
        *_named("upsample_bilinear2d _upsample_bilinear2d_aa", _each("other", 7)),
        *_named("upsample_trilinear3d", _each("other", 15)),
        *_named("upsample_bicubic2d _upsample_bicubic2d_aa", _each("other", 31)),
        *_named("sum prod cumsum cumprod amax amin max min logsumexp nansum", _reduced()),
        *_named("index_put _index_put_impl scatter", _put),
        *_named("scatter_add index_add", _added),
        *_named("linalg_vector_norm norm", _reduced(2)),
        *_named("_weight_norm_interface", _reduced(4)),
        *_named("var std var_mean std_mean", _reduced(4)),
        *_named(
            # what is moved, chosen, made or repeated
            "_unsafe_view squeeze unsqueeze transpose t detach unsafe_split "
            "unsafe_split_with_sizes clone copy cat stack constant_pad_nd reflection_pad1d "
            "reflection_pad2d "
            "reflection_pad3d replication_pad1d replication_pad2d replication_pad3d roll flip "
            "repeat repeat_interleave index index_select _unsafe_index gather "
            "masked_scatter masked_select where masked_fill fill zero tril triu sort topk argsort "
            "embedding im2col pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle "
            "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
            "_upsample_nearest_exact2d _upsample_nearest_exact3d unfold_copy split_with_sizes_copy "
            "empty empty_strided empty_like new_empty new_empty_strided zeros zeros_like new_zeros "
            "ones ones_like new_ones full full_like new_full scalar_tensor arange linspace eye "
            "tril_indices triu_indices _to_copy lift_fresh set_ resize "
            "rand randn randint rand_like randn_like randint_like randperm uniform normal "
            "bernoulli exponential multinomial "
            # what gives indices, masks or numbers to the program
            "argmax argmin any all nonzero _local_scalar_dense item equal is_nonzero one_hot "
            "bincount unique_dim _unique2 searchsorted bucketize isin count_nonzero "
            "_assert_async _assert_tensor_metadata _has_compatible_shallow_copy_type "
            "is_same_size is_set_to _has_same_storage_numel record_stream _use_cudnn_ctc_loss "
            "_use_miopen_ctc_loss _linalg_check_errors _nested_tensor_from_mask_left_aligned "
            "_validate_sparse_coo_tensor_args is_pinned is_coalesced",
            _free,
        ),
    )
)
