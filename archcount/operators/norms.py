"""Normalisations and softmax."""

from __future__ import annotations

from typing import Any

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation
from archcount.operators.operator import LayerName, LayerRule, Operator, aten, each
from archcount.operators.shapes import Result, contiguous, is_contiguous, is_dense, like


def _normalised(operation: Operation) -> Charge:
    """Count 5 per element (mean, difference, square, its mean, quotient), 1 per trained tensor."""
    trained = sum(operation.arguments[name] is not None for name in ("weight", "bias"))
    return Charge(Cost(norm=(5 + trained) * operation.output.elements))


def _batch_normalised(operation: Operation) -> Charge:
    """Count a scale and a shift by kept statistics; as other norms where they are worked out."""
    if _is_of_batch(operation):
        return _normalised(operation)
    return Charge(Cost(norm=2 * operation.output.elements))


def _is_of_batch(operation: Operation) -> bool:
    """Return whether a batch normalisation works out the statistics of what it is given."""
    return bool(operation.arguments.get("training", operation.name.endswith("with_update")))


def _norm(kind: str) -> LayerRule:
    """Return a rule that names a normalisation by what is trained of it, and over what it goes."""

    def rule(operation: Operation) -> LayerName:
        given = operation.arguments
        settings: dict[str, Any] = {
            name: given.get(key) is not None for name, key in _TRAINED.items()
        }
        if "normalized_shape" in given:
            settings["size"] = "x".join(map(str, given["normalized_shape"]))
        if "group" in given:
            settings["groups"] = given["group"]
        if kind == "batch norm":
            settings["statistics"] = "of the batch" if _is_of_batch(operation) else "kept"
        return kind, settings

    return rule


_TRAINED = {"scale": "weight", "shift": "bias"}


def _softmax(kind: str) -> LayerRule:
    def rule(operation: Operation) -> LayerName:
        dims = len(operation.tensor("self").shape)
        return kind, {"dim": operation.arguments["dim"] % max(dims, 1) - dims}

    return rule


def _batch_norm_shape(operation: Operation) -> Result:
    """Return a batch normalisation in evaluation: statistics are kept in training alone."""
    source = operation.tensor("input")
    if operation.arguments["training"] or not is_dense(source):
        return None
    empty = contiguous((0,), source.dtype)
    return like(source), empty, empty


def _layer_norm_shape(operation: Operation) -> Result:
    """Return a layer normalisation, and the mean and the deviation of each place."""
    source, sizes = operation.tensor("input"), operation.arguments["normalized_shape"]
    kept = len(source.shape) - len(sizes)
    if not is_contiguous(source) or source.dtype != "float32" or source.shape[kept:] != (*sizes,):
        return None
    moments = contiguous((*source.shape[:kept], *[1] * len(sizes)), source.dtype)
    return like(source), moments, moments


def _softmax_shape(operation: Operation) -> Result:
    """Return a softmax in the type of what it reads."""
    given = operation.arguments
    if given.get("half_to_float") or given.get("dtype") is not None:
        return None
    source = operation.tensor("self")
    return (like(source),) if is_contiguous(source) else None


_FIVE = each("softmax", 5)
OPERATORS = {
    **aten(
        "_native_batch_norm_legit _native_batch_norm_legit_no_training cudnn_batch_norm "
        "_batch_norm_with_update _batch_norm_no_update",
        Operator(cost=_batch_normalised, layer=_norm("batch norm")),
    ),
    **aten(
        "native_batch_norm",
        Operator(cost=_batch_normalised, layer=_norm("batch norm"), shape=_batch_norm_shape),
    ),
    **aten(
        "native_layer_norm",
        Operator(cost=_normalised, layer=_norm("layer norm"), shape=_layer_norm_shape),
    ),
    **aten("native_group_norm", Operator(cost=_normalised, layer=_norm("group norm"))),
    **aten("_masked_softmax _sparse_softmax _sparse_log_softmax", Operator(cost=_FIVE)),
    **aten(
        "_softmax _safe_softmax",
        Operator(cost=_FIVE, layer=_softmax("softmax"), shape=_softmax_shape),
    ),
    **aten(
        "_log_softmax", Operator(cost=_FIVE, layer=_softmax("log softmax"), shape=_softmax_shape)
    ),
}
