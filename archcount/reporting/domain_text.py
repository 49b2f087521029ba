"""The domain of expressions, in words and for JSON."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcount.reporting.expression_text import expression
from archcount.symbolic.domain import Domain, RationalSet
from archcount.symbolic.guards import Guard
from archcount.symbolic.integer_set import IntegerSet

_MANY = 8
"""More remainders than this are written as runs."""


def domain_words(domain: Domain) -> str:
    """Return in words where expressions hold.

    >>> domain_words(Domain())
    'these inputs'
    """
    words = [*_sides(domain.sides), *_ranges(domain.ranges), *map(condition, domain.others)]
    return "; ".join(word for word in words if word) or "these inputs"


def _sides(sides: tuple[IntegerSet, ...]) -> Iterator[str]:
    """Yield the conditions on whole numbers, equal ones once."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for side in sides:
        key = (side.modulus, side.remainders, side.least, side.most)
        alike.setdefault(key, []).append(side.name)
    for (modulus, remainders, least, most), names in alike.items():
        name = ", ".join(names)
        until = "" if most is None else f" and <= {most}"
        yield f"{name} >= {least}{until}{_remainders(name, modulus, remainders)}"


def _remainders(name: str, modulus: int, remainders: tuple[int, ...]) -> str:
    if modulus == 1:
        return ""
    if remainders == (0,):
        return f", {'each ' if ',' in name else ''}a multiple of {modulus}"
    shown = list(map(str, remainders)) if len(remainders) <= _MANY else _runs(remainders)
    listed = " or ".join(word for word in (", ".join(shown[:-1]), shown[-1]) if word)
    return f", {'each ' if ',' in name else ''}{listed} mod {modulus}"


def _runs(numbers: tuple[int, ...]) -> list[str]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ["..".join(map(str, run)) for run in runs]


def _ranges(ranges: tuple[RationalSet, ...]) -> Iterator[str]:
    """Yield the conditions on fractions, equal ones once."""
    alike: dict[str, list[str]] = {}
    for item in ranges:
        if values := _values(item):
            alike.setdefault(values, []).append(_multiple(item))
    for values, names in alike.items():
        yield f"{', '.join(names)} {values}"


def _multiple(item: RationalSet) -> str:
    """Return the multiple of a name that is whole."""
    unit = Fraction(1) if item.unit is None else item.unit
    above = item.name if unit.numerator == 1 else f"{unit.numerator}*{item.name}"
    return above if unit.denominator == 1 else f"{above}/{unit.denominator}"


def _values(item: RationalSet) -> str:
    unit = item.unit or Fraction(1)
    words = ["whole"] if item.unit is not None else []
    if item.least is not None:
        words.append(f"{'>' if item.above else '>='} {item.least * unit}")
    if item.most is not None:
        words.append(f"<= {item.most * unit}")
    return " and ".join(words)


def condition(guard: Guard) -> str:
    """Return a condition on several names.

    >>> from archcount.symbolic.polynomial import Name, Polynomial
    >>> condition(Guard(Polynomial.of(Name("m")) + Polynomial.of(Name("n")) - 640, "=="))
    'm + n = 640'
    """
    rest = guard.of - guard.of.constant
    if guard.relation == "whole":
        return f"{expression(guard.of, ())} whole"
    value = -guard.of.constant
    if rest.terms and all(factor < 0 for factor in rest.terms.values()):
        turned = {">": "<", ">=": "<="}.get(guard.relation, guard.relation)
        rest, value = -rest, -value
    else:
        turned = guard.relation
    return f"{expression(rest, ())} {'=' if turned == '==' else turned} {value}"


def decimal(number: Fraction | int) -> str:
    """Return a fraction as a decimal where that is exact.

    >>> decimal(Fraction(1, 4)), decimal(Fraction(1, 3)), decimal(3)
    ('0.25', '1/3', '3')
    """
    text = str(float(number))
    exactly = Fraction(text) == number and Fraction(number).denominator != 1
    return text if exactly else str(number)


def plain_number(number: Fraction | int | None) -> int | str | None:
    """Return a whole number as such for JSON, another fraction as text."""
    if number is None:
        return None
    return int(number) if Fraction(number).denominator == 1 else str(number)


def domain_record(domain: Domain) -> dict[str, Any]:
    """Return a domain for JSON: each name's values, and conditions on several as text.

    A name has the values that are whole times `whole`, from `least` (or above `above`) to `most`,
    and that leave one of `remainders` after division by `modulus`.
    """
    sides = {
        side.name: {
            "whole": 1,
            "least": side.least,
            "above": None,
            "most": side.most,
            "modulus": side.modulus,
            "remainders": list(side.remainders),
        }
        for side in domain.sides
    }
    ranges = {
        item.name: {
            "whole": plain_number(item.unit),
            "least": None if item.above else plain_number(item.least),
            "above": plain_number(item.least) if item.above else None,
            "most": plain_number(item.most),
            "modulus": None,
            "remainders": None,
        }
        for item in domain.ranges
    }
    return {"names": sides | ranges, "conditions": [condition(guard) for guard in domain.others]}
