"""The whole numbers that fulfil guards: by remainders and bounds, since lengths repeat."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from archcount.symbolic.guards import Guard, compare
from archcount.symbolic.polynomial import (
    UNIT,
    Atom,
    Floor,
    Length,
    MinMax,
    Name,
    Number,
    Polynomial,
)

_LONGEST = 100_000
"""The longest period that is looked through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IntegerSet:
    """The values that a whole number may have.

    Attributes:
        remainders: those that are allowed, in order.
        most: the greatest value, None where there is none.
    """

    name: str
    modulus: int = 1
    remainders: tuple[int, ...] = (0,)
    least: int = 1
    most: int | None = None

    def __contains__(self, value: Fraction | int) -> bool:
        return (
            Fraction(value).denominator == 1
            and value >= self.least
            and (self.most is None or value <= self.most)
            and value % self.modulus in self.remainders
        )


def repetition(of: Polynomial) -> tuple[int, Fraction] | None:
    """Return (period, rate) of f with f(x + period) = f(x) + rate * period for whole x, or None."""
    period, rate = 1, Fraction(0)
    for monomial, factor in of.terms.items():
        if monomial == UNIT:
            continue
        ((atom, exponent), *more) = monomial
        found = None if more or exponent != 1 else _repetition(atom)
        if found is None:
            return None
        period, rate = math.lcm(period, found[0]), rate + factor * found[1]
    return (period, rate) if period <= _LONGEST else None


def _repetition(atom: Atom) -> tuple[int, Fraction] | None:
    match atom:
        case Name(whole=True):
            return 1, Fraction(1)
        case Length(divisor=divisor):
            return divisor, Fraction(1, divisor)
        case Floor(of):
            inner = repetition(of)
            # The period must move what is rounded by a whole number.
            return inner and (inner[0] * (inner[0] * inner[1]).denominator, inner[1])
        case MinMax(first, second):
            both = repetition(first), repetition(second)
            if both[0] is None or both[1] is None or both[0][1] != both[1][1]:
                return None
            return math.lcm(both[0][0], both[1][0]), both[0][1]
    return None


_Run = tuple[int, int | None]
"""The first and last value of one remainder that fulfil all guards; None where there is no last."""


def solve(name: str, guards: Iterable[Guard], met: int) -> tuple[IntegerSet, list[Guard]]:
    """Return where guards of one symbol hold; `met` is a value at which they do.

    Returns:
        The values, each of which fulfils every guard but those that are given beside them, which
        could not be resolved.
    """
    modulus = 1
    rates: dict[Guard, Fraction] = {}
    rest: list[Guard] = []
    for guard in guards:
        found = repetition(guard.of)
        longer = found and math.lcm(modulus, found[0] * (found[0] * found[1]).denominator)
        if found is None or not longer or longer > _LONGEST:
            rest.append(guard)
        else:
            modulus, rates[guard] = longer, found[1]
    runs = {}
    for start in range(1, modulus + 1):
        run = _run(rates, name, start, modulus, met)
        if run is not None:
            runs[start % modulus] = run
    return _side(name, runs, modulus, met), rest


def _run(
    rates: Mapping[Guard, Fraction], name: str, start: int, modulus: int, met: int
) -> _Run | None:
    """Return the values start + modulus * k, k >= 0, that fulfil all guards; None for no value."""
    first, last = 0, math.inf
    for guard, rate in rates.items():
        value = guard.of.at({name: start})
        steps = _steps(guard.relation, value, rate * modulus, (met - start) // modulus)
        if steps is None:
            return None
        first, last = max(first, steps[0]), min(last, steps[1])
    if first > last:
        return None
    return start + modulus * first, None if last == math.inf else start + modulus * int(last)


def _steps(relation: str, value: Number, step: Fraction, met: int) -> tuple[int, float] | None:
    """Return the first and last k >= 0 with value + step * k in a relation to 0; None for none."""
    if relation == "whole":
        return (0, math.inf) if value.denominator == 1 and step.denominator == 1 else None
    if not step:
        return (0, math.inf) if compare(value, relation) else None
    zero = -value / step
    if relation == "==":
        return (int(zero), int(zero)) if zero.denominator == 1 and zero >= 0 else None
    if relation == "!=":
        if zero.denominator != 1 or zero < 0:
            return 0, math.inf
        # Both sides of the one value are right; the one that was met is kept.
        return (int(zero) + 1, math.inf) if met >= zero or zero == 0 else (0, int(zero) - 1)
    if step > 0:
        return max(0, math.floor(zero) + 1 if relation == ">" else math.ceil(zero)), math.inf
    before = math.ceil(zero) - 1 if relation == ">" else math.floor(zero)
    return (0, before) if before >= 0 else None


def _side(name: str, runs: Mapping[int, _Run], modulus: int, met: int) -> IntegerSet:
    """Return bounds for all remainders, leaving out those that would push one past `met`."""
    endless = runs[met % modulus][1] is None
    kept = {
        remainder: (first, last)
        for remainder, (first, last) in runs.items()
        if (last is None) is endless
        and first - modulus < met
        and (last is None or met < last + modulus)
    }
    # Of a remainder, the value before its first one must lie below the threshold.
    threshold = max(1, *(first - modulus + 1 for first, _ in kept.values()))
    least = min(threshold + (remainder - threshold) % modulus for remainder in kept)
    lasts = [last + modulus - 1 for _, last in kept.values() if last is not None]
    shorter = _shortest(set(kept), modulus)
    return IntegerSet(
        name=name,
        modulus=shorter,
        remainders=tuple(sorted({remainder % shorter for remainder in kept})),
        least=least,
        most=min(lasts, default=None),
    )


def _shortest(remainders: set[int], modulus: int) -> int:
    """Return the smallest modulus that tells these remainders from the others."""
    for shorter in range(1, modulus):
        if modulus % shorter == 0:
            seen = {remainder % shorter for remainder in remainders}
            if len(seen) * (modulus // shorter) == len(remainders):
                return shorter
    return modulus
