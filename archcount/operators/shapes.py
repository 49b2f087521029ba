"""Shape rules: what operators give on dense tensors of floating point numbers.

Torch works sizes out anew each time, much of it in Python: for a layer normalisation it runs the
arithmetic of one, tensor by tensor. A rule answers only where the answer is sure; torch is asked
otherwise, also to raise its own errors.
"""

from __future__ import annotations

from collections.abc import Sequence

from archcount.operators.operation import Operation, TensorSpec

Result = tuple[TensorSpec, ...] | None


def contiguous(shape: Sequence[int], dtype: str) -> TensorSpec:
    """Return a new tensor whose numbers lie in the order of its indices.

    >>> contiguous((2, 3, 4), "float32").layout
    (0, 12, 4, 1)
    """
    return TensorSpec(tuple(shape), dtype, layout=(0, *_strides(shape)))


def _strides(shape: Sequence[int]) -> tuple[int, ...]:
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def like(spec: TensorSpec) -> TensorSpec:
    """Return a new tensor with the sizes and strides of another."""
    return TensorSpec(spec.shape, spec.dtype, layout=(0, *spec.layout[1:]))


def is_contiguous(spec: TensorSpec) -> bool:
    """Return whether a tensor is of floating point numbers that lie in the order of its indices."""
    return spec.is_floating and spec.layout[1:] == _strides(spec.shape)


def is_dense(spec: TensorSpec) -> bool:
    """Return whether a tensor's numbers lie without gaps and overlaps, its axes in any order.

    Steps along an axis of 1 do not matter.

    >>> is_dense(TensorSpec((2, 3), "float32", layout=(0, 1, 2)))
    True
    """
    axes = [pair for pair in zip(spec.layout[1:], spec.shape, strict=True) if pair[1] != 1]
    step = 1
    for stride, size in sorted(axes):
        if stride != step:
            return False
        step *= size
    return spec.is_floating


def unary(operation: Operation) -> Result:
    """Return what works on one tensor, number by number, with plain numbers beside it."""
    first = None
    for value in operation.arguments.values():
        if isinstance(value, TensorSpec):
            if first is not None:
                return None
            first = value
        elif isinstance(value, complex):
            return None
    return (like(first),) if first is not None and is_dense(first) else None


def shape_of_both(one: Sequence[int], other: Sequence[int]) -> tuple[int, ...] | None:
    """Return the shape of two that are broadcast, None where they do not go together."""
    dims = max(len(one), len(other))
    sizes = []
    for left, right in zip(
        (1,) * (dims - len(one)) + tuple(one),
        (1,) * (dims - len(other)) + tuple(other),
        strict=True,
    ):
        if left != right and 1 not in (left, right):
            return None
        sizes.append(right if left == 1 else left)
    return tuple(sizes)
