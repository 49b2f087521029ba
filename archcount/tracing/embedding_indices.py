"""Range checks of the indices of an embedding, where their values are known."""

from __future__ import annotations

from torch import Tensor

from archcount.tracing.known_values import KnownValues

_MOST_INDICES = 2**16
"""So that looking takes no time: more are those of pairs, not of positions or tokens."""


def check_indices(numbers: KnownValues, table: Tensor, indices: Tensor) -> None:
    """Check that known indices lie in the table that they are looked up in.

    Where numbers of the input that nobody gave decide on them, it is remarked on.

    Raises:
        IndexError: one lies beyond the table, as torch raises it with numbers.
    """
    memory = numbers.memory(indices)
    if memory not in numbers.known or not 0 < indices.numel() <= _MOST_INDICES:
        return
    numbers.work_out([memory])
    if memory not in numbers.known:
        return
    low, high = (int(end) for end in numbers.of(indices).aminmax())
    entries = table.shape[0]
    if low >= 0 and high < entries:
        return
    beyond = low if low < 0 else high
    told = f"index {beyond:,} is out of range of an embedding of {entries:,} entries"
    assumed = numbers.assumed(memory)
    if not assumed:
        raise IndexError(told)
    numbers.beyond[f"{told}, assuming {', '.join(assumed)}"] = None
