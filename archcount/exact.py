"""Exact numbers: whole ones, fractions, and symbolic ones, which stand for many at once.

What Python's own functions would settle by one value (`max`, `int`, `float`) stands here for the
code that symbolic numbers run through.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any, cast


class SymbolicNumber(ABC):
    """A number that is known as an expression, and says itself what becomes of it."""

    @abstractmethod
    def larger(self, other: Any) -> Any:
        """Return the larger of itself and another number."""

    @abstractmethod
    def smaller(self, other: Any) -> Any:
        """Return the smaller of itself and another number."""

    @abstractmethod
    def is_beyond(self, limit: int) -> bool:
        """Return whether numerator or denominator is above a limit."""


def exact(number: Any) -> Any:
    """Return a fraction of a whole number, so that no division loses anything.

    >>> exact(3)
    Fraction(3, 1)
    """
    return number if isinstance(number, SymbolicNumber) else Fraction(number)


def larger(first: Any, second: Any) -> Any:
    """Return the larger of two numbers.

    >>> larger(3, 0)
    3
    """
    for number, other in ((first, second), (second, first)):
        if isinstance(number, SymbolicNumber):
            return number.larger(other)
    return max(first, second)


def smaller(first: Any, second: Any) -> Any:
    """Return the smaller of two numbers.

    >>> smaller(3, 0)
    0
    """
    for number, other in ((first, second), (second, first)):
        if isinstance(number, SymbolicNumber):
            return number.smaller(other)
    return min(first, second)


def is_beyond(number: Any, limit: int) -> bool:
    """Return whether numerator or denominator is above a limit.

    >>> is_beyond(Fraction(1, 9), 8), is_beyond(Fraction(1, 8), 8)
    (True, False)
    """
    if isinstance(number, SymbolicNumber):
        return number.is_beyond(limit)
    return bool(max(abs(number.numerator), number.denominator) > limit)


def as_whole(number: Any) -> int:
    """Return a number that is known to be whole as such.

    >>> as_whole(Fraction(4))
    4
    """
    whole: Any = number if isinstance(number, SymbolicNumber) else int(number)
    return cast(int, whole)


def as_real(number: Any) -> float:
    """Return a number that nothing is counted with as a floating one.

    >>> as_real(Fraction(1, 2))
    0.5
    """
    real: Any = number if isinstance(number, SymbolicNumber) else float(number)
    return cast(float, real)
