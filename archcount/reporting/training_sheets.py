"""The memory that training takes, by part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archcount.engines.training_memory import TrainingMemory
from archcount.reporting.figures import size
from archcount.reporting.sheet import Column, Sheet, Span, make_sheet


class _MemoryPart(NamedTuple):
    name: str
    bytes: int | None


def training_sheets(memory: TrainingMemory) -> list[Sheet]:
    """Lay out the parts, and their sum with each optimizer."""
    columns: list[Column[_MemoryPart]] = [
        Column("Part", lambda line: line.name, whole=True),
        Column("Size", lambda line: size(line.bytes) or "unknown", right=True),
        Column("Bytes", lambda line: "" if line.bytes is None else f"{line.bytes:,}", right=True),
    ]
    parts, sums = list(_parts(memory)), list(_sums(memory))
    return [
        make_sheet(
            "memory of training, an estimate",
            columns,
            [*parts, *sums],
            rule_before=(len(parts),),
            notes=_notes(memory),
        )
    ]


def _parts(memory: TrainingMemory) -> Iterator[_MemoryPart]:
    yield _MemoryPart("weights and buffers", memory.weights)
    yield _MemoryPart("gradients", memory.gradients)
    if memory.master:
        yield _MemoryPart("float32 copy of weights", memory.master)
    for name, state in memory.optimizers.items():
        yield _MemoryPart(f"state of {name}", state)
    yield _MemoryPart("activations", memory.activations)
    if memory.checkpointed is not None:
        yield _MemoryPart(f"activations, {memory.layers} layers checkpointed", memory.checkpointed)


def _sums(memory: TrainingMemory) -> Iterator[_MemoryPart]:
    for name in memory.optimizers:
        yield _MemoryPart(f"together with {name}", memory.total(name))
        if memory.checkpointed is not None:
            yield _MemoryPart("  checkpointed", memory.total(name, is_checkpointed=True))


def _notes(memory: TrainingMemory) -> Iterator[Span]:
    scores = (
        f"; of them {size(memory.scores)} results of softmax, which fused attention does not keep"
    )
    yield Span(
        "activations: the tensors that autograd saves for the backward pass, without a loss"
        + (scores if memory.scores else "")
    )
    if memory.checkpointed is not None:
        yield Span(
            "checkpointed: the tensors saved outside of repeated layers, the inputs of each, and "
            "the most that one saves while it is recomputed"
        )
    yield Span(
        "optimizer states in float32, of 8-bit Adam in int8 without scales; not counted: "
        "gradients of activations, workspaces of operations, and overhead of the allocator"
    )
