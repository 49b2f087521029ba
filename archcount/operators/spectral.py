"""Fourier transforms, counted as fast Fourier transforms."""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, prod

from archcount.layers import Cost
from archcount.operators.operation import Charge, Operation, TensorSpec
from archcount.operators.operator import Operator, aten


def _transform(operation: Operation) -> Charge:
    """Count 5 N log2 N operations a transform of N complex numbers, half of it of real ones.

    Over several axes N is the product of their lengths.

    Source: M. Frigo and S. G. Johnson, FFTW benchmark methodology, fftw.org/speed/method.html.
    """
    # What is real says how long the last axis is: the complex side has half of it.
    is_inverse = operation.name.endswith("c2r")
    whole = operation.output if is_inverse else operation.tensor("self")
    both = operation_count(whole, operation.arguments["dim"])
    is_complex = operation.name.endswith("c2c")
    return Charge(Cost(fft=round(both if is_complex else both / 2)))


def operation_count(spec: TensorSpec, axes: Sequence[int]) -> float:
    """Return 5 N log2 N for each transform of a tensor along some axes.

    >>> operation_count(TensorSpec((3, 8), "complex64"), [1])  # 3 x 5 x 8 x 3
    360.0
    """
    length = prod(spec.shape[axis] for axis in axes)
    return 5 * spec.elements * log2(length) if length else 0.0


OPERATORS = aten("_fft_c2c _fft_r2c _fft_c2r", Operator(cost=_transform))
