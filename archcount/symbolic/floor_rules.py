"""Lengths rounded again and again, folded to one rounding; each rule is an identity of integers."""

from __future__ import annotations

from fractions import Fraction

from archcount.symbolic.polynomial import UNIT, Atom, Floor, Length, Name, Number, Polynomial


def length(name: str, shift: int, divisor: int) -> Polynomial:
    """Return floor((name + shift) / divisor); of a divisor of 1 nothing needs rounding."""
    if divisor == 1:
        return Polynomial.of(Name(name, whole=True)) + shift
    return Polynomial.of(Length(name, shift, divisor))


def settled(polynomial: Polynomial) -> Polynomial:
    """Return a single length plus a whole number as one length.

    floor(x / m) + n = floor((x + n m) / m)
    """
    constant = polynomial.constant
    if len(polynomial.terms) != 2 or not constant or constant.denominator != 1:
        return polynomial
    found = as_length(polynomial)
    if found is None or found[2] == 1:
        return polynomial
    name, shift, divisor, sign = found
    return length(name, shift, divisor) * sign


def as_length(polynomial: Polynomial) -> tuple[str, int, int, int] | None:
    """Return (name, shift, divisor, sign) of sign * floor((name + shift) / divisor), or None."""
    constant = polynomial.constant
    rest = [(m, factor) for m, factor in polynomial.terms.items() if m != UNIT]
    if len(rest) != 1 or abs(rest[0][1]) != 1 or constant.denominator != 1 or len(rest[0][0]) != 1:
        return None
    ((atom, exponent),) = rest[0][0]
    sign = int(rest[0][1])
    if exponent != 1:
        return None
    match atom:
        case Length(name, shift, divisor):
            return name, shift + sign * int(constant) * divisor, divisor, sign
        case Name(name, whole=True):
            return name, sign * int(constant), 1, sign
    return None


def floor_of(polynomial: Polynomial, divisor: Number, *, is_whole: bool) -> Polynomial:
    """Return floor(polynomial / divisor), the divisor not 0; `is_whole` if known to be whole.

    >>> twice = floor_of(length("H", 1, 2), Fraction(2), is_whole=False)  # of ceil(H/2)
    >>> twice == length("H", 1, 4)
    True
    """
    quotient = polynomial * (Fraction(1) / divisor)
    if is_whole:
        return settled(quotient)
    if quotient.number is not None:
        return Polynomial.of(quotient.number // 1)
    found = as_length(polynomial) if divisor.denominator == 1 and divisor > 0 else None
    if found is None:
        return Polynomial.of(Floor(quotient))
    name, shift, inner, sign = found
    step = int(divisor)
    if sign > 0:
        # floor(floor(x / m) / s) = floor(x / (m s))
        return length(name, shift, inner * step)
    # floor(-floor(x / m) / s) = -ceil(floor(x / m) / s) = -floor((x + m (s - 1)) / (m s))
    return -length(name, shift + inner * (step - 1), inner * step)


def canonical(polynomial: Polynomial) -> Polynomial:
    """Return every length with a shift from 0 to below its divisor, so that equal ones cancel."""
    instead: dict[Atom, Polynomial] = {}
    for atom in polynomial.atoms():
        if isinstance(atom, Length) and not 0 <= atom.shift < atom.divisor:
            whole, shift = divmod(atom.shift, atom.divisor)
            instead[atom] = Polynomial.of(Length(atom.name, shift, atom.divisor)) + whole
    return polynomial.replaced(instead) if instead else polynomial


def is_integral(polynomial: Polynomial) -> bool:
    """Return whether it is whole everywhere, by its coefficients and atoms alone."""
    return all(
        factor.denominator == 1
        and all(
            exponent > 0 and (isinstance(atom, Length | Floor) or getattr(atom, "whole", False))
            for atom, exponent in monomial
        )
        for monomial, factor in polynomial.terms.items()
    )
