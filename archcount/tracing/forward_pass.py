"""A forward pass: its calls, and what was found of each module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from torch import Tensor

from archcount.layers import Cost
from archcount.operators.operation import NOTHING, Charge, Operation, Origin, TensorSpec
from archcount.tracing.known_values import KnownValues

if TYPE_CHECKING:
    from archcount.tracing.memory_use import MemoryUse


@dataclass(slots=True)
class Pattern:
    """An operation wherever its tensors lie: one for all calls with equal tensors and arguments.

    Attributes:
        operation: what is done; the memory of a tensor is its place among those of a call.
        reads: how many of the memories are read.
        origin: what the tensors that it gives are made from.
        charge: its cost, None where no rule counts it.
        is_new: whether it gives new tensors of the same sizes each time.
        container: the type of what holds them, None for a tensor by itself.
        is_in_place: whether it gives its first argument, whose numbers alone are changed.
    """

    operation: Operation
    reads: int
    origin: Origin
    charge: Charge | None = None
    is_new: bool = False
    container: Any = None
    is_in_place: bool = False

    def placed(self, memories: Sequence[int]) -> Operation:
        """Return the operation on tensors in given memories."""
        known = self.operation
        return Operation(
            known.name,
            {name: _placed(value, memories) for name, value in known.arguments.items()},
            tuple([_placed(spec, memories) for spec in known.outputs]),
            known.is_view,
            known.is_pointwise,
        )


def _placed(value: Any, memories: Sequence[int]) -> Any:
    if isinstance(value, TensorSpec):
        return value._replace(storage=memories[value.storage])
    return [_placed(item, memories) for item in value] if isinstance(value, list) else value


@lru_cache(10_000)
def holders(path: str) -> frozenset[str]:
    """Return the paths of a module and of all that hold it.

    >>> sorted(holders("a.b"))
    ['', 'a', 'a.b']
    """
    return frozenset({path}) if not path else holders(path.rpartition(".")[0]) | {path}


@dataclass(slots=True)
class Call:
    """One operation of a pass, in the module that did it.

    Attributes:
        pattern: what was done.
        place: the path of the module.
        within: the paths of all modules that are being run, and of those that hold them.
        memories: of the tensors that were read, then of those that were given.
        has_gradient: whether a gradient comes back to it from a result.
    """

    pattern: Pattern
    place: str
    within: frozenset[str]
    memories: Sequence[int]
    has_gradient: bool = False

    @property
    def operation(self) -> Operation:
        """What was done, written out."""
        return self.pattern.placed(self.memories)

    @property
    def read(self) -> Sequence[int]:
        """The memories of what was read."""
        return self.memories[: self.pattern.reads]


@dataclass(kw_only=True, slots=True)
class ModuleTrace:
    """What was found of one module and of all that it holds.

    Attributes:
        path: its name in the model, empty for the model itself.
        input: the shape of the first tensor it was given by position, None where there was none.
        output: likewise of the first it gave.
        calls: how often it was run.
        is_hidden: whether a scripted module holds it, so that torch does not report its runs.
        own: operations that it does itself, outside of the modules that it holds.
        cost: operations done while it was run, by category.
        backward: multiply-accumulates of their backward pass.
        missed: how often each operation was met that no rule counts, by its name.
    """

    path: str
    input: tuple[int, ...] | None = None
    output: tuple[int, ...] | None = None
    calls: int = 0
    is_hidden: bool = False
    own: Cost = NOTHING
    cost: Cost = NOTHING
    backward: int = 0
    missed: dict[str, int] = field(default_factory=dict)


Own = tuple[Sequence[Tensor], Sequence[Tensor]]
"""The parameters and the buffers of a module, without those of modules that it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardPass:
    """One pass through a model.

    Attributes:
        modules: the model and every module that it holds.
        calls: every operation in the order of the pass.
        inputs: the memory of what the model was given.
        results: the memory of what it gave, in order.
        activation_bytes: of all tensors that were made.
        memory: the bytes of inputs and made tensors that are needed at each call.
        remarks: what makes a number another than the model's own.
        looks: whether, in a pass with values, the code read some that depend on the inputs.
        attention: the convention by which attention was counted.
        attention_calls: how many calls of it were counted otherwise than dense.
        held: the tensors of every module by path, as they were before the pass.
        values: the values that are known of constants; None in a pass on the CPU.
        storages: the memories by number; kept here, as a number is the `id` of its storage.
    """

    modules: tuple[ModuleTrace, ...]
    calls: tuple[Call, ...]
    inputs: tuple[int, ...]
    results: tuple[int, ...]
    activation_bytes: int
    memory: MemoryUse
    remarks: tuple[str, ...]
    looks: bool
    attention: str
    attention_calls: int
    storages: Mapping[int, Any]
    held: Mapping[str, Own]
    values: KnownValues | None = None

    @property
    def parameters(self) -> list[Tensor]:
        """The parameters, each once."""
        return _once(tensor for own, _ in self.held.values() for tensor in own)

    @property
    def buffers(self) -> list[Tensor]:
        """The buffers, each once."""
        return _once(tensor for _, own in self.held.values() for tensor in own)

    @property
    def peak_bytes(self) -> int:
        """The most bytes of inputs and made tensors that are needed at one time."""
        return self.memory.peak


def _once(tensors: Iterable[Tensor]) -> list[Tensor]:
    return [*{id(tensor): tensor for tensor in tensors}.values()]
