"""Means over all places, of a map with its channels first or last, or of a sequence of tokens."""

from __future__ import annotations

from itertools import combinations
from math import prod

from archcount.tracing.traced_layer import TracedLayer


def is_same_mean(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether two layers take the same mean, or maximum, over all places of what they read.

    Which axis has the channels is not known, but how many numbers are left: where no other axis is
    as long, nor several together, they can be the channels alone.
    """
    sorts = {_sort(left), _sort(right)}
    if len(sorts) > 1 or "" in sorts:
        return False
    sides = [(prod(layer.input), prod(layer.output)) for layer in (left, right)]
    return sides[0] == sides[1] and _leaves_channels(left) and _leaves_channels(right)


def _sort(layer: TracedLayer) -> str:
    """Return what is taken over several axes, such as `avg`; empty where it is another layer."""
    for name in ("avg", "max"):
        if layer.kind in (f"global {name} pool", f"{name} over dimensions"):
            return "" if "divisor_override" in layer.settings else name
    return ""


def _leaves_channels(layer: TracedLayer) -> bool:
    """Return whether the numbers that are left are an axis of what is read, and can be no other."""
    kept = [size for size in layer.output[1:] if size != 1]
    axes = [size for size in layer.input[1:] if size != 1]
    if len(kept) != 1 or kept[0] not in axes:
        return False
    axes.remove(kept[0])
    several = range(1, len(axes) + 1)
    return not any(prod(some) == kept[0] for n in several for some in combinations(axes, n))
