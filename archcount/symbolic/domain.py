"""The domain of expressions: where every guard of the run that gave them holds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.architecture.arguments import MOST
from archcount.symbolic.guards import Guard
from archcount.symbolic.integer_set import IntegerSet, solve
from archcount.symbolic.polynomial import UNIT, Length, Name, Number, Point, Polynomial


@dataclass(frozen=True, kw_only=True, slots=True)
class RationalSet:
    """The fractions that a `let` name may have.

    Attributes:
        unit: the number of times that the name must be whole; None where any fraction may stand.
        least: the least value, or what it is above where `above`; None where there is none.
        above: whether `least` itself is left out.
        most: the greatest value; None where there is none.
    """

    name: str
    unit: Fraction | None = None
    least: Fraction | None = None
    above: bool = False
    most: Fraction | None = None

    def __contains__(self, value: Fraction | int) -> bool:
        if self.unit is not None and Fraction(value * self.unit).denominator != 1:
            return False
        if self.most is not None and value > self.most:
            return False
        if self.least is None:
            return True
        return value > self.least if self.above else value >= self.least


@dataclass(frozen=True, kw_only=True, slots=True)
class Domain:
    """Where expressions hold: all that stands here together is enough.

    Attributes:
        others: conditions on several names, or such as could not be resolved.
        limits: that no number is larger than a table file may say.
    """

    sides: tuple[IntegerSet, ...] = ()
    ranges: tuple[RationalSet, ...] = ()
    others: tuple[Guard, ...] = ()
    limits: tuple[Guard, ...] = ()

    def __contains__(self, point: Point) -> bool:
        return (
            all(point[side.name] in side for side in self.sides)
            and all(point[item.name] in item for item in self.ranges)
            and all(guard.holds(point) for guard in (*self.others, *self.limits))
        )

    @property
    def tied(self) -> tuple[str, ...]:
        """The names that an equation holds to a value or to one another."""
        names = {name for guard in self.others if guard.relation == "==" for name in guard.of.names}
        return tuple(sorted(names))


def domain_of(guards: Collection[Guard], sides: Mapping[str, int], lets: Iterable[str]) -> Domain:
    """Sum guards up; `sides` has, of each name for whole numbers, a value at which they hold."""
    limits = tuple(guard for guard in guards if _is_limit(guard))
    rest = [guard for guard in guards if guard not in limits]
    solved = []
    for name, met in sides.items():
        own = [guard for guard in rest if guard.of.names == {name}]
        side, unsolved = solve(name, own, met)
        solved.append(side)
        rest = [guard for guard in rest if guard not in own or guard in unsolved]
    ranges = []
    for name in lets:
        found, taken = _range(name, rest)
        ranges.append(found)
        rest = [guard for guard in rest if guard not in taken]
    domain = Domain(sides=tuple(solved), ranges=tuple(ranges), limits=limits)
    rest = [guard for guard in rest if not _is_implied(guard, domain)]
    wholes = [
        guard.of for guard in rest if guard.relation == "whole" and _is_positive(guard.of, domain)
    ]
    return replace(domain, others=tuple(g for g in rest if not _is_of_whole(g, wholes)))


def _is_positive(polynomial: Polynomial, domain: Domain) -> bool:
    """Return whether a product of names is above 0 wherever sides and ranges hold."""
    lowest: dict[str, Fraction | int | None] = {side.name: side.least for side in domain.sides}
    lowest |= {item.name: item.least for item in domain.ranges}
    return len(polynomial.terms) == 1 and all(
        factor > 0
        and all(isinstance(atom, Name) and (lowest[atom.name] or 0) > 0 for atom, _ in of)
        for of, factor in polynomial.terms.items()
    )


def _is_of_whole(guard: Guard, wholes: Collection[Polynomial]) -> bool:
    """Return whether a guard holds since a number above 0 is whole, and so 1 or more."""
    if guard.relation not in (">", ">=", "!="):
        return False
    constant = guard.of.constant
    if guard.of - constant not in wholes:
        return False
    return constant >= -1 if guard.relation == ">=" else constant > -1


def _is_limit(guard: Guard) -> bool:
    """Return whether a guard says that what grows with every name is no larger than allowed."""
    of = guard.of
    falling = all(factor < 0 for monomial, factor in of.terms.items() if monomial != UNIT)
    return guard.relation == "small" or (
        guard.relation == ">=" and of.constant >= MOST // 2 and falling
    )


def _range(name: str, guards: Iterable[Guard]) -> tuple[RationalSet, list[Guard]]:
    """Return the values that the plain guards of one name allow, and those guards."""
    found, taken = RationalSet(name=name), []
    variable = frozenset({(Name(name), 1)})
    for guard in guards:
        of = guard.of
        if guard.of.names != {name} or not of.terms.keys() <= {UNIT, variable}:
            continue
        narrowed = _narrowed(found, guard.relation, Fraction(of.terms[variable]), of.constant)
        if narrowed is not None:
            found = narrowed
            taken.append(guard)
    return found, taken


def _narrowed(
    found: RationalSet, relation: str, factor: Fraction, constant: Number
) -> RationalSet | None:
    """Add the guard `factor * name + constant` in a relation to 0; None where it is another's."""
    zero = -constant / factor
    if relation == "whole" and constant.denominator == 1:
        # Both a x and b x are whole where gcd(a, b) x is, and only there.
        unit = abs(factor) if found.unit is None else _common(found.unit, abs(factor))
        return replace(found, unit=unit)
    if relation in (">", ">=") and factor > 0:
        if found.least is None or (zero, relation == ">") > (found.least, found.above):
            return replace(found, least=zero, above=relation == ">")
        return found
    if relation == ">=":
        return replace(found, most=zero if found.most is None else min(found.most, zero))
    return None


def _common(first: Fraction, second: Fraction) -> Fraction:
    """Return the greatest number that both are whole multiples of."""
    return Fraction(
        math.gcd(first.numerator * second.denominator, second.numerator * first.denominator),
        first.denominator * second.denominator,
    )


def _is_implied(guard: Guard, domain: Domain) -> bool:
    """Return whether sides and ranges alone make a guard hold."""
    if guard.relation == "whole":
        return all(_is_whole(m, factor, domain) for m, factor in guard.of.terms.items())
    lowest: dict[str, Fraction | int] = {side.name: side.least for side in domain.sides}
    lowest |= {item.name: item.least for item in domain.ranges if item.least is not None}
    for monomial, factor in guard.of.terms.items():
        for atom, exponent in monomial:
            known = isinstance(atom, Name | Length) and atom.name in lowest
            if not known or factor < 0 or exponent < 0 or atom.at(lowest) < 0:
                return False
    value = guard.of.at(lowest)
    # What only grows is at least its value at the lowest values.
    return value >= 0 if guard.relation == ">=" else value > 0 and guard.relation in (">", "!=")


def _is_whole(monomial: Iterable[tuple[object, int]], factor: Number, domain: Domain) -> bool:
    units = {item.name: item.unit for item in domain.ranges}
    for atom, exponent in monomial:
        if isinstance(atom, Length) or (isinstance(atom, Name) and atom.whole):
            continue
        unit = units.get(atom.name) if isinstance(atom, Name) else None
        if unit is None or exponent < 0:
            return False
        factor /= unit**exponent
    return factor.denominator == 1
