"""The parameters that layers have, named by numbers: whole, or the parts that are read apart."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from archcount.operators.operation import TensorSpec
from archcount.tracing.traced_layer import LayerParameter, Shape


class LayerParameters:
    """Gives parameters numbers as they are met."""

    def __init__(self) -> None:
        self._names: dict[tuple[int, ...], int] = {}
        self._found: dict[int, LayerParameter] = {}

    def name(self, kind: str, memory: int, spec: TensorSpec) -> int:
        """Return the number of what a layer of a kind reads in a memory."""
        number = self._names.setdefault((memory, *spec.layout[:1]), len(self._names))
        self._found.setdefault(number, _parameter(kind, spec))
        return number

    def whole(self, held: Mapping[int, Shape]) -> dict[int, LayerParameter]:
        """Return what was met; what is read of a parameter nowhere is of the first that reads it.

        So it is of segments, of which an input may have one alone.

        Args:
            held: the shapes of whole parameters by their memories.
        """
        found = dict(self._found)
        parts: dict[int, list[int]] = {}
        for (memory, *_), number in self._names.items():
            parts.setdefault(memory, []).append(number)
        for memory, numbers in parts.items():
            rest = prod(held.get(memory, (0,))) - sum(found[number].size for number in numbers)
            if rest > 0:
                first = found[numbers[0]]
                found[numbers[0]] = LayerParameter(first.size + rest, is_kernel=first.is_kernel)
        return found


def _parameter(kind: str, spec: TensorSpec) -> LayerParameter:
    """Return a parameter, which may be read as if it were repeated along an axis."""
    strides = spec.layout[1:] or (1,) * len(spec.shape)
    sides = [size for size, step in zip(spec.shape, strides, strict=True) if step or size == 1]
    return LayerParameter(prod(sides), kind != "bias" and len(sides) > 1)
