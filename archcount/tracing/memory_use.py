"""The memory that a forward pass needs: how many bytes at each of its calls, and what they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from archcount.tracing.forward_pass import Call


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryUse:
    """The memory that a pass needs, if each tensor is let go after its last use.

    Attributes:
        alive: the bytes needed at each call, and at the end.
        at_peak: the memories that are needed where that is most, with the call that makes each;
            None for what the model was given.
    """

    alive: tuple[int, ...]
    at_peak: Mapping[int, int | None]

    @property
    def peak(self) -> int:
        """The most bytes that are needed at one time."""
        return max(self.alive)


def memory_use(
    calls: Sequence[Call],
    sizes: Mapping[int, int],
    inputs: Sequence[int],
    results: Sequence[int],
) -> MemoryUse:
    """Return the bytes that are needed at each call.

    Memory is needed from the call that makes it to the last that touches it; what was given from
    the start, what is given back to the end.

    Args:
        calls: of a pass.
        sizes: the bytes of each memory; what is not named, such as weights, is not counted.
        inputs: the memory of what the model was given.
        results: the memory of what it gave.
    """
    first = dict.fromkeys((*inputs, *results), 0)
    last = dict.fromkeys(inputs, 0)
    for number, call in enumerate(calls):
        for storage in call.memories:
            if storage not in last:
                first[storage] = number
            last[storage] = number
    last.update(dict.fromkeys(results, len(calls)))
    change = [0] * (len(calls) + 2)
    for storage, number in last.items():
        change[first[storage]] += sizes.get(storage, 0)
        change[number + 1] -= sizes.get(storage, 0)
    alive = tuple(accumulate(change[:-1]))
    peak = alive.index(max(alive))
    given = set(inputs)
    return MemoryUse(
        alive=alive,
        at_peak={
            storage: None if storage in given else first[storage]
            for storage, number in last.items()
            if first[storage] <= peak <= number and sizes.get(storage)
        },
    )
