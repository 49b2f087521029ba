"""The steps that layers came of: the operation behind each, and what it read from whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from archcount.operators.operation import Operation, Origin, TensorSpec
from archcount.tracing.channel_axes import ChannelAxes
from archcount.tracing.known_values import KnownValues
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer


def places(spec: TensorSpec) -> tuple[int, ...]:
    """Return where a tensor lies in its memory, the same of a list and of a map of one row.

    >>> places(TensorSpec((1, 2, 3), "float32", layout=(0, 6, 3, 1)))
    (0, 6, 1)
    >>> places(TensorSpec((3, 2), "float32", layout=(0, 1, 3)))
    (0, 3, 1, 2, 3)
    """
    axes: list[tuple[int, int]] = []
    for size, step in zip(spec.shape, spec.layout[1:], strict=False):
        if axes and axes[-1][1] == size * step:
            axes[-1] = axes[-1][0] * size, step
        elif size != 1:
            axes.append((size, step))
    return (*spec.layout[:1], *(number for axis in axes for number in axis))


class Step(NamedTuple):
    """One operation, and which layers gave what it read.

    Attributes:
        operation: what is done.
        sources: by the memory that is read; None is a constant, or something trained.
    """

    operation: Operation
    sources: Mapping[int, LayerInput | None]

    @property
    def word(self) -> str:
        """Its name, the same in place or not: `add` for `aten.add_`."""
        return self.operation.name.removeprefix("aten.").removesuffix("_")

    def reads(self) -> Iterator[tuple[TensorSpec, LayerInput | None]]:
        """Return each tensor that is read, and the layer that gave it."""
        for spec in self.operation.tensors():
            yield spec, self.sources.get(spec.storage)

    def other(self, source: LayerInput) -> TensorSpec | None:
        """Return what is read beside what a layer gave, None where that is a number."""
        return next((spec for spec, read in self.reads() if read != source), None)


@dataclass(slots=True)
class LayerSteps:
    """The layers of a pass so far, and the step that each came of.

    Attributes:
        nodes: the layers, each after all that it reads.
        steps: the last step of each.
        constants: what made each memory that no layer gave.
        held: the shapes of the parameters and buffers by their memories.
        values: the values that are known of constants; None in a pass on the CPU.
        storages: the memories by number, which have all values in a pass on the CPU.
        axes: which axis of each tensor holds channels.
        same: memories that hold the same numbers as another, moved or made anew, by that.
    """

    nodes: list[TracedLayer] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    constants: dict[int, Operation] = field(default_factory=dict)
    held: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    values: KnownValues | None = None
    storages: Mapping[int, Any] = field(default_factory=dict)
    axes: ChannelAxes = field(default_factory=ChannelAxes)
    same: dict[int, int] = field(default_factory=dict)

    def add(self, node: TracedLayer, step: Step) -> int:
        """Take a layer, and return its number."""
        self.nodes.append(node)
        self.steps.append(step)
        return len(self.nodes) - 1

    def node(self, source: LayerInput) -> TracedLayer | None:
        """Return the layer that gave something as its first output, None where it was given."""
        return None if source.layer == INPUT or source.output else self.nodes[source.layer]

    def step(self, source: LayerInput | None) -> Step | None:
        """Return the step that gave something, None where it was given or is constant."""
        return None if source is None or source.layer == INPUT else self.steps[source.layer]

    def is_of_weights(self, source: LayerInput | None) -> bool:
        """Return whether a layer works on weights alone, such as a table that is looked up."""
        while source is not None and source.layer != INPUT:
            sources = self.nodes[source.layer].sources
            if not sources:
                return True
            source = sources[0] if len(sources) == 1 else None
        return False

    def is_whole(self, spec: TensorSpec, source: LayerInput) -> bool:
        """Return whether all that a layer gave is read, in its order."""
        made = self.steps[source.layer].operation.outputs[source.output]
        return places(spec) == places(made)

    def is_kept(self, spec: TensorSpec, source: LayerInput) -> bool:
        """Return whether all that a layer gave is read where it lies, or in another type."""
        made = self.steps[source.layer].operation.outputs[source.output]
        is_copy = spec.dtype != made.dtype
        return self.is_whole(spec, source) and (is_copy or spec.storage == made.storage)

    def lies(self, spec: TensorSpec) -> tuple[int, tuple[int, ...]]:
        """Return the memory of a tensor, or one that holds the same, and where in it that lies."""
        return self.same.get(spec.storage, spec.storage), places(spec)

    def uniform(self, spec: TensorSpec) -> float | None:
        """Return the number that a constant has at each place, None where it is not known."""
        made = self.constants.get(spec.storage)
        if made is not None:
            word = made.name.removeprefix("aten.").removeprefix("new_").removesuffix("_like")
            if word in ("zeros", "ones", "full"):
                value = made.arguments.get("fill_value", int(word == "ones"))
                return float(value) if isinstance(value, int | float) else None
        return self.number(spec)

    def numbers(self, spec: TensorSpec) -> Tensor | None:
        """Return the numbers of a constant, None where they are not known, or trained."""
        if spec.origin in (Origin.INPUT, Origin.WEIGHT):
            return None
        if self.values is not None:
            return self.values.constant(spec)
        storage = self.storages.get(spec.storage)
        if storage is None or storage.device.type != "cpu" or not spec.layout:
            return None
        offset, *stride = spec.layout
        blank = torch.empty(0, dtype=getattr(torch, spec.dtype))
        return blank.set_(storage, offset, spec.shape, tuple(stride))

    def number(self, value: object) -> float | None:
        """Return a number, or that of a constant of one place; None where it is not known."""
        if isinstance(value, TensorSpec):
            found = self.numbers(value) if value.elements == 1 else None
            return None if found is None else float(found)
        return float(value) if isinstance(value, int | float) else None


def factor(step: Step, steps: LayerSteps) -> float | None:
    """Return the number that a step multiplies by, None where it does something else."""
    if step.word not in ("mul", "div") or step.operation.arguments.get("rounding_mode"):
        return None
    given = [step.operation.arguments[name] for name in ("self", "other")]
    if step.word == "mul" and isinstance(given[0], TensorSpec) and given[0].elements == 1:
        given.reverse()
    number = steps.number(given[1])
    if number is None or (step.word == "div" and not number):
        return None
    return number if step.word == "mul" else 1 / number
