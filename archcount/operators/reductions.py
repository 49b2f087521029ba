"""Reductions: sums, means, extrema and norms over axes."""

from __future__ import annotations

from archcount.layers import Cost
from archcount.operators.operation import FREE, Charge, Operation
from archcount.operators.operator import CostRule, LayerName, LayerRule, Operator, aten
from archcount.operators.shapes import Result, contiguous, is_contiguous


def _summed(times: int = 1) -> CostRule:
    """Return a rule that counts `times` operations per element that is reduced."""

    def rule(operation: Operation) -> Charge:
        elements = max(spec.elements for spec in operation.tensors())
        return Charge(Cost(other=times * elements)) if operation.output.is_floating else FREE

    return rule


def _mean(operation: Operation) -> Charge:
    """Count a mean over all positions of an image as a global average pool."""
    source = operation.tensor("self")
    is_pool = len(source.shape) > 3 and _axes(operation) == {*range(2, len(source.shape))}
    return Charge(Cost(pool=source.elements) if is_pool else Cost(other=source.elements))


def _axes(operation: Operation) -> set[int]:
    dims = len(operation.tensor("self").shape)
    return {axis % dims for axis in operation.arguments.get("dim") or ()}


def _over(kind: str) -> LayerRule:
    """Return a rule that names a mean or a maximum: over all places it is a global pool.

    Over one place it is no layer.
    """

    def rule(operation: Operation) -> LayerName | None:
        shape, axes = operation.tensor("self").shape, _axes(operation)
        dims = len(shape)
        if axes and 0 not in axes and all(shape[axis] == 1 for axis in axes):
            return None
        if dims > 2 and axes == {*range(2, dims)}:
            return f"global {kind} pool", {}
        return f"{kind} over dimensions", {"by": tuple(sorted(axes))}

    return rule


def _reduced_shape(operation: Operation) -> Result:
    """Return a sum or mean over some axes."""
    source, given = operation.tensor("self"), operation.arguments
    axes, dims = given.get("dim"), len(source.shape)
    if (
        not axes
        or not all(source.shape)
        or not is_contiguous(source)
        or given.get("dtype") is not None
    ):
        return None
    gone = {axis % dims for axis in axes if -dims <= axis < dims}
    if len(gone) < len(axes):  # an axis twice, or that is not there
        return None
    if given.get("keepdim"):
        sizes = [1 if axis in gone else size for axis, size in enumerate(source.shape)]
    else:
        sizes = [size for axis, size in enumerate(source.shape) if axis not in gone]
    return (contiguous(sizes, source.dtype),)


def _diagonal(operation: Operation) -> Charge:
    """Count an addition for each number of a diagonal."""
    return Charge(Cost(other=min(operation.tensor("self").shape)))


OPERATORS = {
    **aten("mean", Operator(cost=_mean, layer=_over("avg"), shape=_reduced_shape)),
    **aten("amax", Operator(cost=_summed(), layer=_over("max"), shape=_reduced_shape)),
    **aten(
        "sum prod cumsum cumprod amin max min logsumexp nansum cummax cummin _cummax_helper "
        "_cummin_helper segment_reduce _sparse_sum",
        Operator(cost=_summed()),
    ),
    # both ends; a power and a sum; a place and a sum
    **aten("aminmax _aminmax", Operator(cost=_summed(2))),
    **aten("linalg_vector_norm norm native_norm linalg__powsum", Operator(cost=_summed(2))),
    **aten("histc histogram", Operator(cost=_summed(2))),
    # difference, power, sum; exponential, sum, logarithm; power, sum, scale
    **aten("dist renorm logcumsumexp _logcumsumexp", Operator(cost=_summed(3))),
    **aten("_weight_norm_interface var std var_mean std_mean", Operator(cost=_summed(4))),
    **aten("trace", Operator(cost=_diagonal)),
}
