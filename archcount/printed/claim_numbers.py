"""Numbers as running text prints them: bounds ("<25M"), "94.86%", "12x", "181 s"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from archcount.errors import InvalidValueError, quote
from archcount.printed.quantity import Quantity, parse_quantity

_BOUND = re.compile(
    r"(?P<below><|under |below |less than |fewer than )|(?P<above>>|over |above |more than )"
)
_PERCENT = re.compile(r"\+?(\d+(?:\.\d+)?) ?%(?: (?:more|fewer|less))?", re.ASCII)
_RATIO = re.compile(
    r"(\d+(?:\.\d+)?) ?(?:[x×]|times)?(?: (?:fewer|less|smaller|cheaper|more|higher|as many))?",
    re.ASCII,
)
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?) ?(s|seconds|min|minutes|h|hours|days)", re.ASCII)
_SECONDS = {
    "s": 1, "seconds": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600, "days": 86_400,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    """A number that the paper says something is below or above.

    Attributes:
        side: `below` or `above`.
        quantity: the number itself.
        text: as printed.
    """

    side: str
    quantity: Quantity
    text: str

    def holds(self, value: Fraction | int) -> bool:
        """Return whether a value is on the printed side.

        >>> bound = parse_bound("<25M")
        >>> bound.holds(24_999_999), bound.holds(25_000_000)
        (True, False)
        """
        if self.side == "below":
            return value < self.quantity.value()
        return value > self.quantity.value()


def parse_bound(text: str) -> Bound | None:
    """Read a bound such as "<25M", "less than 25 million" or "over 100"; None for other numbers.

    Raises:
        InvalidValueError: what stands behind the words is not a printed number.

    >>> parse_bound("over 100").side
    'above'
    """
    match = _BOUND.match(text.strip())
    if match is None:
        return None
    quantity = parse_quantity(text.strip()[match.end() :].strip())
    return Bound(side=match.lastgroup or "", quantity=quantity, text=text.strip())


def parse_percent(text: str) -> Quantity:
    """Read a share or a rise such as "94.86%", "+25%" or "25% more".

    Raises:
        InvalidValueError: the text is not such a number.

    >>> parse_percent("+25%").mantissa
    Fraction(25, 1)
    """
    return _read(_PERCENT, text, "percentage", 'such as "94.86%" or "+25%"')


def parse_ratio(text: str) -> Quantity:
    """Read a printed ratio such as "12x", "12x fewer" or "2.5 times".

    Raises:
        InvalidValueError: the text is not a printed ratio.

    >>> parse_ratio("12x fewer").mantissa
    Fraction(12, 1)
    """
    return _read(_RATIO, text, "ratio", 'a number and x, such as "12x fewer"')


def _read(pattern: re.Pattern[str], text: str, what: str, allowed: str) -> Quantity:
    match = pattern.fullmatch(text.strip())
    if match is None:
        raise InvalidValueError(f"{quote(text)} is not a printed {what}", allowed=allowed)
    return replace(parse_quantity(match[1]), text=text.strip())


def parse_share(text: str) -> Quantity:
    """Read a share of a whole such as "94.86%".

    Raises:
        InvalidValueError: the text is none, or is above 100 %.

    >>> parse_share("94.86%").unit
    Fraction(1, 100)
    """
    share = parse_percent(text)
    if not share.text[0].isdigit() or share.text[-1] != "%" or share.mantissa > 100:
        raise InvalidValueError(
            f"{quote(text)} is not a share", allowed='at most 100 %, such as "94.86%"'
        )
    return share


def parse_duration(text: str) -> Fraction:
    """Read a duration, in seconds.

    Raises:
        InvalidValueError: the text is none, or is 0.

    >>> parse_duration("2.5 h")
    Fraction(9000, 1)
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = Fraction(match[1]) * _SECONDS[match[2]] if match else Fraction(0)
    if not seconds:
        raise InvalidValueError(
            f"{quote(text)} is not a duration",
            allowed="a number above 0 and s, min, h or days, such as 181 s",
        )
    return seconds


def parse_product(text: str) -> tuple[int, ...]:
    """Read a printed product of whole numbers, "4 x 3 x 6 x 2"; one number is one too.

    Raises:
        InvalidValueError: the text is none.

    >>> parse_product("4 x 3 x 6 x 2")
    (4, 3, 6, 2)
    """
    parts = re.split(r" ?[x×*] ?", text.strip())
    if not all(re.fullmatch(r"[1-9]\d{0,5}", part, re.ASCII) for part in parts) or len(parts) > 20:
        raise InvalidValueError(
            f"{quote(text)} is not a product", allowed="whole numbers and x, such as 4 x 3 x 6 x 2"
        )
    return tuple(int(part) for part in parts)
