"""An operation of torch on tensors without numbers, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from math import prod
from typing import Any, NamedTuple

from archcount.layers import Cost

NOTHING = Cost()
"""No cost, shared by all that have none."""


class Origin(IntEnum):
    """What a tensor was made from; the greatest of its sources."""

    CONSTANT = 0
    BUFFER = 1
    WEIGHT = 2
    INPUT = 3


class TensorSpec(NamedTuple):  # by the thousand: a frozen dataclass takes twice as long to make
    """A tensor without its numbers.

    Attributes:
        shape: its sizes.
        dtype: torch's name of its type, such as `float32`.
        origin: whether it was made from the input, from weights, from buffers, or from neither.
        requires_grad: whether a gradient reaches it.
        storage: which memory it lies in; equal where one tensor is a view of another.
        layout: where in its memory it begins, and its strides.
        stored: how many numbers a sparse one has, None for a dense one.

    >>> TensorSpec((2, 3), "float32").elements
    6
    """

    shape: tuple[int, ...]
    dtype: str
    origin: Origin = Origin.INPUT
    requires_grad: bool = False
    storage: int = 0
    layout: tuple[int, ...] = ()
    stored: int | None = None

    @property
    def elements(self) -> int:
        """How many numbers it has: of a sparse one, those that are stored."""
        return prod(self.shape) if self.stored is None else self.stored

    @property
    def is_floating(self) -> bool:
        """Whether its numbers are no integers."""
        return "float" in self.dtype or "complex" in self.dtype

    @property
    def is_held(self) -> bool:
        """Whether it was made from what the model holds: weights and buffers."""
        return self.origin in (Origin.WEIGHT, Origin.BUFFER)


@dataclass(slots=True)  # by the thousand: a frozen one takes twice as long to make
class Operation:
    """One operation on tensors of given shapes.

    Attributes:
        name: its name in the dispatcher, such as `aten.convolution`.
        arguments: its arguments by the names of its schema, defaults filled in, `TensorSpec` in
            the place of tensors.
        outputs: the tensors it gives.
        is_view: whether it returns a view of an argument.
        is_pointwise: whether each number it gives comes of the numbers in the same place.
    """

    name: str
    arguments: Mapping[str, Any]
    outputs: tuple[TensorSpec, ...]
    is_view: bool = False
    is_pointwise: bool = False

    def tensor(self, name: str) -> TensorSpec:
        """Return the tensor of an argument."""
        found = self.arguments[name]
        assert isinstance(found, TensorSpec), f"{self.name}: {name} is no tensor"
        return found

    def tensors(self) -> Iterator[TensorSpec]:
        """Return every tensor among the arguments, those in lists too."""
        for value in self.arguments.values():
            if isinstance(value, TensorSpec):
                yield value
            elif isinstance(value, list):
                yield from (item for item in value if isinstance(item, TensorSpec))

    def with_origins(self, origins: Mapping[TensorSpec, Origin]) -> Operation:
        """Return it with what some of the tensors that it reads were made from."""
        given = {spec: spec._replace(origin=origin) for spec, origin in origins.items()}
        arguments = {
            name: [_replaced(item, given) for item in value]
            if isinstance(value, list)
            else _replaced(value, given)
            for name, value in self.arguments.items()
        }
        return replace(self, arguments=arguments)

    @property
    def output(self) -> TensorSpec:
        """Its first output."""
        return self.outputs[0]


def _replaced(value: Any, given: Mapping[TensorSpec, TensorSpec]) -> Any:
    return given.get(value, value) if isinstance(value, TensorSpec) else value


@dataclass(frozen=True, slots=True)
class Charge:
    """What an operation costs.

    Attributes:
        cost: of the forward pass, by category.
        backward: multiply-accumulates of the backward pass, for the gradients that are needed.
    """

    cost: Cost = NOTHING
    backward: int = 0


FREE = Charge()
"""Of what moves or makes numbers without arithmetic."""
