"""Expressions as text: one term a size of the map, the finest first, common factors in front."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction

from archcount.symbolic.polynomial import (
    UNIT,
    Atom,
    Floor,
    Inverse,
    Length,
    MinMax,
    Monomial,
    Name,
    Number,
    Polynomial,
    Ratio,
)


def expression(polynomial: Polynomial, sides: Iterable[str]) -> str:
    """Return a polynomial on one line; the lengths of `sides` tell its terms apart.

    >>> from archcount.symbolic.floor_rules import length
    >>> w = Polynomial.of(Name("w"))
    >>> expression(length("H", 3, 4) * (w * 6 + 9) - w, ["H"])
    '(6*w + 9)*ceil(H/4) - w'
    """
    return " ".join(terms(polynomial, sides))


def terms(polynomial: Polynomial, sides: Iterable[str]) -> list[str]:
    """Return a polynomial's terms with their signs, all that have no length as one line."""
    groups = polynomial.by_names(sides)
    flat = groups.pop(UNIT, Polynomial({})).terms
    parts = [_term(spatial, groups[spatial].terms) for spatial in sorted(groups, key=_fineness)]
    lines = _signed(parts)
    if flat:
        products = [_term(UNIT, {m: flat[m]}) for m in sorted(flat, key=_degree)]
        lines.append(" ".join(_signed(products, first=not lines)))
    return lines or ["0"]


def _signed(parts: Iterable[tuple[bool, str]], *, first: bool = True) -> list[str]:
    """Put signs before terms; the first of all has none but a minus."""
    words = [f"{'-' if negative else '+'} {text}" for negative, text in parts]
    if first and words:
        words[0] = words[0].removeprefix("+ ").replace("- ", "-", 1 if words[0][0] == "-" else 0)
    return words


def _fineness(spatial: Monomial) -> tuple[float, int, str]:
    """Sort maps by their size."""
    size, shift = 1.0, 0
    for atom, exponent in spatial:
        if isinstance(atom, Length | Ratio):
            size, shift = size * atom.divisor**exponent, shift + atom.shift
    return size, -shift, _product(spatial)


def _degree(monomial: Monomial) -> tuple[int, str]:
    """Sort products by their powers, the highest first."""
    return -sum(exponent for _, exponent in monomial), _product(monomial)


def _term(spatial: Monomial, by: Mapping[Monomial, Number]) -> tuple[bool, str]:
    """Return whether a term is negative, and its text."""
    number, common, rest = _factored(by)
    sums = [f"({_sum(rest)})"] if len(rest.terms) > 1 else []
    above = [_product(common, above=True), *sums, _product(spatial, above=True)]
    words = [word for word in above if word]
    if abs(number.numerator) != 1 or not words:
        words.insert(0, str(abs(number.numerator)))
    whole = [str(number.denominator)] if number.denominator != 1 else []
    below = [*whole, *(_product(part, above=False) for part in (common, spatial))]
    divisors = "*".join(word for word in below if word)
    text = "*".join(words)
    if not divisors:
        return number < 0, text
    return number < 0, f"{text}/({divisors})" if "*" in divisors else f"{text}/{divisors}"


def _factored(by: Mapping[Monomial, Number]) -> tuple[Number, Monomial, Polynomial]:
    """Return a sum as (number, common product, rest)."""
    below = math.lcm(*(value.denominator for value in by.values()))
    if len(by) == 1:
        ((monomial, factor),) = by.items()
        return factor, monomial, Polynomial.of(1)
    number = Fraction(-1 if all(value < 0 for value in by.values()) else 1, below)
    shared: dict[Atom, int] = dict(next(iter(by)))
    for monomial in by:
        exponents = dict(monomial)
        shared = {a: min(e, exponents[a]) for a, e in shared.items() if exponents.get(a, 0) > 0}
    common = frozenset((atom, exponent) for atom, exponent in shared.items() if exponent > 0)
    over = Polynomial({frozenset((a, -e) for a, e in common): 1 / number})
    return number, common, Polynomial(dict(by)) * over


def _sum(polynomial: Polynomial) -> str:
    """Return a sum of products, the highest powers first, the plain number last."""
    order = sorted(polynomial.terms, key=_degree)
    return " ".join(_signed([_term(UNIT, {m: polynomial.terms[m]}) for m in order])) or "0"


def _product(monomial: Monomial, *, above: bool = True) -> str:
    """Return the numerator or the denominator of a product."""
    words = [_power(atom, abs(exponent)) for atom, exponent in monomial if (exponent > 0) is above]
    # Names before what is rounded, and H before W.
    return "*".join(sorted(words, key=lambda word: ("(" in word, word)))


def _power(atom: Atom, exponent: int) -> str:
    text = written(atom)
    if exponent == 1:
        return text
    return f"({text})**{exponent}" if isinstance(atom, Ratio) else f"{text}**{exponent}"


def written(atom: Atom) -> str:
    """Return the text of one name, or one rounded number.

    >>> written(Length("H", 31, 32)), written(Length("H", -2, 4)), written(Length("H", -161, 32))
    ('ceil(H/32)', 'floor((H-2)/4)', 'ceil((H-192)/32)')
    """
    match atom:
        case Name(name):
            return name
        case Length(name, shift, divisor):
            up = shift - divisor + 1
            word, offset = ("ceil", up) if _is_nearer(up, shift, divisor) else ("floor", shift)
            return f"{word}({_over(name, offset, divisor)})"
        case Ratio(name, shift, divisor):
            return _over(name, shift, divisor)
        case Floor(of):
            return f"floor({_sum(of)})"
        case MinMax(first, second, largest):
            return f"{'max' if largest else 'min'}({_sum(first)}, {_sum(second)})"
        case Inverse(of):
            return f"(1/({_sum(of)}))"


def _is_nearer(up: int, down: int, divisor: int) -> bool:
    """Return whether ceil reads better: of a whole number of divisors, else the smaller."""
    if down % divisor == 0 or up % divisor == 0:
        return up % divisor == 0
    return abs(up) < abs(down)


def _over(name: str, shift: int, divisor: int) -> str:
    if not shift:
        return f"{name}/{divisor}"
    return f"({name}{shift:+})/{divisor}"
