"""Lengths that are multiples of one another on a domain, written as such."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from fractions import Fraction

from archcount.symbolic.integer_set import IntegerSet
from archcount.symbolic.polynomial import Atom, Length, Name, Polynomial, Ratio


def merged_lengths(
    polynomials: Collection[Polynomial], sides: Iterable[IntegerSet]
) -> dict[Atom, Polynomial]:
    """Return what stands for lengths where the domain lets each say the same by another.

    Where 32 divides H or H + 1, ceil(H/2) is 16 ceil(H/32); where 32 divides H, it is H/2.
    """
    instead: dict[Atom, Polynomial] = {}
    for side in sides:
        lengths = {
            atom
            for polynomial in polynomials
            for atom in polynomial.atoms()
            if isinstance(atom, Length) and atom.name == side.name
        }
        instead |= _instead(side, lengths)
    return instead


def _instead(side: IntegerSet, lengths: set[Length]) -> dict[Atom, Polynomial]:
    """Return the replacement of each length of one name; none for those that stay."""
    divisible = [length for length in lengths if side.modulus % length.divisor == 0]
    if len(side.remainders) == 1:
        return {length: _exactly(length, side.remainders[0]) for length in divisible}
    largest = max((length.divisor for length in lengths), default=1)
    best: dict[Atom, Polynomial] = {}
    for base in (Length(side.name, largest - 1, largest), Length(side.name, 0, largest)):
        found: dict[Atom, Polynomial] = {
            length: Polynomial.of(base) * (largest // length.divisor)
            for length in divisible
            if length != base and _is_multiple(length, base, side)
        }
        best = max(best, found, key=len)
    plainer = {length: Polynomial.of(_plainer(length, side)) for length in divisible}
    return plainer | best


def _plainer(length: Length, side: IntegerSet) -> Length:
    """Return the length as a ceil of whole divisors taken off, where it is the same."""
    whole = -(-length.shift // length.divisor) * length.divisor
    for shift in (whole - 1, whole + length.divisor - 1):
        other = Length(length.name, shift, length.divisor)
        if all(other.at({side.name: r}) == length.at({side.name: r}) for r in side.remainders):
            return other
    return length


def _exactly(length: Length, remainder: int) -> Polynomial:
    """Return a length without rounding, where sizes have one remainder."""
    over = (remainder + length.shift) % length.divisor
    shift = length.shift - over
    if shift == 0:
        return Polynomial.of(Name(length.name, whole=True)) * Fraction(1, length.divisor)
    return Polynomial.of(Ratio(length.name, shift, length.divisor))


def _is_multiple(length: Length, base: Length, side: IntegerSet) -> bool:
    """Return whether a length is as many times another as their divisors say, over one period.

    Both grow by whole numbers in this ratio from period to period, so that one period tells.
    """
    if side.modulus % base.divisor or base.divisor % length.divisor:
        return False
    times = base.divisor // length.divisor
    return all(
        length.at({side.name: remainder}) == times * base.at({side.name: remainder})
        for remainder in side.remainders
    )
