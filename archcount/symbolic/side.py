"""For which input sides guards hold: by remainders and thresholds, since lengths repeat."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from archcount.symbolic.guards import Guard, compare
from archcount.symbolic.polynomial import (
    UNIT,
    Atom,
    Extreme,
    Floor,
    Length,
    Name,
    Number,
    Polynomial,
)

_LONGEST = 100_000
"""The longest period that is looked through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Side:
    """The values that an input side may have.

    Attributes:
        name: of the side.
        modulus: what remainders are of.
        remainders: those that are allowed, in order.
        least: the least value.
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
    """Give (period, rate) of f with f(x + period) = f(x) + rate * period for whole x, or None."""
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
        case Extreme(first, second):
            both = repetition(first), repetition(second)
            if both[0] is None or both[1] is None or both[0][1] != both[1][1]:
                return None
            return math.lcm(both[0][0], both[1][0]), both[0][1]
    return None


@dataclass(frozen=True, slots=True)
class _Class:
    """Values of one remainder from `first` to `last`, None for no end."""

    first: int
    last: int | None


def solve(name: str, guards: Iterable[Guard], met: int) -> tuple[Side, list[Guard]]:
    """Say where guards of one side hold.

    Args:
        name: of the side.
        guards: which read no other name.
        met: a value at which they hold.

    Returns:
        The values, each of which fulfils every guard but those that are given beside them, which
        could not be resolved.
    """
    classes: dict[int, _Class] = {0: _Class(1, None)}
    modulus = 1
    rest: list[Guard] = []
    for guard in guards:
        found = repetition(guard.of)
        if found is None:
            rest.append(guard)
            continue
        period = found[0] * (found[0] * found[1]).denominator
        longer = math.lcm(modulus, period)
        if longer > _LONGEST:
            rest.append(guard)
            continue
        own = dict(_solved(guard, name, period, found[1] * period, met))
        classes = dict(_both(classes, modulus, own, period, longer))
        modulus = longer
    return _side(name, classes, modulus, met), rest


def _solved(
    guard: Guard, name: str, period: int, step: Fraction, met: int
) -> Iterator[tuple[int, _Class]]:
    """Yield, by remainder, the values start + period * k, k >= 0, that fulfil a guard."""
    for start in range(1, period + 1):
        value = guard.of.at({name: start})
        bounds = _steps(guard.relation, value, step, (met - start) // period)
        if bounds is not None:
            last = None if bounds[1] is None else start + period * bounds[1]
            yield start % period, _Class(start + period * bounds[0], last)


def _steps(relation: str, value: Number, step: Fraction, met: int) -> tuple[int, int | None] | None:
    """Give the first and last k >= 0 with value + step * k in a relation to 0; None for none."""
    if relation == "whole":
        return (0, None) if value.denominator == 1 and step.denominator == 1 else None
    if not step:
        return (0, None) if compare(value, relation) else None
    zero = -value / step
    if relation == "==":
        return (int(zero), int(zero)) if zero.denominator == 1 and zero >= 0 else None
    if relation == "!=":
        if zero.denominator != 1 or zero < 0:
            return 0, None
        # Both sides of the one value are right; the one that was met is kept.
        return (int(zero) + 1, None) if met >= zero or zero == 0 else (0, int(zero) - 1)
    after = math.floor(zero) + 1 if relation == ">" else math.ceil(zero)
    if step > 0:
        return max(0, after), None
    before = math.ceil(zero) - 1 if relation == ">" else math.floor(zero)
    return (0, before) if before >= 0 else None


def _both(
    ours: dict[int, _Class], modulus: int, theirs: dict[int, _Class], period: int, longer: int
) -> Iterator[tuple[int, _Class]]:
    for remainder in range(longer):
        one, other = ours.get(remainder % modulus), theirs.get(remainder % period)
        if one is None or other is None:
            continue
        ends = [end for end in (one.last, other.last) if end is not None]
        first, last = max(one.first, other.first), min(ends, default=None)
        first += (remainder - first) % longer
        last = None if last is None else last - (last - remainder) % longer
        if last is None or first <= last:
            yield remainder, _Class(first, last)


def _side(name: str, classes: dict[int, _Class], modulus: int, met: int) -> Side:
    """Give bounds for all remainders, leaving out those that would push one past `met`."""
    endless = classes[met % modulus].last is None
    kept = {
        remainder: found
        for remainder, found in classes.items()
        if (found.last is None) is endless and _reaches(found, modulus, met)
    }
    # Of a remainder, the value before its first one must lie below the threshold.
    threshold = max(1, *(found.first - modulus + 1 for found in kept.values()))
    least = min(threshold + (remainder - threshold) % modulus for remainder in kept)
    lasts = [found.last + modulus - 1 for found in kept.values() if found.last is not None]
    shorter = _shortest(set(kept), modulus)
    return Side(
        name=name,
        modulus=shorter,
        remainders=tuple(sorted({remainder % shorter for remainder in kept})),
        least=least,
        most=min(lasts, default=None),
    )


def _reaches(found: _Class, modulus: int, met: int) -> bool:
    """Tell whether bounds that leave out no value of a class can have `met` between them."""
    return found.first - modulus < met and (found.last is None or met < found.last + modulus)


def _shortest(remainders: set[int], modulus: int) -> int:
    """Give the smallest modulus that tells these remainders from the others."""
    for shorter in range(1, modulus):
        if modulus % shorter == 0:
            seen = {remainder % shorter for remainder in remainders}
            if len(seen) * (modulus // shorter) == len(remainders):
                return shorter
    return modulus
