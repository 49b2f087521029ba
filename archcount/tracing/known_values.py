"""The values that are known of tensors on the meta device: of masks, indices and constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from archcount.operators.operation import TensorSpec
from archcount.tracing.known_tensor import KnownTensor, is_small
from archcount.tracing.op_schema import OpSchema
from archcount.tracing.tensor_specs import tensors_of

META = torch.device("meta")
_CPU = torch.device("cpu")
_MOST_BYTES = 2**28
"""Of all that are worked out at one time; the oldest are forgotten."""


DRAWN = "drawn at random"
"""What is assumed of numbers that the model's code draws."""


class DataDependentError(RuntimeError):
    """Code reads values that depend on weights or activations, which have none.

    Args:
        what: what reads them.
    """

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} reads values of a tensor that has none on the meta device: they depend on "
            "weights or activations, or on inputs of which only a shape is given"
        )


class _TensorView(NamedTuple):
    """A tensor as it was when an operation read it."""

    memory: int
    dtype: torch.dtype
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(slots=True)
class ValueStep:
    """An operation that can be done with numbers, as all that it reads is known.

    Attributes:
        func: the operator.
        schema: what its schema says.
        args: what it is given in order.
        kwargs: what it is given by name.
        read: the memories of the tensors that it reads.
        made: what it gave without numbers.
        changes: the memories that it makes or writes to.
    """

    func: Any
    schema: OpSchema
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    read: Sequence[int]
    made: Sequence[_TensorView] = ()
    changes: frozenset[int] = field(default_factory=frozenset)


class KnownValues:
    """The known values of tensors on the meta device.

    Each known storage on the meta device has a twin on the CPU, so that views share their values,
    and what is written to a view is written to its base. A storage that unknown values are written
    to is no longer known. Random values are drawn. Nothing is computed before the model's code
    reads values, and then only what they depend on.

    Attributes:
        known: the memories whose values are known.
        looked_at: what was assumed of the values that the model's code read.
        beyond: what is out of range, if that is so.
    """

    def __init__(self, known: Iterable[KnownTensor], keep: Callable[[Tensor], int]) -> None:
        self.known: set[int] = set()
        self.looked_at: dict[str, None] = {}
        self.beyond: dict[str, None] = {}
        self.memory = keep
        self._storages: dict[int, torch.UntypedStorage] = {}
        self._steps: list[ValueStep] = []
        self._assumed: dict[int, frozenset[str]] = {}
        self._held: set[int] = set()  # the program's own, copied before they are written to
        self._lost: set[int] = set()
        self._bytes = 0
        for tensor, numbers, assumed in known:
            memory = keep(tensor)
            self._hold(memory, _laid_out_as(tensor, numbers))
            if assumed:
                self._assumed[memory] = frozenset({assumed})

    def adopt(self, tensor: Tensor) -> None:
        """Take a tensor on the CPU, made outside of the pass, as its own numbers."""
        memory = self.memory(tensor)
        if memory not in self._lost and memory not in self.known:
            self._hold(memory, tensor)

    def _hold(self, memory: int, numbers: Tensor) -> None:
        self.known.add(memory)
        self._held.add(memory)
        self._storages[memory] = numbers.untyped_storage()

    def lose(self, tensors: Iterable[Tensor]) -> None:
        """Take the numbers of tensors as unknown: something unknown is written to them."""
        for tensor in tensors:
            memory = self.memory(tensor)
            if not tensor.is_meta:
                self.work_out([memory])
            self.known.discard(memory)
            self._lost.add(memory)

    def look(self, memories: Sequence[int]) -> bool:
        """Compute values that the model's code reads, and return whether that is possible.

        What was assumed of them matters then.
        """
        self.work_out(memories)
        for memory in memories:
            self.looked_at.update(dict.fromkeys(self.assumed(memory)))
        return self.known.issuperset(memories)

    def constant(self, spec: TensorSpec) -> Tensor | None:
        """Return the values of a tensor as they are after the pass, None where none are known."""
        self.work_out([spec.storage])
        if spec.storage not in self.known or spec.storage not in self._storages or not spec.layout:
            return None
        dtype = getattr(torch, spec.dtype)
        offset, *stride = spec.layout
        view = _TensorView(spec.storage, dtype, offset, spec.shape, tuple(stride))
        found: Tensor = self.of(view)
        return found

    def assumed(self, memory: int) -> list[str]:
        """Return what was assumed of the numbers in a memory, and of those they depend on."""
        return sorted(self._assumed_of(memory))

    def record(self, step: ValueStep, made: Sequence[Tensor]) -> None:
        """Note that what an operation gave without numbers can be worked out with them."""
        written = step.schema.written(step.args, step.kwargs)
        if not all(map(is_small, (*made, *written))):
            self.lose(written)
            return
        memories = [*map(self.memory, made), *map(self.memory, written)]
        step.args = self._placed(step.args)
        step.kwargs = {name: self._placed(value) for name, value in step.kwargs.items()}
        step.made = [self._placed(tensor) for tensor in made]
        step.changes = frozenset(memories)
        self.known.update(memories)
        self._steps.append(step)
        self._trace_back(memories, step.read)
        if step.schema.is_random:
            self._assumed.update(
                (memory, self._assumed_of(memory) | {DRAWN}) for memory in memories
            )
        if not all(tensor.is_meta for tensor in written):  # whoever has it may look past torch
            self.work_out(memories)

    def twin(self, value: Any, read: Iterable[int]) -> Any:
        """Return what was computed from numbers as tensors without, whose numbers are known."""
        if isinstance(value, list | tuple):
            return type(value)(self.twin(item, read) for item in value)
        if not isinstance(value, Tensor):
            return value
        made = torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device=META)
        if is_small(made):
            self._give(self._placed(made), value, read)
            self._trace_back([self.memory(made)], read)
        return made

    def work_out(self, memories: Iterable[int], changed: Iterable[int] = ()) -> None:
        """Do the steps that the numbers in some memories depend on, in their order.

        Args:
            memories: those whose numbers are needed.
            changed: those that are written to next: what reads them is done before.
        """
        needed, changed = set(memories), set(changed)
        chosen, rest = [], []
        for step in reversed(self._steps):
            if needed.isdisjoint(step.changes) and changed.isdisjoint(step.read):
                rest.append(step)
                continue
            chosen.append(step)
            needed.update(step.read)
            changed |= step.changes
        self._steps = rest[::-1]
        for step in reversed(chosen):
            self._do(step)

    def _do(self, step: ValueStep) -> None:
        try:
            for memory in step.changes & self._held:
                self._own(memory)
            found = tensors_of(self.computed(step.func, step.args, step.kwargs))
        except (RuntimeError, KeyError, TypeError, ValueError, IndexError):
            self.known -= step.changes  # the CPU has no such kernel, or what it reads was forgotten
            return
        for place, numbers in zip(step.made, found, strict=False):
            self._give(place, numbers, step.read)

    def computed(self, func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Do an operation on numbers that are worked out."""
        named = {name: self.of(value) for name, value in kwargs.items()}
        if "device" in named:
            named["device"] = _CPU
        with torch.no_grad():
            return func(*map(self.of, args), **named)

    def of(self, value: Any) -> Any:
        """Return the numbers of a tensor, or of all in a list, that are worked out."""
        if isinstance(value, Tensor):
            if not value.is_meta:
                return value.detach()
            value = self._placed(value)
        if isinstance(value, _TensorView):
            numbers = torch.empty(0, dtype=value.dtype)
            return numbers.set_(
                self._storages[value.memory], value.offset, value.shape, value.stride
            )
        return [self.of(item) for item in value] if isinstance(value, list | tuple) else value

    def _placed(self, value: Any) -> Any:
        if isinstance(value, Tensor) and value.is_meta:
            shape, stride = tuple(value.shape), value.stride()
            offset: Any = value.storage_offset()  # never symbolic here
            return _TensorView(self.memory(value), value.dtype, offset, shape, stride)
        return [self._placed(item) for item in value] if isinstance(value, list | tuple) else value

    def _give(self, place: Any, numbers: Tensor, read: Iterable[int]) -> None:
        """Store the values of a tensor, unless it has them: as a view, or written in place."""
        if not isinstance(place, _TensorView) or place.memory in self._storages:
            return
        if place.offset or place.shape != tuple(numbers.shape):
            self.known.discard(place.memory)
            return
        storages = {id(self._storages.get(memory)) for memory in read}
        if place.stride != numbers.stride() or id(numbers.untyped_storage()) in storages:
            blank = torch.empty_strided(place.shape, place.stride, dtype=place.dtype)
            numbers = blank.copy_(numbers)
        self.known.add(place.memory)
        self._storages[place.memory] = numbers.untyped_storage()
        self._bytes += numbers.untyped_storage().nbytes()
        if self._bytes > _MOST_BYTES:
            self._forget_oldest(place.memory)

    def _own(self, memory: int) -> None:
        """Copy a memory before it is written to, where it is the program's."""
        if id(self._storages[memory]) != memory:
            self._held.discard(memory)
            copy = self._storages[memory].clone()  # type: ignore[no-untyped-call]
            self._storages[memory] = copy
            self._bytes += copy.nbytes()

    def _trace_back(self, memories: Iterable[int], read: Iterable[int]) -> None:
        sources = [self._assumed[number] for number in read if number in self._assumed]
        if sources:
            for memory in memories:
                self._assumed[memory] = self._assumed_of(memory).union(*sources)

    def _assumed_of(self, memory: int) -> frozenset[str]:
        return self._assumed.get(memory, frozenset())

    def _forget_oldest(self, newest: int) -> None:
        for memory in list(self._storages):
            if memory not in self._held and memory != newest:
                self._bytes -= self._storages.pop(memory).nbytes()
                self.known.discard(memory)
            if self._bytes <= _MOST_BYTES // 2:
                return


def _laid_out_as(tensor: Tensor, numbers: Tensor) -> Tensor:
    """Return numbers as a tensor at the beginning of its memory has them: they may be a part."""
    if numbers.stride() != tensor.stride():
        blank = torch.empty_strided(tensor.shape, tensor.stride(), dtype=numbers.dtype)
        return blank.copy_(numbers)
    begin = numbers.storage_offset()
    if not begin:
        return numbers
    stored = numbers.untyped_storage().nbytes() // numbers.element_size()
    return numbers.as_strided((stored - begin,), (1,), begin).clone()
