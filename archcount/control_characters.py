"""How a character that does not print is shown, wherever a user's text is written."""

from __future__ import annotations

import re
from unicodedata import category

_COMMAND = re.compile(r"(?<!\S):(?=:[\w-])|#(?=#\[)")
"""Where a runner of continuous integration would read a command: `::error::` or `##[error]`."""


def visible(text: str) -> str:
    r"""Return a text in one line that steers nothing that shows it.

    What moves the cursor, ends a line, turns the direction of the text after it, or has no sign at
    all is written as Python writes it; and so is the first sign of a command to GitHub Actions.

    >>> print(visible("a\x1b[31m\tb\n\u202e"), visible("::error::x"), visible("std::vector"))
    a\x1b[31m\tb\n\u202e \x3a:error::x std::vector
    """
    if not text.isprintable():
        text = "".join(map(_shown, text))
    if "::" in text or "##[" in text:
        text = _COMMAND.sub(lambda found: f"\\x{ord(found[0]):x}", text)
    return text


def _shown(character: str) -> str:
    if character.isprintable() or category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode()
