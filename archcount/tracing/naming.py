"""What each operation is called as a layer, and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcount.tracing.records import Operation, Origin, TensorSpec

Shape = tuple[int, ...]


def name_layer(operation: Operation, before: Shape) -> tuple[str, dict[str, Any]]:
    """Give the kind and the settings of the layer that an operation is.

    Args:
        operation: the operation.
        before: the shape of what the layer before it gives, before any padding.
    """
    name = operation.name.removeprefix("aten.").removesuffix("_")
    return _MAKERS.get(name, _other)(operation, before)


_Made = tuple[str, dict[str, Any]]


def _conv(operation: Operation, before: Shape) -> _Made:
    weight = operation.tensor("weight").shape
    transposed, groups = operation.arguments["transposed"], operation.arguments["groups"]
    given = operation.tensor("input").shape[1]
    out = operation.output.shape[1]
    has_bias = operation.arguments["bias"] is not None
    kernel = weight[2:]
    places = operation.tensor("input").shape[2:]
    if all(size == 1 for size in (*kernel, *places)) and groups == 1:
        return "linear", {"in": given, "out": out, "bias": has_bias}
    dims = len(kernel)
    settings = {
        "kernel": kernel,
        "stride": _each(operation.arguments["stride"], dims),
        "dilation": _each(operation.arguments["dilation"], dims),
        "groups": "depthwise" if groups == given > 1 else groups,
        "in": given,
        "out": out,
        "bias": has_bias,
        "pads": tuple(2 * pad for pad in _each(operation.arguments["padding"], dims)),
        "places": places,
    }
    if transposed:
        settings["output padding"] = _each(operation.arguments["output_padding"], dims)
    return ("transposed conv" if transposed else "conv"), settings


def _each(values: Sequence[int], dims: int) -> tuple[int, ...]:
    return tuple(values) * dims if len(values) == 1 else tuple(values)


def _product(left: str, right: str, added: str = "") -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        one, other = operation.tensor(left), operation.tensor(right)
        trained = [spec.origin != Origin.INPUT for spec in (one, other)]
        if any(trained):
            weight = other if trained[1] else one
            out = weight.shape[-1] if trained[1] and len(weight.shape) > 1 else weight.shape[0]
            bias = bool(added) and operation.tensor(added).origin == Origin.WEIGHT
            return "linear", {"in": one.shape[-1], "out": out, "bias": bias}
        return "matmul", {"sizes": (one.shape, other.shape)}

    return make


def _pool(kind: str, dims: int) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        arguments = operation.arguments
        kernel = _each(arguments["kernel_size"], dims)
        if kernel == before[-dims:] and all(size == 1 for size in operation.output.shape[-dims:]):
            return f"global {kind} pool", {"window": kernel}
        settings = {
            "kernel": kernel,
            "stride": _each(arguments.get("stride") or kernel, dims),
            "pads": tuple(2 * pad for pad in _each(arguments["padding"], dims)),
            "ceil": bool(arguments.get("ceil_mode")),
            "dilation": _each(arguments.get("dilation") or (1,), dims),
            "places": operation.tensor("self").shape[-dims:],
        }
        return f"{kind} pool", settings

    return make


def _adaptive(kind: str, dims: int) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        sizes = operation.output.shape[-dims:]
        if all(size == 1 for size in sizes):
            return f"global {kind} pool", {}
        return f"adaptive {kind} pool", {"to": "x".join(map(str, sizes))}

    return make


def _reduced(kind: str) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        shape = operation.tensor("self").shape
        dims = {dim % len(shape) for dim in operation.arguments.get("dim") or ()}
        if len(shape) > 2 and dims == set(range(2, len(shape))):
            return f"global {kind} pool", {}
        return f"{kind} over dimensions", {"by": tuple(sorted(dims))}

    return make


def _sum(operation: Operation, before: Shape) -> _Made:
    other = operation.arguments["other"]
    if not isinstance(other, TensorSpec):
        return "shift", {"by": other}
    both = [operation.tensor("self"), other]
    if any(spec.origin == Origin.WEIGHT for spec in both):
        return "bias", {}
    return ("add" if all(spec.origin == Origin.INPUT for spec in both) else "shift"), {}


def _times(operation: Operation, before: Shape) -> _Made:
    other = operation.arguments["other"]
    if isinstance(other, TensorSpec):
        return "mul", {"by": "weights"} if other.origin == Origin.WEIGHT else {}
    return "mul", {"by": other}


def _hardtanh(operation: Operation, before: Shape) -> _Made:
    low, high = operation.arguments["min_val"], operation.arguments["max_val"]
    return ("relu6", {}) if (low, high) == (0, 6) else ("hardtanh", {"by": (low, high)})


def _clamp(operation: Operation, before: Shape) -> _Made:
    low, high = operation.arguments.get("min"), operation.arguments.get("max")
    if low == 0 and high in (None, 6):
        return ("relu" if high is None else "relu6"), {}
    return "clamp", {"by": (low, high)}


def _constant(kind: str, *names: str) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        return kind, {name: operation.arguments[name] for name in names}

    return make


def _softmax(operation: Operation, before: Shape) -> _Made:
    dims = len(operation.tensor("self").shape)
    return "softmax", {"dim": operation.arguments["dim"] % max(dims, 1) - dims}


def _norm(kind: str) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        given = operation.arguments
        settings: dict[str, Any] = {
            name: given.get(key) is not None for name, key in _TRAINED.items()
        }
        if "normalized_shape" in given:
            settings["size"] = "x".join(map(str, given["normalized_shape"]))
        if "group" in given:
            settings["groups"] = given["group"]
        return kind, settings

    return make


_TRAINED = {"scale": "weight", "shift": "bias"}


def _embedding(operation: Operation, before: Shape) -> _Made:
    entries, width = operation.tensor("weight").shape
    return "embedding", {"entries": entries, "out": width}


def _prelu(operation: Operation, before: Shape) -> _Made:
    return "prelu", {"parameters": operation.tensor("weight").elements}


def _other(operation: Operation, before: Shape) -> _Made:
    name = operation.name.removeprefix("aten.").removesuffix("_").strip("_").replace("_", " ")
    kept = {
        key: value
        for key, value in operation.arguments.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }
    return name, kept


_MAKERS: Mapping[str, Callable[[Operation, Shape], _Made]] = {
    "convolution": _conv,
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "mv": _product("self", "vec"),
    "addmm": _product("mat1", "mat2", "self"),
    "baddbmm": _product("batch1", "batch2", "self"),
    "max_pool2d_with_indices": _pool("max", 2),
    "max_pool3d_with_indices": _pool("max", 3),
    "avg_pool2d": _pool("avg", 2),
    "avg_pool3d": _pool("avg", 3),
    "_adaptive_avg_pool2d": _adaptive("avg", 2),
    "adaptive_max_pool2d": _adaptive("max", 2),
    "_adaptive_avg_pool3d": _adaptive("avg", 3),
    "adaptive_max_pool3d": _adaptive("max", 3),
    "mean": _reduced("avg"),
    "amax": _reduced("max"),
    "add": _sum,
    "mul": _times,
    "cat": _constant("concat"),
    "relu": _constant("relu"),
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "_softmax": _softmax,
    "_safe_softmax": _softmax,
    "_log_softmax": _constant("log softmax"),
    "native_layer_norm": _norm("layer norm"),
    "native_group_norm": _norm("group norm"),
    "embedding": _embedding,
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
