"""A symbolic number, which runs through the code that counts as a whole number does."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from archcount.errors import UsageError
from archcount.exact import SymbolicNumber
from archcount.symbolic.floor_rules import canonical, floor_of, settled
from archcount.symbolic.guards import PathCondition
from archcount.symbolic.polynomial import MinMax, Number, Polynomial

LARGEST = 2_000
"""The most parts of one number: more than anyone reads, and few enough to be had in seconds."""
_Binary = Callable[["Symbolic", Any], Any]


def _lifted(method: Callable[[Symbolic, Symbolic], Any]) -> _Binary:
    """Return a method that accepts a plain number as the other operand, and refuses all else."""

    def taken(self: Symbolic, other: Any) -> Any:
        if isinstance(other, Symbolic):
            return method(self, other)
        if isinstance(other, bool) or not isinstance(other, int | Fraction | float):
            return NotImplemented
        return method(self, self._like(Polynomial.of(Fraction(other))))

    return taken


def _mirrored(method: Callable[[Symbolic, Symbolic], Any]) -> _Binary:
    """Return the method for a plain number on the left."""
    return _lifted(lambda self, other: method(other, self))


class Symbolic(SymbolicNumber):
    """A number as an expression, in a run that decides by an example value of each name.

    What the run decides by it (a comparison, a number of repetitions) is recorded in the path
    condition: the expression is right wherever all of it holds, for there the run decides the
    same. Converting it to a plain number fixes the expression to its value.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, polynomial: Polynomial, condition: PathCondition) -> None:
        self.polynomial, self.condition = polynomial, condition

    def _like(self, polynomial: Polynomial) -> Symbolic:
        if polynomial.size > LARGEST:
            raise UsageError.of(
                f"the expressions grow beyond {LARGEST:,} parts",
                remedy="keep fewer names as symbols: --in",
            )
        return Symbolic(polynomial, self.condition)

    def _value(self) -> Number:
        return self.polynomial.at(self.condition.point)

    def _plus(self, other: Symbolic) -> Symbolic:
        return self._like(settled(self.polynomial + other.polynomial))

    def _minus(self, other: Symbolic) -> Symbolic:
        return self._like(settled(self.polynomial - other.polynomial))

    def _times(self, other: Symbolic) -> Symbolic:
        return self._like(self.polynomial * other.polynomial)

    def _over(self, other: Symbolic) -> Symbolic:
        if self.condition.decide(other.polynomial, "=="):
            raise ZeroDivisionError
        return self._like(self.polynomial.over(other.polynomial))

    def _floor_over(self, other: Symbolic) -> Any:
        quotient = self._over(other).polynomial
        whole = self.condition.knows_whole(quotient)
        divisor = other.polynomial.number
        if divisor is not None:
            return self._like(floor_of(self.polynomial, divisor, is_whole=whole))
        if whole or quotient.number is not None:
            return self._like(floor_of(quotient, Fraction(1), is_whole=whole))
        # One length over another, such as that of a shortcut's stride: a plain number, as long
        # as the quotient stays where it is.
        plain = self._value() // other._value()
        rest = self._minus(other._times(self._like(Polynomial.of(plain))))
        self.condition.decide(rest.polynomial, ">=")
        self.condition.decide(other._minus(rest).polynomial, ">")
        return plain

    def _modulo(self, other: Symbolic) -> Number:
        rest = self._value() % other._value()
        quotient = self._minus(self._like(Polynomial.of(rest)))._over(other)
        self.condition.require_whole(quotient.polynomial)
        self.condition.decide((other - self._like(Polynomial.of(rest))).polynomial, ">")
        return int(rest) if rest.denominator == 1 else rest

    __add__, __radd__ = _lifted(_plus), _mirrored(_plus)
    __sub__, __rsub__ = _lifted(_minus), _mirrored(_minus)
    __mul__, __rmul__ = _lifted(_times), _mirrored(_times)
    __truediv__, __rtruediv__ = _lifted(_over), _mirrored(_over)
    __floordiv__, __rfloordiv__ = _lifted(_floor_over), _mirrored(_floor_over)
    __mod__, __rmod__ = _lifted(_modulo), _mirrored(_modulo)

    def __neg__(self) -> Symbolic:
        return self._like(-self.polynomial)

    def _is(self, other: Symbolic, relation: str) -> bool:
        return self.condition.decide(self.polynomial - other.polynomial, relation)

    __eq__ = _lifted(lambda self, other: self._is(other, "=="))
    __ne__ = _lifted(lambda self, other: self._is(other, "!="))
    __gt__ = _lifted(lambda self, other: self._is(other, ">"))
    __ge__ = _lifted(lambda self, other: self._is(other, ">="))
    __lt__ = _lifted(lambda self, other: other._is(self, ">"))
    __le__ = _lifted(lambda self, other: other._is(self, ">="))

    def __bool__(self) -> bool:
        return self.condition.decide(self.polynomial, "!=")

    @property
    def denominator(self) -> int:
        """1, noted as such, or that of its value, to which it is pinned."""
        if self._value().denominator != 1:
            return self._pinned().denominator
        self.condition.require_whole(self.polynomial)
        return 1

    def _pinned(self) -> Number:
        """Return the value, and record that the expression has it."""
        value = self._value()
        self.condition.decide(self.polynomial - value, "==")
        return value

    def __int__(self) -> int:
        return int(self._pinned())

    def __index__(self) -> int:
        return int(self)

    def __float__(self) -> float:
        return float(self._pinned())

    def _extreme(self, other: Any, *, largest: bool) -> Any:
        theirs = other.polynomial if isinstance(other, Symbolic) else Polynomial.of(other)
        gap = canonical(self.polynomial - theirs).number
        if gap is not None:
            return self if (gap >= 0) is largest else other
        return self._like(Polynomial.of(MinMax(self.polynomial, theirs, largest)))

    def larger(self, other: Any) -> Any:
        """Return the larger of itself and another number."""
        return self._extreme(other, largest=True)

    def smaller(self, other: Any) -> Any:
        """Return the smaller of itself and another number."""
        return self._extreme(other, largest=False)

    def is_beyond(self, limit: int) -> bool:
        """Return whether numerator or denominator is above a limit."""
        return self.condition.require_small(self.polynomial, limit)

    def __str__(self) -> str:
        return str(self._value())

    def __repr__(self) -> str:
        return f"Symbolic({self})"
