"""What slides over a map, or changes its size: convolutions, pools, padding, resizing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcount.operators.operation import Operation

Made = tuple[str, dict[str, Any]]
"""The kind of a layer, and its settings."""


def conv(operation: Operation) -> Made:
    """Name a convolution; one of 1x1 on a map of one place is a linear layer."""
    weight = operation.tensor("weight").shape
    transposed, groups = operation.arguments["transposed"], operation.arguments["groups"]
    given = operation.tensor("input").shape[1]
    out = operation.output.shape[1]
    has_bias = operation.arguments["bias"] is not None
    kernel = weight[2:]
    dims = len(kernel)
    places = operation.tensor("input").shape[2:]
    pads = _each(operation.arguments["padding"], dims)
    sizes = (*kernel, *places, *operation.output.shape[2:])
    if all(size == 1 for size in sizes) and not any(pads) and groups == 1:
        return "linear", {"in": given, "out": out, "bias": has_bias}
    settings = {
        "kernel": kernel,
        "stride": _each(operation.arguments["stride"], dims),
        "dilation": _each(operation.arguments["dilation"], dims),
        "groups": "depthwise" if groups == given > 1 else groups,
        "in": given,
        "out": out,
        "bias": has_bias,
        "pads": tuple((pad, pad) for pad in pads),
        "places": places,
    }
    if transposed:
        settings["output padding"] = _each(operation.arguments["output_padding"], dims)
        return "transposed conv", settings
    return "conv", {**settings, "padding mode": "zeros"}


def _each(values: Sequence[int], dims: int) -> tuple[int, ...]:
    return tuple(values) * dims if len(values) == 1 else tuple(values)


def pool(kind: str, dims: int) -> Callable[[Operation], Made]:
    """Give what names a pool of a kind along so many axes."""

    def make(operation: Operation) -> Made:
        arguments = operation.arguments
        kernel = _each(arguments["kernel_size"], dims)
        pads = _each(arguments["padding"], dims)
        places = operation.tensor("self").shape[-dims:]
        is_whole = kernel == places and not any(pads)
        if is_whole and all(size == 1 for size in operation.output.shape[-dims:]):
            return f"global {kind} pool", {"window": kernel, **_divisor(operation)}
        settings = {
            "kernel": kernel,
            "stride": _each(arguments.get("stride") or kernel, dims),
            "pads": tuple((pad, pad) for pad in pads),
            "ceil": bool(arguments.get("ceil_mode")),
            "dilation": _each(arguments.get("dilation") or (1,), dims),
            "places": places,
            **_divisor(operation),
        }
        if any(pads) and not arguments.get("count_include_pad", True):
            settings["counts padding"] = False
        return f"{kind} pool", settings

    return make


def _divisor(operation: Operation) -> dict[str, Any]:
    divisor = operation.arguments.get("divisor_override")
    return {} if divisor is None else {"divisor": divisor}


def adaptive(kind: str, dims: int) -> Callable[[Operation], Made]:
    """Give what names a pool to given sizes."""

    def make(operation: Operation) -> Made:
        sizes = operation.output.shape[-dims:]
        if all(size == 1 for size in sizes):
            return f"global {kind} pool", {}
        return f"adaptive {kind} pool", {"to": "x".join(map(str, sizes))}

    return make


def reduced(kind: str) -> Callable[[Operation], Made]:
    """Give what names a mean or a maximum: over all places it is a global pool."""

    def make(operation: Operation) -> Made:
        shape = operation.tensor("self").shape
        dims = {dim % len(shape) for dim in operation.arguments.get("dim") or ()}
        if len(shape) > 2 and dims == set(range(2, len(shape))):
            return f"global {kind} pool", {}
        return f"{kind} over dimensions", {"by": tuple(sorted(dims))}

    return make


def resized(operation: Operation) -> Made:
    """Name an upsampling: by sizes and by how often, whichever its code was given."""
    given = operation.arguments
    kind = operation.name.removeprefix("aten.").strip("_").replace("_", " ")
    name = "self" if "self" in given else "input"
    before = operation.tensor(name).shape[2:]
    after = operation.output.shape[2:]
    times = tuple(size / old for size, old in zip(after, before, strict=True))
    settings: dict[str, Any] = {"to": "x".join(map(str, after)), "times": times}
    is_aligned = bool(given.get("align_corners"))
    if "align_corners" in given:
        settings["align corners"] = is_aligned
    scales = [value for key, value in given.items() if key.startswith("scale")]
    scales = scales[0] if len(scales) == 1 and isinstance(scales[0], list) else scales
    # A factor that is not what the sizes come to is used where places are worked out from it.
    if None not in scales and tuple(scales) != times and scales and not is_aligned:
        settings["scales"] = tuple(scales)
    return kind, settings


_BORDERS = {"reflection": "reflect", "replication": "replicate"}


def pad(operation: Operation) -> Made:
    """Name a padding: what is added at each side, the last axis first, and what stands there."""
    amount = operation.arguments.get("pad", operation.arguments.get("padding"))
    assert amount is not None, f"{operation.name}: no widths"
    border = operation.name.removeprefix("aten.").partition("_pad")[0]
    if border in _BORDERS:
        return "pad", {"by": tuple(amount), "mode": _BORDERS[border]}
    return "pad", {"by": tuple(amount), "value": operation.arguments["value"]}
