"""Arithmetic on single numbers: norms, activations, pools, sums; and what costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from math import prod
from typing import Any

from archcount.layers import Cost
from archcount.layers.adaptive_pooling import windows_total
from archcount.tracing.costs.products import addition
from archcount.tracing.costs.rule import Rule
from archcount.tracing.records import FREE, Charge, Operation, Origin, TensorSpec


def _each(category: str, times: int = 1) -> Rule:
    """Count `times` operations per output element."""

    def rule(operation: Operation) -> Charge:
        if not operation.output.is_floating:
            return FREE  # indices and masks are no floating point arithmetic
        return Charge(Cost(**{category: times * operation.output.elements}))

    return rule


def _reduced(operation: Operation) -> Charge:
    """Count one operation per element that is reduced."""
    source = next(operation.tensors())
    return Charge(Cost(other=source.elements)) if operation.output.is_floating else FREE


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


def _named(names: str, rule: Any) -> Iterable[tuple[str, Callable[[Operation], Charge]]]:
    return [(f"aten.{name}", rule) for name in names.split()]


RULES: Mapping[str, Rule] = dict(
    (
        *_named(
            "relu hardtanh leaky_relu elu silu gelu mish sigmoid tanh hardswish hardsigmoid "
            "softplus threshold _prelu_kernel log_sigmoid_forward glu softshrink hardshrink",
            _each("activation"),
        ),
        *_named(
            "native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_no_training "
            "cudnn_batch_norm _batch_norm_with_update _batch_norm_no_update",
            _each("norm", 2),
        ),
        *_named("_softmax _log_softmax _safe_softmax", _each("softmax", 5)),
        *_named("max_pool2d_with_indices avg_pool2d max_pool2d", _pool(2)),
        *_named("max_pool3d_with_indices avg_pool3d max_pool3d", _pool(3)),
        *_named("max_pool1d avg_pool1d", _pool(1)),
        *_named("_adaptive_avg_pool2d adaptive_max_pool2d", _adaptive_pool(2)),
        *_named("_adaptive_avg_pool3d adaptive_max_pool3d", _adaptive_pool(3)),
        *_named("mean", _mean),
        *_named("add", _add),
        *_named("mul", _each("scale")),
        *_named("sub rsub div pow exp log sqrt rsqrt reciprocal abs neg sin cos", _each("other")),
        *_named("sum", _reduced),
        *_named(
            "view _unsafe_view _reshape_alias t transpose permute expand squeeze unsqueeze slice "
            "select split unbind detach alias clone copy_ cat stack constant_pad_nd empty zeros "
            "ones full empty_like zeros_like ones_like _to_copy as_strided lift_fresh arange",
            lambda operation: FREE,
        ),
    )
)
