"""What each operation is called as a layer, and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcount.operators.operation import Operation, TensorSpec
from archcount.tracing import arithmetic, windows
from archcount.tracing.windows import Made


def name_layer(operation: Operation) -> Made:
    """Give the kind and the settings of the layer that an operation is."""
    return _MAKERS.get(_bare(operation), _other)(operation)


def is_nothing(operation: Operation) -> bool:
    """Tell whether an operation gives the numbers it reads: plus 0, times 1, a pool of one."""
    name = _bare(operation)
    if name == "cat":
        return len(operation.arguments["tensors"]) == 1
    other = operation.arguments.get("other")
    if name in ("add", "sub"):
        return isinstance(other, int | float) and other == 0
    if name in ("mul", "div"):
        is_plain = operation.arguments.get("rounding_mode") is None
        return is_plain and isinstance(other, int | float) and other == 1
    if name.startswith("_adaptive_avg_pool"):
        return operation.output.shape == operation.tensor("self").shape
    return False


def _bare(operation: Operation) -> str:
    return operation.name.removeprefix("aten.").removesuffix("_")


def _divided(operation: Operation) -> Made:
    return arithmetic.divided(operation) or _other(operation)


def _hardtanh(operation: Operation) -> Made:
    low, high = operation.arguments["min_val"], operation.arguments["max_val"]
    return ("relu6", {}) if (low, high) == (0, 6) else ("hardtanh", {"by": (low, high)})


def _clamp(operation: Operation) -> Made:
    low, high = operation.arguments.get("min"), operation.arguments.get("max")
    if isinstance(low, TensorSpec) or isinstance(high, TensorSpec):
        return _other(operation)
    if low == 0 and high in (None, 6):
        return ("relu" if high is None else "relu6"), {}
    return "clamp", {"by": (low, high)}


def _constant(kind: str) -> Callable[[Operation], Made]:
    def make(operation: Operation) -> Made:
        return kind, {}

    return make


def _concat(operation: Operation) -> Made:
    dims = len(operation.output.shape)
    return "concat", {"axis": operation.arguments["dim"] % max(dims, 1) - dims}


def _softmax(kind: str) -> Callable[[Operation], Made]:
    def make(operation: Operation) -> Made:
        dims = len(operation.tensor("self").shape)
        return kind, {"dim": operation.arguments["dim"] % max(dims, 1) - dims}

    return make


def _norm(kind: str) -> Callable[[Operation], Made]:
    def make(operation: Operation) -> Made:
        given = operation.arguments
        settings: dict[str, Any] = {
            name: given.get(key) is not None for name, key in _TRAINED.items()
        }
        if "normalized_shape" in given:
            settings["size"] = "x".join(map(str, given["normalized_shape"]))
        if "group" in given:
            settings["groups"] = given["group"]
        if kind == "batch norm":
            is_training = given.get("training", operation.name.endswith("with_update"))
            settings["statistics"] = "of the batch" if is_training else "kept"
        return kind, settings

    return make


_TRAINED = {"scale": "weight", "shift": "bias"}


def _embedding(kind: str) -> Callable[[Operation], Made]:
    def make(operation: Operation) -> Made:
        entries, width = operation.tensor("weight").shape
        settings: dict[str, Any] = {"entries": entries, "out": width}
        if "mode" in operation.arguments:
            settings["type"] = ("sum", "mean", "max")[operation.arguments["mode"]]
        return kind, settings

    return make


def _prelu(operation: Operation) -> Made:
    return "prelu", {"parameters": operation.tensor("weight").elements}


def _other(operation: Operation) -> Made:
    """Name an operation by itself, with all that can change a number and is no tensor."""
    name = _bare(operation).strip("_").replace("_", " ")
    dims = max((len(spec.shape) for spec in operation.tensors()), default=1)
    # A roll pairs its axes with its shifts, a Fourier transform halves its last.
    sort = tuple if name.startswith(("roll", "fft")) else sorted
    kept = {
        key: _from_the_end(value, dims, sort) if key in _AXES else _plain(value)
        for key, value in operation.arguments.items()
        if key not in _SILENT and _is_plain(value)
    }
    return name, kept


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return bool(value) and all(map(_is_plain, value))
    return isinstance(value, int | float | str)


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def _from_the_end(value: Any, dims: int, sort: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple):
        return tuple(sort([_from_the_end(item, dims, sort) for item in value]))
    return value % max(dims, 1) - dims if isinstance(value, int) else value


_AXES = frozenset({"dim", "dims", "dim0", "dim1"})
_SILENT = frozenset(
    "eps momentum keepdim half_to_float pin_memory non_blocking implicit size output_size "
    "input_size cudnn_enabled sparse scale_grad_by_freq".split()
)
"""Arguments that change no number, are told by the shapes, or are constants of a norm."""


_MAKERS: Mapping[str, Callable[[Operation], Made]] = {
    "convolution": windows.conv,
    "mm": arithmetic.product("self", "mat2"),
    "bmm": arithmetic.product("self", "mat2"),
    "mv": arithmetic.product("self", "vec"),
    "addmm": arithmetic.product("mat1", "mat2", "self"),
    "baddbmm": arithmetic.product("batch1", "batch2", "self"),
    "max_pool2d_with_indices": windows.pool("max", 2),
    "max_pool3d_with_indices": windows.pool("max", 3),
    "avg_pool2d": windows.pool("avg", 2),
    "avg_pool3d": windows.pool("avg", 3),
    "_adaptive_avg_pool2d": windows.adaptive("avg", 2),
    "adaptive_max_pool2d": windows.adaptive("max", 2),
    "_adaptive_avg_pool3d": windows.adaptive("avg", 3),
    "adaptive_max_pool3d": windows.adaptive("max", 3),
    "mean": windows.reduced("avg"),
    "amax": windows.reduced("max"),
    "constant_pad_nd": windows.pad,
    **{f"{way}_pad{n}d": windows.pad for way in ("reflection", "replication") for n in (1, 2, 3)},
    **dict.fromkeys(
        "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d "
        "_upsample_nearest_exact2d _upsample_nearest_exact3d upsample_linear1d "
        "upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d _upsample_bilinear2d_aa "
        "_upsample_bicubic2d_aa".split(),
        windows.resized,
    ),
    "add": arithmetic.total,
    "sub": arithmetic.total,
    "mul": arithmetic.scaled,
    "div": _divided,
    "cat": _concat,
    "relu": _constant("relu"),
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "_softmax": _softmax("softmax"),
    "_safe_softmax": _softmax("softmax"),
    "_log_softmax": _softmax("log softmax"),
    "native_layer_norm": _norm("layer norm"),
    "native_group_norm": _norm("group norm"),
    "embedding": _embedding("embedding"),
    "_embedding_bag": _embedding("embedding bag"),
    "_embedding_bag_forward_only": _embedding("embedding bag"),
    "_prelu_kernel": _prelu,
    "copy": _constant("write"),
    **dict.fromkeys(
        (
            "native_batch_norm",
            "_native_batch_norm_legit",
            "_native_batch_norm_legit_no_training",
            "cudnn_batch_norm",
            "_batch_norm_with_update",
            "_batch_norm_no_update",
        ),
        _norm("batch norm"),
    ),
}
