"""Parts of one tensor put together in another order, which moves its numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from archcount.operators.operation import TensorSpec


def is_regrouped(parts: Sequence[TensorSpec]) -> bool:
    """Return whether parts of one memory hold no number twice: together they are one another way.

    So Swin's merging of patches is either a concatenation of every second row and column, or a
    transpose.

    >>> even, odd = (TensorSpec((4, 3), "float32", layout=(at, 6, 2)) for at in (0, 1))
    >>> is_regrouped([even, odd]), is_regrouped([even, even])
    (True, False)
    """
    first = parts[0]
    if not first.layout or any(
        (part.storage, part.layout[1:]) != (first.storage, first.layout[1:]) for part in parts
    ):
        return False
    return not any(_meet(one, other) for one, other in combinations(parts, 2))


def _meet(one: TensorSpec, other: TensorSpec) -> bool:
    """Return whether two parts with equal strides have a number in common."""
    axes = sorted(
        zip(one.layout[1:], one.shape, other.shape, strict=True), key=lambda axis: -axis[0]
    )

    def reaches(apart: int, at: int) -> bool:
        if at == len(axes):
            return apart == 0
        stride, ours, theirs = axes[at]
        if stride == 0:
            return reaches(apart, at + 1)
        rest = sum(step * (max(sizes) - 1) for step, *sizes in axes[at + 1 :])
        low, high = -((rest - apart) // stride), (apart + rest) // stride
        return any(
            reaches(apart - stride * steps, at + 1)
            for steps in range(max(low, 1 - theirs), min(high, ours - 1) + 1)
        )

    return reaches(other.layout[0] - one.layout[0], 0)
