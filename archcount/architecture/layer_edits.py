"""A layer read otherwise: the layers that one edit makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archcount.edits import Edit
from archcount.errors import InvalidValueError
from archcount.layers import LayerKind, Shape
from archcount.layers.convolution import Conv, DepthwiseConv, SeparableConv
from archcount.layers.linear import Linear
from archcount.printed import Patch


def changed(kind: LayerKind, shape: Shape, edit: Edit) -> list[LayerKind]:
    """Apply an edit to a layer; return the layers that stand in its place.

    Raises:
        InvalidValueError: a layer of this kind cannot be changed so.

    >>> conv = Conv(patch=Patch((7, 7), (2, 2)), width=64)
    >>> [other] = changed(conv, Shape((3, 224, 224)), Edit(kind="separable", to=(8,)))
    >>> other.word, other.multiplier
    ('sepconv', 8)
    """
    match edit.kind, kind:
        case "without", _:
            return []
        case "filters", Conv() | SeparableConv() | Linear():
            return [replace(kind, width=edit.to[0])]
        case "multiplier", DepthwiseConv() | SeparableConv():
            return [replace(kind, multiplier=edit.to[0])]
        case "groups", Conv():
            return [replace(kind, groups=edit.to[0])]
        case "groups", DepthwiseConv() | SeparableConv():
            return [Conv(width=kind.output(shape).channels, groups=edit.to[0], **_window(kind))]
        case "separable", Conv():
            return [SeparableConv(width=kind.width, multiplier=edit.to[0], **_window(kind))]
        case "twice", Conv() | DepthwiseConv() | SeparableConv() | Linear():
            return [kind, _again(kind)]
        case "reduced", Conv():
            one = Patch((1,) * len(kind.patch.kernel))
            return [Conv(patch=one, width=edit.to[0], pad="valid", bias=kind.bias), kind]
    if edit.kind == "pad" and hasattr(kind, "pad"):
        return [replace(kind, pad=edit.to)]  # type: ignore[call-arg]
    if edit.kind in ("kernel", "stride") and hasattr(kind, "patch"):
        return [_patched(kind, edit)]
    raise InvalidValueError(f"{kind.word} has no {edit.kind} to change")


def _patched(kind: LayerKind, edit: Edit) -> LayerKind:
    """Return a layer with another kernel or stride; an even kernel is padded asymmetrically."""
    old: Patch = kind.patch  # type: ignore[attr-defined]
    sides = edit.to
    if edit.kind == "stride":
        return replace(kind, patch=Patch(old.kernel, sides))  # type: ignore[call-arg]
    changes: dict[str, Any] = {"patch": Patch(sides, old.stride)}
    pad = getattr(kind, "pad", None)  # a trained pool has none
    if isinstance(pad, tuple):
        # Padding in numbers goes with the kernel that it was written for.
        changes["pad"] = tuple(
            max(0, side + (new - was) // 2)
            for side, new, was in zip(
                pad * len(sides) if len(pad) == 1 else pad, sides, old.kernel, strict=True
            )
        )
    even = any(side % 2 == 0 for side in sides)
    if even and isinstance(kind, Conv | DepthwiseConv | SeparableConv):
        changes["same"] = "asymmetric"
    return replace(kind, **changes)


def _window(kind: Conv | DepthwiseConv | SeparableConv) -> dict[str, Any]:
    """Return the arguments that all convolutions have."""
    return {name: getattr(kind, name) for name in ("patch", "pad", "same", "dilation", "bias")}


def _again(kind: Conv | DepthwiseConv | SeparableConv | Linear) -> LayerKind:
    """Return the same layer as it stands behind itself: stride 1, nothing multiplied."""
    if isinstance(kind, Linear):
        return kind
    once = replace(kind, patch=Patch(kind.patch.kernel), pad="same")
    return replace(once, multiplier=1) if isinstance(once, DepthwiseConv) else once
