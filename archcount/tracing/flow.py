"""How tensors flow through a pass: what reaches the results, and how long each is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from archcount.tracing.records import Call


def needed(calls: Sequence[Call], results: Sequence[int]) -> list[bool]:
    """Say of each call whether a gradient comes back to it from the results.

    Walked from the last call to the first: a call is needed if it wrote to memory that is. Beyond
    what is read without a gradient (a detached tensor, an index) nothing is needed for it; a
    function of autograd of the model's own works without gradients, and hands them on.

    Args:
        calls: of a pass.
        results: the memory of what it gave that has a gradient.
    """
    wanted = set(results)
    used = []
    for call in reversed(calls):
        written = {spec.storage for spec in call.operation.outputs}
        is_used = not wanted.isdisjoint(written)
        if is_used:
            wanted.update(
                spec.storage
                for spec in call.operation.tensors()
                if spec.requires_grad or (call.is_blind and spec.is_floating)
            )
        used.append(is_used)
    return used[::-1]


def lifetimes(
    calls: Sequence[Call],
    sizes: Mapping[int, int],
    inputs: Sequence[int],
    results: Sequence[int],
) -> int:
    """Give the most bytes that are needed at one time.

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
        touched = (*call.operation.tensors(), *call.operation.outputs)
        for storage in {spec.storage for spec in touched}:
            if storage not in last:
                first[storage] = number
            last[storage] = number
    last.update(dict.fromkeys(results, len(calls)))
    change: Counter[int] = Counter()
    for storage, number in last.items():
        change[first[storage]] += sizes.get(storage, 0)
        change[number + 1] -= sizes.get(storage, 0)
    most = now = 0
    for number in sorted(change):
        now += change[number]
        most = max(most, now)
    return most
