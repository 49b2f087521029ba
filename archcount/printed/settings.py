"""Printed settings of layers: a kernel, a stride, heads, groups, a width."""

from __future__ import annotations

import re

from archcount.errors import InvalidValueError, quote
from archcount.printed.notation import parse_patch, parse_size

SETTINGS = ("kernel", "stride", "heads", "groups", "width")
"""What the layers of a row have, and some column may print."""


def parse_setting(what: str, text: str) -> tuple[int, ...]:
    """Read a printed setting: a number, or the sides of a kernel or a stride.

    Raises:
        InvalidValueError: the text is no such setting.

    >>> parse_setting("kernel", "7x7/2"), parse_setting("stride", "7x7/2")
    ((7, 7), (2, 2))
    >>> parse_setting("kernel", "1x7"), parse_setting("kernel", "5"), parse_setting("heads", "12")
    ((1, 7), (5,), (12,))
    """
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+|\d{1,9}", text):
        return (int(text.replace(",", "")),)
    if what in ("kernel", "stride"):
        if "/" not in text:
            return parse_size(text, parts=(2, 3))
        patch = parse_patch(text)
        return patch.kernel if what == "kernel" else patch.stride
    raise InvalidValueError(f"{quote(text)} is no number of {what}", allowed="a whole number")
