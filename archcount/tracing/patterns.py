"""Operations that were met before in a pass: what they give and cost, by all that it depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

import torch
from torch import Tensor

from archcount.operators.operation import Operation, Origin
from archcount.operators.registry import charge, is_given
from archcount.tracing.facts import Facts
from archcount.tracing.reading import described, is_plain
from archcount.tracing.records import Pattern

_META = torch.device("meta")


def pattern_of(
    facts: Facts,
    arguments: Mapping[str, Any],
    made: Sequence[Tensor],
    origin: Origin,
    memories: Sequence[int],
) -> Pattern:
    """Write an operation out, and say what it costs.

    Args:
        facts: what is true of it.
        arguments: its arguments by name; the memory of a tensor is its place.
        made: the tensors that it gave.
        origin: what they were made from.
        memories: of all its tensors in order: those it was given, those it gave.
    """
    reads = len(memories) - len(made)
    outputs = [described(tensor, origin, reads + place) for place, tensor in enumerate(made)]
    operation = Operation(facts.name, arguments, tuple(outputs), facts.is_view, facts.is_pointwise)
    pattern = Pattern(operation, None, reads)
    # A rule that the program brought may look at more, such as which memory a tensor lies in.
    is_open = is_given(operation)
    pattern.charge = charge(pattern.placed(memories) if is_open else operation)
    return pattern


class Made:
    """An answer of new tensors alone, which are made without torch working their sizes out."""

    __slots__ = ("_first", "_kind", "_others", "_pattern", "origin")

    def __init__(self, kind: type | None, made: Sequence[Tensor], pattern: Pattern) -> None:
        self._kind, self._pattern = kind, pattern
        self._first, *self._others = [(item.size(), item.stride(), item.dtype) for item in made]
        self.origin = pattern.operation.output.origin

    def give(self, func: Any, args: Any, kwargs: Any) -> Given:
        """Give it again."""
        size, stride, dtype = self._first
        made = [torch.empty_strided(size, stride, dtype=dtype, device=_META)]
        if self._kind is None:
            return made[0], made, self._pattern
        for size, stride, dtype in self._others:
            made.append(torch.empty_strided(size, stride, dtype=dtype, device=_META))
        return self._kind(made), made, self._pattern


class Same:
    """An answer that is the first argument itself, whose numbers alone were changed."""

    __slots__ = ("_pattern", "origin")

    def __init__(self, pattern: Pattern) -> None:
        self._pattern, self.origin = pattern, pattern.operation.output.origin

    def give(self, func: Any, args: Any, kwargs: Any) -> Given:
        """Give it again."""
        return args[0], args[:1], self._pattern


class Asked:
    """What torch is asked for each time: another look at memory, or sizes that may be others."""

    __slots__ = ("_arguments", "_facts", "_patterns", "origin")

    def __init__(self, facts: Facts, made: Sequence[Tensor], pattern: Pattern) -> None:
        self._facts, self._arguments = facts, pattern.operation.arguments
        self._patterns = {tuple(map(_seen, made)): pattern}
        outputs = pattern.operation.outputs
        self.origin = outputs[0].origin if outputs else Origin.CONSTANT

    def give(self, func: Any, args: Any, kwargs: Any) -> Given:
        """Ask torch."""
        given = func(*args, **kwargs) if kwargs else func(*args)
        if type(given) is Tensor:
            made = [given]
        else:
            made = [item for item in flat(given) if isinstance(item, Tensor)]
        key = tuple(map(_seen, made))
        pattern = self._patterns.get(key)
        if pattern is None:
            reads = next(iter(self._patterns.values())).reads
            memories = range(reads + len(made))
            pattern = pattern_of(self._facts, self._arguments, made, self.origin, memories)
            if len(self._patterns) < _ROOM:
                self._patterns[key] = pattern
        return given, made, pattern


Given = tuple[Any, Sequence[Tensor], Pattern]
"""What an operation gives, the tensors in that, and the operation written out."""
_ROOM = 8
"""How many different answers to the same are kept."""


def answer_again(
    facts: Facts,
    args: Sequence[Any],
    given: Any,
    made: Sequence[Tensor],
    pattern: Pattern,
    taken: Set[int],
) -> Made | Same | Asked:
    """Return what gives the same again, for a call with equal tensors and arguments.

    Args:
        facts: what is true of the operation.
        args: its arguments in order.
        given: what it gave.
        made: the tensors in that.
        pattern: it, written out.
        taken: the memories of the tensors that it was given.
    """
    items = flat(given)
    if facts.is_fresh and made and len(made) == len(items) and is_new(made, taken):
        kind = None if isinstance(given, Tensor) else type(given)
        return Made(kind, made, pattern)
    if facts.is_in_place and given is args[0] and _is_as_before(pattern):
        return Same(pattern)
    return Asked(facts, made, pattern)


def is_new(made: Sequence[Tensor], taken: Set[int]) -> bool:
    """Tell whether tensors are as `torch.empty_strided` makes them, and share no memory.

    Args:
        made: the tensors.
        taken: memories that are not theirs.
    """
    memories = {item.untyped_storage()._cdata for item in made}
    return len(memories) == len(made) and memories.isdisjoint(taken) and all(map(_is_simple, made))


def _is_simple(item: Tensor) -> bool:
    if type(item) is not Tensor or not is_plain(item) or item.storage_offset():
        return False
    other = torch.empty_strided(item.size(), item.stride(), dtype=item.dtype, device=_META)
    return other.untyped_storage().nbytes() == item.untyped_storage().nbytes()


def _is_as_before(pattern: Pattern) -> bool:
    """Tell whether what was given is the first tensor that was read, of the same sizes."""
    before = next(pattern.operation.tensors())
    after = pattern.operation.output
    return before.shape == after.shape and before.layout == after.layout


def _seen(item: Tensor) -> Any:
    return item.shape, item.stride(), item.storage_offset(), item.dtype, item.requires_grad


def flat(given: Any) -> Sequence[Any]:
    """Give what an operation gave as a sequence."""
    return given if isinstance(given, list | tuple) else (given,)
