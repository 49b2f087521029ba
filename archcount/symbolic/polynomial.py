"""Polynomials with exact coefficients over names, and over lengths made of them by rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

Number = int | Fraction
Point = Mapping[str, Number]
"""A value for each name."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name; `whole` where it never stands for anything but whole numbers."""

    name: str
    whole: bool = False

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        return point[self.name]


@dataclass(frozen=True, slots=True)
class Length:
    """A rounded length, floor((name + shift) / divisor), of a name for whole numbers.

    With shift = divisor - 1 it is ceil(name / divisor).
    """

    name: str
    shift: int
    divisor: int

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        return (point[self.name] + self.shift) // self.divisor


@dataclass(frozen=True, slots=True)
class Ratio:
    """A length that needs no rounding where it is used, (name + shift) / divisor."""

    name: str
    shift: int
    divisor: int

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        return Fraction(point[self.name] + self.shift) / self.divisor


@dataclass(frozen=True, slots=True)
class Floor:
    """Any other number rounded down."""

    of: Polynomial

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        return math.floor(self.of.at(point))


@dataclass(frozen=True, slots=True)
class MinMax:
    """The larger or the smaller of two numbers."""

    first: Polynomial
    second: Polynomial
    largest: bool

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        values = (self.first.at(point), self.second.at(point))
        return max(values) if self.largest else min(values)


@dataclass(frozen=True, slots=True)
class Inverse:
    """One over a sum; over a single product it is a negative exponent."""

    of: Polynomial

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        return Fraction(1) / self.of.at(point)


Atom = Name | Length | Ratio | Floor | MinMax | Inverse
Monomial = frozenset[tuple[Atom, int]]
"""Atoms with their exponents, which are not 0."""
UNIT: Monomial = frozenset()


@dataclass(frozen=True, eq=False)
class Polynomial:
    """A sum of monomials, each with a coefficient that is not 0.

    >>> w = Polynomial.of(Name("w"))
    >>> ((w + 1) * (w - 1)).at({"w": 5})
    24
    """

    terms: Mapping[Monomial, Number]

    @classmethod
    def of(cls, what: Atom | Number) -> Polynomial:
        """Return the polynomial of an atom or a number."""
        if isinstance(what, int | Fraction):
            number = what.numerator if what.denominator == 1 else what
            return cls({UNIT: number} if number else {})
        return cls({frozenset({(what, 1)}): 1})

    @cached_property
    def _key(self) -> frozenset[tuple[Monomial, Number]]:
        return frozenset(self.terms.items())

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Polynomial) and self._key == other._key

    def __add__(self, other: Polynomial | Number) -> Polynomial:
        terms = dict(self.terms)
        for monomial, factor in as_polynomial(other).terms.items():
            terms[monomial] = terms.get(monomial, 0) + factor
        return Polynomial({monomial: factor for monomial, factor in terms.items() if factor})

    def __neg__(self) -> Polynomial:
        return self * -1

    def __sub__(self, other: Polynomial | Number) -> Polynomial:
        return self + -as_polynomial(other)

    def __mul__(self, other: Polynomial | Number) -> Polynomial:
        terms: dict[Monomial, Number] = {}
        for theirs, by in as_polynomial(other).terms.items():
            for ours, factor in self.terms.items():
                monomial = _product(ours, theirs)
                terms[monomial] = terms.get(monomial, 0) + factor * by
        return Polynomial({monomial: factor for monomial, factor in terms.items() if factor})

    def over(self, other: Polynomial) -> Polynomial:
        """Divide by what is not 0; a single product is taken out, a sum stays below the line."""
        if len(other.terms) == 1:
            ((monomial, factor),) = other.terms.items()
            below = frozenset((atom, -exponent) for atom, exponent in monomial)
            return self * Polynomial({below: Fraction(1) / factor})
        ratio = self._ratio(other)
        return Polynomial.of(ratio) if ratio is not None else self * Polynomial.of(Inverse(other))

    def _ratio(self, other: Polynomial) -> Number | None:
        """Return the number that a multiple of another is a multiple by; None where it is none."""
        if not self.terms or self.terms.keys() != other.terms.keys():
            return None
        ratios = {
            Fraction(factor) / other.terms[monomial] for monomial, factor in self.terms.items()
        }
        return ratios.pop() if len(ratios) == 1 else None

    @property
    def number(self) -> Number | None:
        """Its value if it is the same everywhere."""
        if not self.terms:
            return 0
        return self.terms[UNIT] if self.terms.keys() == {UNIT} else None

    @property
    def constant(self) -> Number:
        """Its term without a name."""
        return self.terms.get(UNIT, 0)

    def at(self, point: Point) -> Number:
        """Return the value at a point."""
        total: Number = 0
        for monomial, factor in self.terms.items():
            for atom, exponent in monomial:
                value = atom.at(point)
                factor *= value**exponent if exponent > 0 else Fraction(1) / value**-exponent
            total += factor
        return total

    def replaced(self, instead: Mapping[Atom, Polynomial]) -> Polynomial:
        """Return the same with some atoms, where they are no divisors, written as polynomials."""
        total = Polynomial({})
        for monomial, factor in self.terms.items():
            others = frozenset(part for part in monomial if part[0] not in instead or part[1] < 0)
            product = Polynomial({others: factor})
            for atom, exponent in monomial - others:
                for _ in range(exponent):
                    product = product * instead[atom]
            total = total + product
        return total

    def by_names(self, names: Iterable[str]) -> dict[Monomial, Polynomial]:
        """Return, by the product of all atoms that read some names, what it is multiplied by."""
        apart = {*names}
        groups: dict[Monomial, dict[Monomial, Number]] = {}
        for monomial, factor in self.terms.items():
            product = frozenset(part for part in monomial if apart & {*names_of(part[0])})
            groups.setdefault(product, {})[monomial - product] = factor
        return {product: Polynomial(terms) for product, terms in groups.items()}

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that it reads."""
        return frozenset(name for atom in self.atoms() for name in names_of(atom))

    @cached_property
    def size(self) -> int:
        """How many products and names it is written with, those inside rounding included."""
        return sum(1 + sum(_size(atom) for atom, _ in monomial) for monomial in self.terms)

    def atoms(self) -> Iterator[Atom]:
        """Yield the atoms of every monomial."""
        for monomial in self.terms:
            for atom, _ in monomial:
                yield atom


def _size(atom: Atom) -> int:
    match atom:
        case Floor(of) | Inverse(of):
            return 1 + of.size
        case MinMax(first, second):
            return 1 + first.size + second.size
    return 1


def names_of(atom: Atom) -> Iterable[str]:
    """Return the names that an atom reads."""
    match atom:
        case Name(name) | Length(name) | Ratio(name):
            return (name,)
        case Floor(of) | Inverse(of):
            return of.names
        case MinMax(first, second):
            return first.names | second.names


def as_polynomial(what: Polynomial | Number) -> Polynomial:
    """Return a number as a polynomial."""
    return what if isinstance(what, Polynomial) else Polynomial.of(what)


def _product(first: Monomial, second: Monomial) -> Monomial:
    if not first or not second:
        return first or second
    exponents = dict(first)
    for atom, exponent in second:
        exponents[atom] = exponents.get(atom, 0) + exponent
    return frozenset((atom, exponent) for atom, exponent in exponents.items() if exponent)
