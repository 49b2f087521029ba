"""Printed quantities ("2.7K", "1.5B") and the exact intervals they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil

from archcount.errors import InvalidValueError, quote

_QUANTITY = re.compile(
    r"(?:[~≈] ?|about )?"
    r"(?P<digits>(?:\d{1,3}(?:[ \u2009\u00a0\u202f]\d{3})+|\d+(?:,\d{3})*)(?:\.(?P<decimals>\d+))?)"
    r"(?:(?:[eE]\+?| ?[x×·] ?10\^?)(?P<exponent>\d{1,2})"
    r"| ?[x×·] ?10(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})"  # anywhere else they are a footnote's
    r"| ?(?P<suffix>[Tt]housand|[Mm]illion|[Bb]illion|[Tt]rillion|[KkMGBT]?))"
    r"(?: ?(?:FLOPs|FLOPS|MACs|Mult-Adds|multiply-adds|params|parameters))?",
    re.ASCII,
)
_GAPS = re.compile("[, \u2009\u00a0\u202f]")
"""What stands between thousands: commas, and blanks narrow and wide."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_POWERS = {
    "": 0, "k": 1, "m": 2, "g": 3, "b": 3, "t": 4,
    "thousand": 1, "million": 2, "billion": 3, "trillion": 4,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interval:
    """The values `low <= v < high` that one printed number can stand for.

    >>> Fraction(9408) in Interval(Fraction(9350), Fraction(9450))
    True
    """

    low: Fraction
    high: Fraction

    def __contains__(self, value: Fraction | int) -> bool:
        return self.low <= value < self.high

    def whole(self) -> range:
        """Return the whole numbers in it.

        >>> Interval(Fraction(5, 2), Fraction(7)).whole()
        range(3, 7)
        """
        return range(ceil(self.low), ceil(self.high))

    def meets(self, other: Interval) -> bool:
        """Return whether some value lies in both.

        >>> Interval(Fraction(1), Fraction(2)).meets(Interval(Fraction(2), Fraction(3)))
        False
        """
        return self.low < other.high and other.low < self.high

    def divided_by(self, value: int) -> Interval:
        """Return the interval of the quotients by a number above 0."""
        return Interval(self.low / value, self.high / value)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """A printed number: its digits, the unit of its last digit, and its K/M/B suffix.

    Attributes:
        text: as printed.
        mantissa: the digits as an exact number.
        unit: the worth of the last printed digit (1/10 for "2.7").
        power: how often the suffix multiplies by K (1 for K, 2 for M, 3 for B or G).
        exponent: the power of ten of an "e9" form.
    """

    text: str
    mantissa: Fraction
    unit: Fraction
    power: int
    exponent: int

    @property
    def suffix(self) -> str:
        """What is printed behind the digits, such as K, " million" or "×10^9".

        >>> parse_quantity("~4.1G").suffix
        'G'
        """
        return re.sub(r"^\D*[\d.,]+(?:[ \u2009\u00a0\u202f]\d{3})*", "", self.text)

    def coarser(self) -> Iterator[tuple[int, Quantity]]:
        """Yield it with ever more of the zeros that a whole number ends with taken for rounding.

        Each comes with the number of digits that are left.

        >>> [(digits, each.unit) for digits, each in parse_quantity("520K").coarser()]
        [(2, Fraction(10, 1))]
        >>> [digits for digits, _ in parse_quantity("1,300.0").coarser()]
        []
        """
        figures = len(str(self.mantissa)) if self.unit == 1 and self.mantissa else 0
        for digits in range(figures - 1, 0, -1):
            step = Fraction(10) ** (figures - digits)
            if self.mantissa % step:
                return
            yield digits, replace(self, unit=step)

    def with_digits(self, digits: int) -> Quantity:
        """Return it with the zeros behind so many digits taken for rounding; itself for 0.

        >>> parse_quantity("650,000").with_digits(2).truncated() == Interval(
        ...     Fraction(650_000), Fraction(660_000))
        True
        """
        found = [each for left, each in self.coarser() if digits and left >= digits]
        return found[-1] if found else self

    def scale(self, k: int = 1000) -> int:
        """Return the worth of the suffix in base units where K is `k` (1000 or 1024)."""
        return int(k**self.power * 10**self.exponent)

    def value(self, k: int = 1000) -> Fraction:
        """Return the printed number itself in base units.

        >>> parse_quantity("2.7K").value()
        Fraction(2700, 1)
        """
        return self.mantissa * self.scale(k)

    def rounded(self, k: int = 1000) -> Interval:
        """Return the values that print like this when rounded.

        >>> parse_quantity("159K").rounded(1024) == Interval(
        ...     Fraction(317, 2) * 1024, Fraction(319, 2) * 1024)
        True
        """
        half = self.unit / 2
        return Interval(
            (self.mantissa - half) * self.scale(k), (self.mantissa + half) * self.scale(k)
        )

    def truncated(self, k: int = 1000) -> Interval:
        """Return the values that print like this when the rest is cut off.

        >>> parse_quantity("159K").truncated() == Interval(Fraction(159000), Fraction(160000))
        True
        """
        return Interval(self.value(k), (self.mantissa + self.unit) * self.scale(k))


def parse_quantity(text: str) -> Quantity:
    """Read a printed number such as "2.7K", "9,472", "~4.1G", "1.8×10^9" or "6.7977 million".

    What it counts may stand behind it ("4.5 GFLOPs"); how the column counts is the table's to say.

    Raises:
        InvalidValueError: the text is not a printed number.

    >>> parse_quantity("6.7977 million").value()
    Fraction(6797700, 1)
    >>> parse_quantity("122 304").value()
    Fraction(122304, 1)
    >>> parse_quantity("3.14×10²³").value() == parse_quantity("3.14E+23").value()
    True
    """
    match = None if len(text) > 60 else _QUANTITY.fullmatch(text.strip())
    if match is None:
        raise InvalidValueError(
            f"{quote(text)} is not a printed number",
            allowed="digits with an optional K, M, G, B or T, such as 2.7K, 34M, 1.5B or 9,472",
            remedy="write the cell as printed, or leave it blank",
        )
    decimals = len(match["decimals"] or "")
    return Quantity(
        text=text.strip(),
        mantissa=Fraction(_GAPS.sub("", match["digits"])),
        unit=Fraction(1, 10**decimals),
        power=_POWERS[(match["suffix"] or "").lower()],
        exponent=int(match["exponent"] or (match["raised"] or "0").translate(_SUPERSCRIPTS)),
    )
