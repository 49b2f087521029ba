"""The settings that differ between two layers that stand for each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import ceil, prod
from typing import Any

from archcount.difference.equal_writings import WRITING, equal_writings
from archcount.difference.model_difference import SettingChange
from archcount.tracing.traced_layer import TracedLayer

_FOLLOWING = (*"in sizes window pads ceil places vector times pairs".split(), *WRITING)
"""Settings that come of what a layer reads, or are judged by the sizes that they give."""


_ACTIVATIONS = frozenset(
    "relu,relu6,leaky relu,prelu,elu,celu,selu,silu,gelu,mish,sigmoid,tanh,hardtanh,hardswish,"
    "hardsigmoid,softplus,log sigmoid forward".split(",")
)


def family(layer: TracedLayer) -> str:
    """Name the kinds that may stand for each other: pools, norms, activations, or else the kind."""
    if layer.kind in _ACTIVATIONS:
        return "activation"
    return next((name for name in ("pool", "norm") if layer.kind.endswith(f" {name}")), layer.kind)


def is_norm(layer: TracedLayer) -> bool:
    """Return whether a layer normalises what it reads."""
    return family(layer) == "norm"


def is_alike(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether a layer may stand for another.

    A window along one axis stands for none along two: their strides and pads share no axes.
    """
    if {left.kind, right.kind} == {"conv", "linear"}:
        linear = left if left.kind == "linear" else right
        return is_same_product(left, right) or len(linear.input) > 2
    places = [layer.settings["places"] for layer in (left, right) if "places" in layer.settings]
    return family(left) == family(right) and len({len(sizes) for sizes in places}) < 2


def is_same_product(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether one is a convolution and the other a linear layer that computes the same.

    It does so at each place of a 1x1 convolution, at each patch of one whose windows lie side by
    side, and once of one as large as the map.
    """
    if {left.kind, right.kind} != {"conv", "linear"}:
        return False
    conv, linear = (left, right) if left.kind == "conv" else (right, left)
    of = conv.settings
    is_plain = of["groups"] == 1 and not any(low or high for low, high in of["pads"])
    if not is_plain or any(gap != 1 for gap in of["dilation"]):
        return False
    is_equal = is_as_large(left, right) == (True, True)
    if prod(of["kernel"]) == 1:
        is_dense = all(step == 1 for step in of["stride"])
        is_each = len(linear.input) > 2 or linear.settings["in"] == of["in"]
        return is_dense and (is_equal or is_each)
    is_apart = of["kernel"] in (of["stride"], of["places"])
    is_whole = of["in"] * prod(of["kernel"]) == linear.settings["in"]
    return bool(is_apart and is_whole) and is_equal


def _as_conv(layer: TracedLayer, other: TracedLayer) -> TracedLayer:
    """Return a linear layer at each of many places as the 1x1 convolution that it is."""
    if layer.kind == "conv":
        return layer
    ones = (1,) * len(other.settings["places"])
    settings = {
        **other.settings,
        **{"kernel": ones, "stride": ones, "dilation": ones, "groups": 1},
        "pads": tuple((0, 0) for _ in ones),
        **layer.settings,
    }
    return replace(layer, kind="conv", settings=settings)


def is_as_large(left: TracedLayer, right: TracedLayer) -> tuple[bool, bool]:
    """Return whether as many numbers are read, and given, in whatever order of the axes."""
    return prod(left.input) == prod(right.input), prod(left.output) == prod(right.output)


def is_as_wide(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether as many numbers come together in each product."""
    if left.settings.get("in") == right.settings.get("in"):
        return True
    kernels = left.settings.get("kernel", ()), right.settings.get("kernel", ())
    return is_same_product(left, right) and any(prod(kernel) > 1 for kernel in kernels)


def changes(
    left: TracedLayer, right: TracedLayer
) -> tuple[tuple[SettingChange, ...], tuple[str, ...]]:
    """Return the settings of a layer that changed, and remarks on what changes no size."""
    found: list[SettingChange] = []
    if left.kind != right.kind:
        if _is_same_window(left, right):
            return _padded_whole(left, right), ()
        if is_same_product(left, right):
            return tuple(_set(left, right, "out", "bias")), ()
        if "conv" in (left.kind, right.kind):
            return changes(_as_conv(left, right), _as_conv(right, left))
        if _type(left) != _type(right):
            found.append(SettingChange("type", _type(left), _type(right)))
        if ("global" in left.kind) != ("global" in right.kind):
            return (*found, _reach(left, right)), ()
        if family(left) == "activation":
            return tuple(found), ()
    found += _chosen(left, right)
    found.sort(key=lambda change: (_ORDER.get(change.what, 9), change.what))
    moved, remarks = padded(left, right)
    written = equal_writings(left, right, is_same=not (found or moved))
    return (*found, *moved), (*remarks, *written)


def _chosen(left: TracedLayer, right: TracedLayer) -> Iterator[SettingChange]:
    one, other = left.settings, right.settings
    following = {*_FOLLOWING}
    if left.kind == "concat":
        following.add("axis")
    if left.kind != right.kind:
        following.update(("statistics", "groups", "size"))  # go with the type of a norm
        following.update({"shift"} - (one.keys() & other.keys()))
    if "times" in one and one["times"] == other.get("times"):
        following.add("to")
    if one.get("groups") == other.get("groups") == "depthwise":
        following.add("out")
        times = one["out"] // one["in"], other["out"] // other["in"]
        if times[0] != times[1]:
            yield SettingChange("out", f"{times[0]} a channel", f"{times[1]} a channel")
    if left.kind == "matmul":
        yield from _products(one["sizes"], other["sizes"])
    if one.get("pattern") == other.get("pattern") and one.get("pairs") != other.get("pairs"):
        yield SettingChange("pattern", str(one["pattern"]), "as many others")
    # What is not known on one side, or has no effect there: without padding, whether it counts.
    sometimes = {"count_include_pad", "axis"} | _SOMETIMES.get(left.kind, set())
    following |= sometimes - (one.keys() & other.keys())
    following |= _axes_told(one, other)
    yield from _set(left, right, *(one.keys() | other.keys()) - following)


def _set(left: TracedLayer, right: TracedLayer, *names: str) -> Iterator[SettingChange]:
    """Return those of some settings that became others."""
    for name in names:
        one, other = left.settings.get(name), right.settings.get(name)
        if one != other:
            yield SettingChange(name, _written(name, one), _written(name, other))


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


def _axes_told(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    """Return the names of an axis that say nothing: the number, where what it holds is known."""
    if "axes" not in one or "axes" not in other:
        return {"axes"}
    if one["axes"] == other["axes"]:
        return {"dim", "dims"}
    is_said = any(one.get(name) != other.get(name) for name in ("dim", "dims"))
    return {"axes"} if is_said else set()


_SOMETIMES = {"add weights": {"entries"}, "mask": {"pattern"}, "rotary": {"base", "of"}}
"""Settings by kind that are known of some layers alone."""
_ORDER = {"type": 0, "kernel": 1, "stride": 2, "out": 3, "groups": 4, "dilation": 5, "bias": 6}


def _is_same_window(left: TracedLayer, right: TracedLayer) -> bool:
    """Return whether one pools a whole map of fixed size, and the other a map that has grown."""
    if _type(left) != _type(right) or "divisor_override" in {**left.settings, **right.settings}:
        return False
    whole, part = (left, right) if "global" in left.kind else (right, left)
    window = whole.settings.get("window")
    return window is not None and window == part.settings.get("kernel")


def _padded_whole(left: TracedLayer, right: TracedLayer) -> tuple[SettingChange, ...]:
    """Return the change where of two windows on a whole map one is padded."""
    pads = [layer.settings.get("pads") or ((0, 0),) for layer in (left, right)]
    if not any(low or high for side in pads for low, high in side):
        return ()
    return (SettingChange("padding", *(_padding(side, is_ceil=False) for side in pads)),)


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


def _written(name: str, value: Any) -> str:
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, bool) and name == "count_include_pad":
        return str(value)  # a name of torch's, with its values
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "all" if name in ("over", "read") else "none"
    return str(value)


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
