"""Which channels of what a layer gives are read: a slice may leave some to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archcount.operators.operation import Operation, TensorSpec
from archcount.tracing.traced_layer import TracedLayer


@dataclass(slots=True)
class _Given:
    """What a layer gave: the numbers in it, the stride of its channels, and which were read."""

    layer: int
    elements: int
    step: int
    read: bytearray

    def take(self, spec: TensorSpec) -> None:
        """Note that a part of it is read, or all."""
        number = len(self.read)
        runs = None if spec.elements >= self.elements else _runs(spec, self.step, number)
        for start, end in [(0, number)] if runs is None else runs:
            self.read[start:end] = b"\1" * (end - start)


class ReadChannels:
    """The channels that are read of what layers give, by the memory that these lie in."""

    def __init__(self) -> None:
        self._given: dict[int, _Given] = {}

    def give(self, layer: int, spec: TensorSpec, axis: int | None) -> None:
        """Note what a layer gives, with the axis of its channels, None where it is not known."""
        before = self._given.pop(spec.storage, None)  # a part of it is written to
        if axis is not None and spec.layout:
            channels = bytearray(spec.shape[axis])
            if before is None:
                self._given[spec.storage] = _Given(
                    layer, spec.elements, spec.layout[axis], channels
                )

    def take(self, operation: Operation) -> None:
        """Note what an operation reads."""
        if operation.name == "aten._unsafe_view":  # the same memory in other axes
            before = self._given.get(operation.tensor("self").storage)
            if before is not None:
                self._given[operation.output.storage] = before
            return
        for spec in operation.tensors():
            given = self._given.get(spec.storage)
            if given is not None:
                given.take(spec)

    def told(self, nodes: Sequence[TracedLayer], results: Iterable[int]) -> list[TracedLayer]:
        """Return layers that say so where some of their channels are read, and others are not.

        Args:
            nodes: the layers.
            results: the memories of the results, all of which is read.
        """
        found = [*nodes]
        kept = {id(self._given[storage]) for storage in results if storage in self._given}
        by_layer: dict[int, list[_Given]] = {}
        for given in self._given.values():
            by_layer.setdefault(given.layer, []).append(given)
        for layer, all_given in by_layer.items():
            whole = len(all_given[0].read)
            read = sum(any(each) for each in zip(*(given.read for given in all_given), strict=True))
            if 0 < read < whole and not any(id(given) in kept for given in all_given):
                settings = {**found[layer].settings, "read": f"{read} of {whole} channels"}
                found[layer] = replace(found[layer], settings=settings)
        return found


def _runs(spec: TensorSpec, step: int, number: int) -> list[tuple[int, int]] | None:
    """Return the runs of channels that a part of a tensor has, None where they are not known."""
    begin, *strides = spec.layout
    starts, width = [begin // step % number], 1
    for size, stride in zip(spec.shape, strides, strict=True):
        if size == 1 or stride % (step * number) == 0:
            continue
        if stride < step:
            if stride * size > step:
                return None
        elif stride == step:
            width = size
        elif stride % step:
            return None
        else:
            starts = [start + at * stride // step for start in starts for at in range(size)]
    found = [(start, start + width) for start in starts]
    return None if max(end for _, end in found) > number else found
