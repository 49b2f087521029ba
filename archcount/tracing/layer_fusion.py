"""Fusion: several operations that come to one layer (padding, biases, response norms)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import Any

from archcount.tracing.channel_axes import CHANNELS
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer


def fused(node: TracedLayer, shape: Sequence[int], nodes: Sequence[TracedLayer]) -> TracedLayer:
    """See one layer where several operations come to one."""
    if node.kind == "div" and len(node.sources) == 2:
        size = _response_norm(nodes, *node.sources)
        if size:
            return replace(node, kind="lrn", settings={"size": size}, sources=node.sources[:1])
    if not node.sources or node.sources[0].layer == INPUT:
        return node
    before = nodes[node.sources[0].layer]
    if before.kind == "pad" and "pads" in node.settings and tuple(shape) == before.output:
        return _with_pad(node, before, nodes)
    if _is_mean_of_means(node, shape, before):
        return replace(node, sources=before.sources, input=before.input)
    if node.kind == "bias" and _is_its_bias(node, shape, before):
        settings = {**before.settings, "bias": True}
        return replace(before, settings=settings, weights=before.weights | node.weights)
    return node


def _is_mean_of_means(node: TracedLayer, shape: Sequence[int], before: TracedLayer) -> bool:
    """Return whether a pool of the whole map takes the mean, or maximum, of those of its rows."""
    word = node.kind.removeprefix("global ").removesuffix(" pool")
    is_part = before.kind == f"{word} over dimensions" and before.settings.get("of") == "places"
    return (
        is_part and prod(shape) == prod(before.output) and "divisor_override" not in node.settings
    )


def _is_its_bias(node: TracedLayer, shape: Sequence[int], layer: TracedLayer) -> bool:
    """Return whether a trained vector is added along the channels that a layer gives."""
    if "alpha" in node.settings or layer.settings.get("bias") is not False:
        return False
    if node.settings["vector"] != layer.settings["out"]:
        return False
    if node.settings["axis"] == CHANNELS:
        return True
    places = layer.settings.get("places", ())
    is_moved = tuple(shape) != layer.output  # such as a map that became a list of its places
    return bool(node.settings["axis"] == (-1 if is_moved else -1 - len(places)))


def _with_pad(node: TracedLayer, pad: TracedLayer, nodes: Sequence[TracedLayer]) -> TracedLayer:
    """Make a padding part of the window that reads it, where the window could pad so itself."""
    by, settings = pad.settings["by"], node.settings
    dims = len(settings["pads"])
    amounts = [*zip(by[::2], by[1::2], strict=True)][::-1]  # as the axes of the window
    if len(amounts) > dims:
        if any(low or high for low, high in amounts[:-dims]):
            return node
        amounts = amounts[-dims:]
    amounts = [(0, 0)] * (dims - len(amounts)) + amounts
    source = pad.sources[0]
    is_positive = source.layer != INPUT and nodes[source.layer].kind in ("relu", "relu6")
    if not _may_join(node, pad.settings, amounts, is_positive):
        return node
    pads = tuple(
        (low + more, high + above)
        for (low, high), (more, above) in zip(settings["pads"], amounts, strict=True)
    )
    places = tuple(
        size - low - high for size, (low, high) in zip(settings["places"], amounts, strict=True)
    )
    mode = pad.settings["padding mode"]
    if node.kind == "avg pool":
        more: dict[str, Any] = {"count_include_pad": True}
    else:
        more = {} if "value" in pad.settings or mode == "zeros" else {"padding mode": mode}
    return replace(
        node,
        settings={**settings, "pads": pads, "places": places, **more},
        sources=(source, *node.sources[1:]),
        input=pad.input,
    )


def _may_join(
    node: TracedLayer, pad: Mapping[str, Any], amounts: Sequence[tuple[int, int]], is_positive: bool
) -> bool:
    settings = node.settings
    has_own = any(low or high for low, high in settings["pads"])
    border = pad.get("value", pad["padding mode"])
    if any(low < 0 or high < 0 for low, high in amounts):
        return False
    if node.kind == "conv":
        return border == "zeros" or ("value" not in pad and not has_own)
    if settings.get("ceil"):
        return False
    if node.kind == "avg pool":
        return border == "zeros" and bool(settings.get("count_include_pad", True))
    if node.kind == "max pool":
        halves = [kernel // 2 for kernel in settings["kernel"]]
        fits = all(max(pair) <= half for pair, half in zip(amounts, halves, strict=True))
        return fits and (border == float("-inf") or (is_positive and border == "zeros"))
    return False


def _response_norm(nodes: Sequence[TracedLayer], source: LayerInput, below: LayerInput) -> int:
    """Return the size of a local response norm, 0 where what is divided by is none."""
    size = 0
    for _ in range(7):
        if below.layer == INPUT:
            return 0
        node = nodes[below.layer]
        if node.kind == "avg pool":
            size = max(node.settings["kernel"])
        if node.kind == "mul" and node.sources == (source, source):
            return size
        if node.kind not in ("pad", "avg pool", "mul", "add", "shift", "pow"):
            return 0
        if len(node.sources) != 1:
            return 0
        below = node.sources[0]
    return 0
