"""The names of blocks: what they may be, the numbers in them, and the texts that list several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcount.architecture import LocatedText
from archcount.layers.registry import KINDS
from archcount.spec.schema import NAME

HOLE = re.compile(r"\{([^{}]*)\}")
"""A number in a block's name, `conv3-{width}`."""


def means_a_layer(name: str) -> bool:
    """Return whether a block's name could be a layer: a kind's word alone may need more."""
    kind = KINDS.get(name.split()[0])
    if kind is None:
        return False
    return name != kind.word or not any(item.required for item in kind.arguments())


def pattern(name: str) -> re.Pattern[str]:
    """Return a pattern of a block's name with numbers in it; those without a name are not read."""
    pieces = HOLE.split(name)
    holes = [hole for hole in pieces[1::2] if hole]
    if not all(re.fullmatch(NAME, hole) for hole in holes) or len({*holes}) < len(holes):
        return re.compile(re.escape(name))  # it is refused elsewhere
    number = r"\d{1,9}(?:\.\d{1,6})?"
    texts = [
        re.escape(piece) if place % 2 == 0 else f"(?P<{piece}>{number})" if piece else number
        for place, piece in enumerate(pieces)
    ]
    return re.compile("".join(texts), re.ASCII)


def listed(text: LocatedText) -> Iterator[LocatedText]:
    """Yield what stands between the commas of a text; those in brackets are left alone."""
    depth = start = 0
    for place, letter in enumerate((*text.text, ",")):
        depth += (letter in "([") - (letter in ")]")
        if (letter == "," and depth == 0) or place == len(text.text):
            piece = text.text[start:place]
            begin = start + len(piece) - len(piece.lstrip())
            yield text.part(begin, begin + len(piece.strip()))
            start = place + 1
