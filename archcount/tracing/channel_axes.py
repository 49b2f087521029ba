"""The axis of channels: where a tensor has what the last layer with weights made, first or last."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.operators.operator import LayerName

CHANNELS = "channels"
"""What the axis of a setting is called where it is that of channels, whatever its number."""


class ChannelAxes:
    """Which axis of each tensor holds channels, followed through transposes by its stride."""

    def __init__(self) -> None:
        self._steps: dict[int, tuple[int, int]] = {}  # by memory: the stride, and how many
        self._sizes: dict[int, int] = {}  # by memory: how many numbers it has

    def of(self, spec: TensorSpec) -> int | None:
        """Return the axis of channels, from the end; None where it is not known."""
        if spec.storage not in self._steps or not spec.layout:
            return None
        step, number = self._steps[spec.storage]
        found = [
            axis - len(spec.shape)
            for axis, (size, stride) in enumerate(zip(spec.shape, spec.layout[1:], strict=True))
            if stride == step and 1 < size <= number
        ]
        return found[0] if len(found) == 1 else None

    def follow(self, operation: Operation, kind: str = "") -> None:
        """Note which axis of what an operation gives holds channels.

        Args:
            operation: what is done.
            kind: the kind of the layer that it is, empty where it is none.
        """
        if operation.name == "aten._unsafe_view":  # the same memory in other axes
            of = self._steps.get(operation.tensor("self").storage)
            if of is not None:
                self._steps[operation.output.storage] = of
            return
        axis = self._made(operation, kind)
        for spec in operation.outputs:
            before = self._steps.pop(spec.storage, None)
            if axis is not None and spec.layout and -len(spec.shape) <= axis:
                step, number = spec.layout[axis], spec.shape[axis]
                if before is not None and before[0] == step:  # a part is written to
                    number = max(number, before[1])
                self._steps[spec.storage] = step, number
                self._sizes[spec.storage] = max(spec.elements, self._sizes.get(spec.storage, 0))

    def _made(self, operation: Operation, kind: str) -> int | None:
        dims = len(operation.output.shape)
        if operation.name in _CONVOLUTIONS:
            return 1 - dims
        if kind == "linear":
            right = next(
                (operation.tensor(name) for name in _RIGHT if name in operation.arguments), None
            )
            return -2 if right is not None and right.origin == Origin.INPUT and dims > 1 else -1
        if kind in ("embedding", "matmul"):
            return -1 if kind == "embedding" else None
        return self._kept(operation)

    def _kept(self, operation: Operation) -> int | None:
        """Return the axis that something read has, where the axes stay or some are reduced."""
        dims = len(operation.output.shape)
        for spec in operation.tensors():
            axis = self.of(spec)
            if axis is None:
                continue
            if len(spec.shape) == dims:
                return axis
            gone = _reduced(operation, len(spec.shape))
            if len(spec.shape) - len(gone) == dims and axis not in gone:
                return axis + sum(other > axis for other in gone)
        return None

    def told(self, named: LayerName, operation: Operation) -> LayerName:
        """Name an axis in the settings of a layer by what it holds, not by its number."""
        kind, settings = named
        if kind in ("bias", "mul") and len([*operation.tensors()]) == 2:
            return kind, self._along(settings, operation)
        if kind.endswith((" over dimensions", " pool")) and operation.name in _REDUCTIONS:
            return self._over(kind, settings, operation)
        given = settings.get("axis" if kind == "concat" else "dim", settings.get("dims"))
        source = next(operation.tensors(), None)
        channel = None if source is None else self.of(source)
        if given is None or channel is None:
            return named
        axes = given if isinstance(given, tuple) else (given,)
        return kind, {**settings, "axes": ", ".join(_name(axis, channel) for axis in axes)}

    def _along(self, settings: dict[str, Any], operation: Operation) -> dict[str, Any]:
        """Say along which axis a trained vector is added or multiplied."""
        pair = [*operation.tensors()]
        axes = [axis for axis in map(self.of, pair) if axis is not None]
        vector = next((spec for spec in pair if spec.is_held), None)
        if not axes or vector is None:
            return settings
        along = [at - len(vector.shape) for at, size in enumerate(vector.shape) if size != 1]
        if len(along) != 1:
            return settings
        return {**settings, "axis": _name(along[0], axes[0])}

    def _over(self, kind: str, settings: dict[str, Any], operation: Operation) -> LayerName:
        """Name a mean or maximum: over all places, whichever axes they are, it is a global pool."""
        source = operation.tensor("self")
        channel, dims = self.of(source), len(source.shape)
        if channel is None:
            return kind, settings
        word = kind.removeprefix("global ").partition(" ")[0]
        gone, places = _reduced(operation, dims), {*range(1 - dims, 0)} - {channel}
        rest = {axis for axis in places - gone if source.shape[axis] > 1}
        if dims > 2 and gone and gone <= places and not rest:
            return f"global {word} pool", self._part(source, channel)
        axes = sorted(_name(axis, channel) for axis in gone)
        part = {"of": "places"} if gone <= places else {}
        return f"{word} over dimensions", {"by": ", ".join(axes), **part}

    def _part(self, spec: TensorSpec, channel: int) -> dict[str, Any]:
        """Say over how many places of a map all channels are reduced, nothing where over all."""
        number = self._steps[spec.storage][1]
        whole, places = self._sizes.get(spec.storage, 0) // number, spec.elements // number
        is_part = spec.shape[channel] == number and places < whole
        return {"over": f"{places} of {whole} places"} if is_part else {}


def _name(axis: int, channel: int) -> str:
    """Name an axis: its number, from the end, among those that hold no channels.

    >>> [_name(axis, -3) for axis in (-3, -2, -1)], [_name(axis, -1) for axis in (-1, -3, -2)]
    (['channels', '-2', '-1'], ['channels', '-2', '-1'])
    """
    return CHANNELS if axis == channel else str(axis + (channel > axis))


def _reduced(operation: Operation, dims: int) -> set[int]:
    """Return the axes that an operation reduces, from the end."""
    given: Any = operation.arguments.get("dim")
    axes: Iterable[int] = [given] if isinstance(given, int) else given or ()
    return {axis % dims - dims for axis in axes}


_CONVOLUTIONS = {f"aten.{name}" for name in ("convolution", "_convolution")}
_REDUCTIONS = {"aten.mean", "aten.amax"}
_RIGHT = ("mat2", "batch2")
"""What the right operand of a product is called."""
