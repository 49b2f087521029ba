"""The memory of a forward pass over its steps, and what is alive where it is most."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcount.tracing.forward_pass import Call, ForwardPass


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryStep:
    """One operation of a pass that makes or changes tensors.

    Attributes:
        path: of the module that does it, empty for the model itself.
        operation: its name in torch, without the namespace.
        alive: bytes of inputs and made tensors that are needed while it runs.
    """

    path: str
    operation: str
    alive: int


@dataclass(frozen=True, kw_only=True, slots=True)
class AliveTensor:
    """A tensor that is needed where the memory is most.

    Attributes:
        path: of the module that made it, empty for the model itself.
        operation: that made it; empty for what the model was given.
        shape: of the tensor; None for what the model was given.
        bytes: of its memory.
    """

    path: str
    operation: str
    shape: tuple[int, ...] | None
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryTimeline:
    """The memory of a pass, if each tensor is let go after its last use; weights are not in it.

    Attributes:
        steps: the operations in order.
        at_peak: what is alive where that is most, the largest first.
    """

    steps: tuple[MemoryStep, ...]
    at_peak: tuple[AliveTensor, ...]


def memory_timeline(traced: ForwardPass) -> MemoryTimeline:
    """Return the memory of a pass over its steps."""
    pairs = zip(traced.calls, traced.memory.alive, strict=False)  # behind the last is the end
    steps = tuple(
        MemoryStep(path=call.place, operation=_name(call), alive=alive)
        for call, alive in pairs
        if not call.pattern.operation.is_view
    )
    return MemoryTimeline(
        steps=steps, at_peak=tuple(sorted(_at_peak(traced), key=lambda each: -each.bytes))
    )


def _at_peak(traced: ForwardPass) -> Iterator[AliveTensor]:
    for memory, number in traced.memory.at_peak.items():
        size = traced.storages[memory].nbytes()
        if number is None:
            yield AliveTensor(path="", operation="", shape=None, bytes=size)
            continue
        call = traced.calls[number]
        made = (
            spec.shape
            for spec in call.pattern.operation.outputs
            if call.memories[spec.storage] == memory
        )
        yield AliveTensor(
            path=call.place, operation=_name(call), shape=next(made, None), bytes=size
        )


def _name(call: Call) -> str:
    return call.pattern.operation.name.partition(".")[2]
