"""Two layers that stand for each other: what of their settings is another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from archcount.difference.records import Change
from archcount.tracing.layer import Layer

_FOLLOWING = ("in", "sizes", "window", "pads", "ceil", "places", "vector", "times")
"""Settings that come of what a layer reads, or are judged by the sizes that they give."""


def family(layer: Layer) -> str:
    """Name the kinds that may stand for each other: pools of any type, or else the kind."""
    return "pool" if layer.kind.endswith(" pool") else layer.kind


def is_alike(left: Layer, right: Layer) -> bool:
    """Tell whether a layer may stand for another.

    A window along one axis stands for none along two: their strides and pads share no axes.
    """
    places = [layer.settings["places"] for layer in (left, right) if "places" in layer.settings]
    return family(left) == family(right) and len({len(sizes) for sizes in places}) < 2


def changes(left: Layer, right: Layer) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """Say what of a layer was changed, and what is another without changing a size.

    Args:
        left: a layer.
        right: one that may stand for it.
    """
    one, other = dict(left.settings), dict(right.settings)
    found: list[Change] = []
    if left.kind != right.kind:
        if _is_same_window(left, right):
            return (), ()
        if _type(left) != _type(right):
            found.append(Change("type", _type(left), _type(right)))
        if ("global" in left.kind) != ("global" in right.kind):
            what = "kernel" if "window" in {**one, **other} else "window"
            found.append(Change(what, _window(left), _window(right)))
            return tuple(found), ()
    following: tuple[str, ...] = _FOLLOWING
    if left.kind == "concat":
        following += ("axis",)
    if "times" in one and one["times"] == other.get("times"):
        following += ("to",)
    if one.get("groups") == other.get("groups") == "depthwise":
        following += ("out",)
        times = one["out"] // one["in"], other["out"] // other["in"]
        if times[0] != times[1]:
            found.append(Change("out", f"{times[0]} a channel", f"{times[1]} a channel"))
    for name in one.keys() | other.keys():
        if name not in following and one.get(name) != other.get(name):
            found.append(Change(name, _written(one.get(name)), _written(other.get(name))))
    found.sort(key=lambda change: _ORDER.get(change.what, 9))
    if "pads" in one and "pads" in other:
        pads = (one["pads"], one.get("ceil", False)), (other["pads"], other.get("ceil", False))
        if pads[0] != pads[1]:
            change = Change("padding", _padding(*pads[0]), _padding(*pads[1]))
            if _is_moved(left.kind, one, other):
                found.append(change)
            elif one["kernel"] == other["kernel"] and one["stride"] == other["stride"]:
                return tuple(found), (f"{change}: no size changes",)
    return tuple(found), ()


_ORDER = {"type": 0, "kernel": 1, "stride": 2, "out": 3, "groups": 4, "dilation": 5, "bias": 6}


def _is_same_window(left: Layer, right: Layer) -> bool:
    """Tell whether one pools a whole map of fixed size, and the other a map that has grown."""
    if _type(left) != _type(right) or "divisor" in {**left.settings, **right.settings}:
        return False
    whole, part = (left, right) if "global" in left.kind else (right, left)
    window = whole.settings.get("window")
    return window is not None and window == part.settings.get("kernel")


def _is_moved(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether padding gives another size, beside what kernel and stride do."""
    # What the padding would be, had it only followed the kernel.
    pads = tuple(
        (low, high + theirs - kernel)
        for kernel, (low, high), theirs in zip(
            one["kernel"], one["pads"], other["kernel"], strict=True
        )
    )
    follows = {**other, "pads": pads, "ceil": one.get("ceil", False)}
    sizes = _spread if kind == "transposed conv" else _sizes
    return sizes(one["places"], other) != sizes(one["places"], follows)


def _sizes(before: Sequence[int], settings: Mapping[str, Any]) -> list[int]:
    kernel, stride, pads = settings["kernel"], settings["stride"], settings["pads"]
    dilation = settings.get("dilation") or (1,) * len(kernel)
    found = []
    for size, window, step, pad, gap in zip(before, kernel, stride, pads, dilation, strict=True):
        places = (size + sum(pad) - gap * (window - 1) - 1) / step
        number = ceil(places) if settings.get("ceil") else int(places // 1)
        if settings.get("ceil") and number * step >= size + pad[0]:
            number -= 1  # the last window must start on the map or the padding before it
        found.append(number + 1)
    return found


def _spread(before: Sequence[int], settings: Mapping[str, Any]) -> list[int]:
    """Give the sizes after a transposed convolution, from which its padding is cut away."""
    axes = (settings[name] for name in ("kernel", "stride", "pads", "dilation"))
    return [
        (size - 1) * step - sum(pad) + gap * (window - 1)
        for size, window, step, pad, gap in zip(before, *axes, strict=True)
    ]


def _type(layer: Layer) -> str:
    return layer.kind.removesuffix(" pool").removeprefix("global ").removeprefix("adaptive ")


def _window(layer: Layer) -> str:
    kernel = layer.settings.get("kernel") or layer.settings.get("window")
    return "x".join(map(str, kernel)) if kernel else "the whole map"


def _padding(pads: Sequence[tuple[int, int]], is_ceil: bool) -> str:
    widths = [str(low) if low == high else f"{low}+{high}" for low, high in pads]
    width = widths[0] if len(set(widths)) == 1 else "x".join(widths)
    return f"{width} rounding up" if is_ceil else width


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
