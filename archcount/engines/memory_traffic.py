"""Bytes that the modules of a model move, and the least time that they take on a machine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from archcount.errors import InvalidValueError, UsageError, quote
from archcount.operators.operation import Operation, TensorSpec
from archcount.printed.quantity import parse_quantity

if TYPE_CHECKING:
    from archcount.engines.model_count import ModuleCount
    from archcount.tracing.forward_pass import Call, ForwardPass

_ROWS = frozenset(
    {"aten.embedding", "aten._embedding_bag", "aten.index", "aten.index_select", "aten.gather"}
)
"""Operations that read no more of a tensor than they give."""
_INTO = {
    "aten.copy_": "src", "aten.index_copy_": "source", "aten.index_put_": "values",
    "aten.scatter_": "src", "aten.index_add_": "source", "aten.scatter_add_": "src",
}  # fmt: skip
"""Operations that write into a tensor, and the argument that says how much."""
_JOINS = "aten.cat"
_GROUPED = "aten._grouped_mm"


@dataclass(frozen=True, kw_only=True, slots=True)
class Machine:
    """What a model is run on.

    Attributes:
        flops: the peak in floating-point operations a second, two for each multiply-accumulate.
        bytes_per_second: the bandwidth of its memory.

    >>> h100 = Machine(flops=989e12, bytes_per_second=3.35e12)
    >>> round(h100.ridge), h100.seconds(0, 3_350_000_000)
    (295, 0.001)
    """

    flops: float
    bytes_per_second: float

    @classmethod
    def read(cls, peak: str | float, bandwidth: str | float) -> Machine | None:
        """Return the machine of two rates, or None where neither is given.

        Raises:
            UsageError: a rate cannot be read, or one is given without the other.

        >>> Machine.read("989T", 3.35e12)
        Machine(flops=989000000000000.0, bytes_per_second=3350000000000.0)
        """
        if not peak and not bandwidth:
            return None
        if not peak or not bandwidth:
            raise UsageError.of(
                "--peak and --bandwidth go together", remedy="give both, such as 989T and 3.35T"
            )
        return cls(
            flops=_rate("--peak", peak, "FLOP/s, such as 989T or 1.5e12"),
            bytes_per_second=_rate("--bandwidth", bandwidth, "B/s, such as 3.35T or 900G"),
        )

    @property
    def ridge(self) -> float:
        """The FLOP per byte above which compute is the limit."""
        return self.flops / self.bytes_per_second

    def seconds(self, flops: int, moved: int) -> float:
        """Return the time of operations, and of moving bytes: the longer of both."""
        return max(flops / self.flops, moved / self.bytes_per_second)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """What a module moves.

    Attributes:
        own: bytes of its own operations, outside of the modules that it holds.
        total: those of the modules that it holds too.
        seconds: the least time on a machine, one module's own operations after another's.
    """

    own: int = 0
    total: int = 0
    seconds: float | None = None

    def with_part(self, part: Moved) -> Moved:
        """Add what the own operations of a module move."""
        seconds = None if part.seconds is None else (self.seconds or 0.0) + part.seconds
        return Moved(own=self.own, total=self.total + part.own, seconds=seconds)


def _rate(option: str, given: str | float, allowed: str) -> float:
    try:
        value = float(parse_quantity(given).value()) if isinstance(given, str) else float(given)
    except (InvalidValueError, TypeError, ValueError):
        value = 0.0
    if not 0 < value < float("inf"):
        shown = quote(given) if isinstance(given, str) else repr(given)
        raise UsageError.of(f"{option} {shown}", allowed=allowed)
    return value


@dataclass(slots=True)
class _Accesses:
    """What the own operations of a module read and make, by memory.

    Attributes:
        read: the bytes of each part that was read, by its sizes and place in the memory.
        made: the bytes of what was made here.
        written: the bytes written into what was made elsewhere.
        within: the paths of all modules that were being run.
    """

    read: defaultdict[int, dict[Any, float]] = field(default_factory=lambda: defaultdict(dict))
    made: dict[int, int] = field(default_factory=dict)
    written: int = 0
    within: frozenset[str] = frozenset()


def bytes_moved(
    modules: Mapping[str, ModuleCount],
    weights: Mapping[int, float],
    traced: ForwardPass,
    machine: Machine | None = None,
) -> dict[str, Moved]:
    """Return the bytes that each module moves, and its time on a machine.

    A module reads its weights once in each run, and once what other modules made; it writes once
    what others read. What it makes for itself alone stays where it is computed. An embedding reads
    the rows that it looks up, experts those that the rows can reach; what a concatenation takes
    over from the model's input, as from a cache, is not written anew.

    Args:
        modules: what was counted, by path.
        weights: the memories of parameters, and how many bytes of each are stored for one of it.
        traced: the pass.
        machine: what it is run on.
    """
    places: defaultdict[str, _Accesses] = defaultdict(_Accesses)
    inputs = set(traced.inputs)
    for call in traced.calls:
        place = places[call.place]
        place.within |= call.within
        if not call.pattern.operation.is_view:
            _note(place, call, weights, inputs)
    readers: defaultdict[int, set[str]] = defaultdict(set)
    for path, place in places.items():
        for memory in place.read:
            readers[memory].add(path)
    for memory in traced.results:
        readers[memory].add(_OUTSIDE)
    moved = {path: Moved() for path in modules}
    for path, place in places.items():
        own = float(place.written)
        for memory, parts in place.read.items():
            if memory not in place.made:
                size = min(sum(parts.values()), traced.storages[memory].nbytes())
                own += size * weights.get(memory, 1) * _times(memory, weights, modules[path])
        own += sum(size for memory, size in place.made.items() if readers[memory] - {path})
        flops = 2 * modules[path].own.macs
        alone = Moved(own=round(own), total=round(own))
        alone = replace(alone, seconds=machine.seconds(flops, alone.own) if machine else None)
        moved[path] = replace(moved[path], own=alone.own)
        for holder in place.within:
            moved[holder] = moved[holder].with_part(alone)
    return moved


_OUTSIDE = "\n"
"""Stands for the caller of the model among those that read a tensor."""


def _times(memory: int, weights: Mapping[int, float], module: ModuleCount) -> int:
    """Return how often a module reads a memory: weights in each run, all else once."""
    return max(module.calls or 1, 1) if memory in weights else 1


def _note(place: _Accesses, call: Call, weights: Mapping[int, float], inputs: set[int]) -> None:
    operation = call.pattern.operation
    written = operation.arguments.get(_INTO.get(operation.name, ""))
    outputs = {call.memories[spec.storage]: spec for spec in operation.outputs}
    for spec in operation.tensors():
        memory = call.memories[spec.storage]
        if isinstance(written, TensorSpec) and memory in outputs:
            continue  # it is written to, not read
        place.read[memory][spec.shape, spec.layout] = _bytes_read(spec, operation)
    for memory, spec in outputs.items():
        if memory not in call.read:
            taken_over = _taken_over(call, inputs) if operation.name == _JOINS else 0
            place.made.setdefault(memory, _bytes(spec) - taken_over)
        elif memory not in place.made and memory not in weights:
            place.written += _bytes(written if isinstance(written, TensorSpec) else spec)


def _bytes_read(spec: TensorSpec, operation: Operation) -> float:
    """Return the bytes that an operation reads of one of its tensors."""
    if operation.name in _ROWS and operation.outputs:
        return min(_bytes(spec), _bytes(operation.output))
    if operation.name == _GROUPED and len(spec.shape) > 2:
        rows = next(operation.tensors()).shape[0]
        return _bytes(spec) * min(rows, spec.shape[0]) / max(spec.shape[0], 1)
    return _bytes(spec)


def _taken_over(call: Call, inputs: set[int]) -> int:
    """Return the bytes of a concatenation that the model was given."""
    specs = call.pattern.operation.tensors()
    return sum(_bytes(spec) for spec in specs if call.memories[spec.storage] in inputs)


def _bytes(spec: TensorSpec) -> int:
    return spec.elements * _item_bytes(spec.dtype)


def _item_bytes(dtype: str) -> int:
    """Return the bytes of a number.

    >>> _item_bytes("bfloat16"), _item_bytes("complex64"), _item_bytes("bool")
    (2, 8, 1)
    """
    import torch

    return getattr(torch, dtype).itemsize  # type: ignore[no-any-return]
