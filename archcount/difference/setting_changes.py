"""The settings that differ between two layers that stand for each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

from archcount.difference.model_difference import SettingChange
from archcount.difference.padding_changes import padded
from archcount.tracing.traced_layer import TracedLayer

_FOLLOWING = ("in", "sizes", "window", "pads", "ceil", "places", "vector", "times")
"""Settings that come of what a layer reads, or are judged by the sizes that they give."""


def family(layer: TracedLayer) -> str:
    """Name the kinds that may stand for each other: pools, norms, or else the kind."""
    return next((name for name in ("pool", "norm") if layer.kind.endswith(f" {name}")), layer.kind)


def is_alike(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether a layer may stand for another.

    A window along one axis stands for none along two: their strides and pads share no axes.
    """
    places = [layer.settings["places"] for layer in (left, right) if "places" in layer.settings]
    return family(left) == family(right) and len({len(sizes) for sizes in places}) < 2


def changes(
    left: TracedLayer, right: TracedLayer
) -> tuple[tuple[SettingChange, ...], tuple[str, ...]]:
    """Return the settings of a layer that changed, and remarks on what changes no size."""
    found: list[SettingChange] = []
    if left.kind != right.kind:
        if _is_same_window(left, right):
            return (), ()
        if _type(left) != _type(right):
            found.append(SettingChange("type", _type(left), _type(right)))
        if ("global" in left.kind) != ("global" in right.kind):
            return (*found, _reach(left, right)), ()
    found += _chosen(left, right)
    found.sort(key=lambda change: _ORDER.get(change.what, 9))
    moved, remarks = padded(left, right)
    return (*found, *moved), remarks


def _chosen(left: TracedLayer, right: TracedLayer) -> Iterator[SettingChange]:
    one, other = left.settings, right.settings
    following = {*_FOLLOWING}
    if left.kind == "concat":
        following.add("axis")
    if left.kind != right.kind:
        following.add("statistics")  # go with the type of a norm
    if "times" in one and one["times"] == other.get("times"):
        following.add("to")
    if one.get("groups") == other.get("groups") == "depthwise":
        following.add("out")
        times = one["out"] // one["in"], other["out"] // other["in"]
        if times[0] != times[1]:
            yield SettingChange("out", f"{times[0]} a channel", f"{times[1]} a channel")
    if left.kind == "matmul":
        yield from _products(one["sizes"], other["sizes"])
    for name in one.keys() | other.keys():
        if name not in following and one.get(name) != other.get(name):
            yield SettingChange(name, _written(one.get(name)), _written(other.get(name)))


def _products(
    one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]
) -> Iterator[SettingChange]:
    """Return the change where there are more or fewer products, each of other sizes: heads.

    Products of the same sizes that are more or fewer follow the size of what they read.
    """
    numbers = [prod(sizes[0][:-2]) for sizes in (one, other)]
    each = [[size[-2:] for size in sizes] for sizes in (one, other)]
    if numbers[0] != numbers[1] and each[0] != each[1]:
        told = [
            f"{number} of {' by '.join('x'.join(map(str, size)) for size in sizes)}"
            for number, sizes in zip(numbers, each, strict=True)
        ]
        yield SettingChange("products", *told)


_ORDER = {"type": 0, "kernel": 1, "stride": 2, "out": 3, "groups": 4, "dilation": 5, "bias": 6}


def _is_same_window(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether one pools a whole map of fixed size, and the other a map that has grown."""
    if _type(left) != _type(right) or "divisor" in {**left.settings, **right.settings}:
        return False
    whole, part = (left, right) if "global" in left.kind else (right, left)
    window = whole.settings.get("window")
    return window is not None and window == part.settings.get("kernel")


def _type(layer: TracedLayer) -> str:
    return layer.kind.removesuffix(" pool").removeprefix("global ").removeprefix("adaptive ")


def _reach(left: TracedLayer, right: TracedLayer) -> SettingChange:
    """Return the change where one pools a whole map, and the other a part."""
    both = {**left.settings, **right.settings}
    if "to" in both:
        places = "x".join("1" for _ in both["to"].split("x"))
        return SettingChange(
            "to", *(str(layer.settings.get("to", places)) for layer in (left, right))
        )
    what = "kernel" if "window" in both else "window"
    return SettingChange(what, _window(left), _window(right))


def _window(layer: TracedLayer) -> str:
    kernel = layer.settings.get("kernel") or layer.settings.get("window")
    return "x".join(map(str, kernel)) if kernel else "the whole map"


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
