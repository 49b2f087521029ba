"""How wide a text is without the metrics of a font: never less than it is drawn."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

_WIDTHS = {
    "ijl'": 0.30,
    "|": 0.35,
    ".,:; I![]ft()-/": 0.42,
    'r"': 0.46,
    "mwMW%@&+=<>~#×→^": 1.0,
    "ABCDEFGHJKLNOPQRSTUVXYZ": 0.79,
}
"""Widths in ems, as wide as DejaVu Sans has them, which is wider than most."""
_WIDTH = {character: width for text, width in _WIDTHS.items() for character in text}
_OTHER = 0.64


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the most that a line takes in a font of a size, such as Arial or DejaVu Sans.

    >>> 30 < text_width("conv1", 12) < 45
    True
    """
    ems = sum(map(_width, text))
    return ems * size * (1.15 if bold else 1.0)


def _width(character: str) -> float:
    if combining(character):
        return 0.0
    if east_asian_width(character) in "WF":
        return 1.1
    found = _WIDTH.get(character)
    return found if found is not None else _OTHER if ord(character) < 0x2000 else 1.1


def shortened(text: str, most: int) -> str:
    """Cut a text off at so many characters.

    >>> shortened("inception", 6)
    'incep…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """Break a text between words into lines that fit a width.

    >>> wrapped("going deeper with convolutions", 12, 120)
    ['going deeper with', 'convolutions']
    """
    lines: list[str] = []
    for word in shortened(text, 400).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= room:
            lines[-1] = longer
        else:
            lines.append(shortened(word, 60))
    return lines
