"""How a model's modules read one another: the runs of each in order, and what they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archcount.operators.registry import name_layer
from archcount.tracing.complex_convolutions import doubled, third_convolutions
from archcount.tracing.forward_pass import ForwardPass

GIVEN, OTHER = -1, -2
"""Stand for what the module around was given and reads first, and for all else from outside."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run of a module, or an operation of the code between modules.

    Attributes:
        path: of the module; of an operation, of the module that does it.
        name: kind and settings of an operation, as `diff` names it; empty for a module.
        reads: the runs beside it that it reads, by their places, GIVEN and OTHER; nothing for what
            works on weights alone.
        macs: multiply-accumulates.
        output: the shape of what it gives.
        inner: what a module runs itself, in order; empty where that is nothing that can be told.
    """

    path: str
    name: tuple[str, Mapping[str, Any]] = ("", {})
    reads: frozenset[int] = frozenset()
    macs: int
    output: tuple[int, ...] | None
    inner: tuple[Run, ...] = ()


def module_flow(traced: ForwardPass) -> Run:
    """Return the run of a model with all that it runs, each with what it reads.

    Left out are what moves numbers, what works on weights alone, and what has one input, no
    products and no name as a layer, such as adding positions.
    """
    return _Flow(traced).run("", range(len(traced.calls)), frozenset())


class _Flow:
    def __init__(self, traced: ForwardPass) -> None:
        self._calls = traced.calls
        self._outputs = {record.path: record.output for record in traced.modules}
        self._called = {record.path for record in traced.modules if record.calls}
        self._thirds = third_convolutions(traced.calls)
        self._active = _active(traced)

    def run(self, path: str, numbers: Sequence[int], reads: frozenset[int]) -> Run:
        """Return a run of a module that does the calls of these numbers."""
        return Run(
            path=path,
            reads=reads,
            macs=sum(map(self._macs, numbers)),
            output=self._output(path, numbers),
            inner=tuple(self._inner(path, numbers)),
        )

    def _output(self, path: str, numbers: Sequence[int]) -> tuple[int, ...] | None:
        """Return the shape that a run gives: the module's, if the run makes it, or its last one.

        Of a module one shape is known, which another run of it may not give.
        """
        operations = [self._calls[number].pattern.operation for number in numbers]
        made = [spec.shape for operation in operations for spec in operation.outputs]
        known = self._outputs.get(path)
        return known if known in made or not made else made[-1]

    def _inner(self, path: str, numbers: Sequence[int]) -> Iterator[Run]:
        """Yield what stands in a module: runs of others, and operations of its own code."""
        writers: dict[int, frozenset[int]] = {}
        main = self._main(numbers)
        if main is not None:
            writers[main] = frozenset({GIVEN})
        place = 0
        for child, group in groupby(numbers, lambda number: self._child(path, number)):
            together = [*group]
            runs = [[number] for number in together] if child == path else [together]
            for inside in runs:
                found = self._read(inside, writers)
                made = [memory for number in inside for memory in self._written(number)]
                if child == path and not self._is_told(inside[0], found):
                    writers.update(dict.fromkeys(made, found))
                    continue
                if child != path and not any(self._is_told(each, frozenset()) for each in inside):
                    writers.update(dict.fromkeys(made, found))
                    continue
                yield (
                    self._operation(path, inside[0], found)
                    if child == path
                    else self.run(child, inside, found)
                )
                writers.update(dict.fromkeys(made, frozenset({place})))
                place += 1

    def _child(self, path: str, number: int) -> str:
        """Return the module inside that does a call: the next one that was called itself."""
        place = self._calls[number].place
        if place == path:
            return path
        start = len(path) + 1 if path else 0
        end = place.find(".", start)
        while end != -1 and place[:end] not in self._called:
            end = place.find(".", end + 1)
        return place if end == -1 else place[:end]

    def _main(self, numbers: Sequence[int]) -> int | None:
        """Return the memory that a module is given and reads first.

        What else it is given, such as an encoder's output, is no line from its begin.
        """
        made: set[int] = set()
        for number in numbers:
            for memory in self._calls[number].read:
                if memory in self._active and memory not in made:
                    return memory
            made.update(self._written(number))
        return None

    def _read(
        self, numbers: Sequence[int], writers: Mapping[int, frozenset[int]]
    ) -> frozenset[int]:
        own: set[int] = set()
        found: frozenset[int] = frozenset()
        for number in numbers:
            for memory in self._calls[number].read:
                if memory not in own:
                    other = frozenset({OTHER} if memory in self._active else ())
                    found |= writers.get(memory, other)
            own.update(self._written(number))
        return found

    def _written(self, number: int) -> Sequence[int]:
        """Return the memories that a call makes or changes; a view does neither."""
        call = self._calls[number]
        return () if call.pattern.operation.is_view else call.memories[call.pattern.reads :]

    def _macs(self, number: int) -> int:
        charge = self._calls[number].pattern.charge
        if charge is None:
            return 0
        return (doubled(charge) if number in self._thirds else charge).cost.macs

    def _is_told(self, number: int, reads: frozenset[int]) -> bool:
        """Whether an operation is one of a picture: it computes, or it joins."""
        call = self._calls[number]
        operation = call.pattern.operation
        if operation.is_view or self._active.isdisjoint(call.read):
            return bool(self._macs(number))
        if self._macs(number) or len(reads) > 1:
            return True
        name = name_layer(operation)
        return name is not None and name[0].endswith(_TOLD) and "linalg" not in name[0]

    def _operation(self, path: str, number: int, reads: frozenset[int]) -> Run:
        operation = self._calls[number].pattern.operation
        name = name_layer(operation) or (operation.name.removeprefix("aten."), {})
        if name[0] == "global avg pool" and len(operation.tensor("self").shape) < 4:
            # Of three axes the last may be places, or features as in an RMS norm.
            name = ("avg over dimensions", {})
        return Run(
            path=path,
            name=name,
            reads=reads,
            macs=self._macs(number),
            output=operation.output.shape if operation.outputs else None,
        )


_TOLD = (
    *("conv", "pool", "norm", "relu", "relu6", "gelu", "silu", "sigmoid", "tanh", "swish"),
    *("softmax", "embedding", "elu", "mish", "upsample", "interpolate"),
)
"""How the kinds end that a picture shows, though they read one thing and have no products."""


def _active(traced: ForwardPass) -> Set[int]:
    """Return the memories whose numbers depend on what the model was given."""
    found = set(traced.inputs)
    for call in traced.calls:
        if not call.pattern.operation.is_view and not found.isdisjoint(call.read):
            found.update(call.memories[call.pattern.reads :])
    return found
