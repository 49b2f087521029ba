"""Changes of padding: those that change a size, and those that change numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from archcount.difference.model_difference import SettingChange
from archcount.tracing.traced_layer import TracedLayer


def padded(
    left: TracedLayer, right: TracedLayer
) -> tuple[tuple[SettingChange, ...], tuple[str, ...]]:
    """Return the changes of padding, and remarks on those that change no size.

    A pool that rounds its size up reaches as far as one that pads, which papers do not tell
    apart; a convolution that pads elsewhere gives other numbers.
    """
    one, other = left.settings, right.settings
    if "pads" not in one or "pads" not in other:
        return (), ()
    pads = (one["pads"], one.get("ceil", False)), (other["pads"], other.get("ceil", False))
    if pads[0] == pads[1]:
        return (), ()
    change = SettingChange("padding", _padding(*pads[0]), _padding(*pads[1]))
    is_alike = one["kernel"] == other["kernel"] and one["stride"] == other["stride"]
    is_conv = left.kind == "conv" and is_alike and one["dilation"] == other["dilation"]
    if is_conv or _is_moved(left.kind, one, other):
        return (change,), ()
    return (), (f"{change}: no size changes",) if is_alike else ()


def _is_moved(kind: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether padding gives another size, beside what kernel and stride do."""
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
    """Return the sizes after a transposed convolution, from which its padding is cut away."""
    axes = (settings[name] for name in ("kernel", "stride", "pads", "dilation"))
    return [
        (size - 1) * step - sum(pad) + gap * (window - 1)
        for size, window, step, pad, gap in zip(before, *axes, strict=True)
    ]


def _padding(pads: Sequence[tuple[int, int]], is_ceil: bool) -> str:
    widths = [str(low) if low == high else f"{low}+{high}" for low, high in pads]
    width = widths[0] if len(set(widths)) == 1 else "x".join(widths)
    return f"{width} rounding up" if is_ceil else width
