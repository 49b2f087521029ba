"""Markdown: a sheet as a table, every text of it escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from archcount.reporting.sheet import Sheet, Span

_MEANS = re.compile(
    r"[\\`*\[\]|~]"  # code, emphasis, links and images, cells, struck text
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; not inside of a word
    r"|<(?=[A-Za-z/!?])|&(?=#?\w+;)|\$|@(?=\w)"  # HTML, entities; on GitHub formulas and people
)
_BEGINS = re.compile(r"(#{1,6}(?= |$)|>|[+-](?= |$)|[-=]+ *$|\d+(?=[.)](?: |$)))")
"""What makes a heading, a quotation or a list of the line that it begins."""
_BY_NUMBER = "<&$@"
"""What some readers know no other escape of."""


def escaped(text: str) -> str:
    r"""Write a text so that Markdown shows it as it is.

    >>> print(escaped("<b> [x](y) 2*x_1 a_b _c_ 1 < 2"))
    &lt;b> \[x\](y) 2\*x_1 a_b \_c\_ 1 < 2
    """
    return _MEANS.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign == "<":
        return "&lt;"
    return f"&#{ord(sign)};" if sign in _BY_NUMBER else f"\\{sign}"


def markdown(sheet: Sheet) -> str:
    """Write a sheet as a Markdown table with its notes as a list."""
    title = escaped(sheet.title.strip())
    lines = [f"**{title}**"] if title else []
    if sheet.headings:
        lines += ["", markdown_row(sheet.headings)]
        lines.append(markdown_rule(sheet.right))
        lines += [markdown_row(cell.text for cell in line) for line in sheet.lines]
    if sheet.notes:
        lines += ["", *_points(sheet.notes)]
    return "\n".join(lines) + "\n"


def markdown_row(cells: Iterable[str]) -> str:
    """Return a line of a table."""
    return "| " + " | ".join(map(escaped, cells)) + " |"


def markdown_rule(right: Iterable[bool]) -> str:
    """Return the line below the headings, which says where each column stands."""
    return "|" + "|".join("---:" if each else ":---" for each in right) + "|"


def _points(notes: Iterable[Span]) -> Iterator[str]:
    """Yield notes as a list; those that stand deeper as points of the one above."""
    deepest = 0
    for note in notes:
        depth = min((len(note.text) - len(note.text.lstrip())) // 2, deepest)
        deepest = depth + 1
        first, *below = [_line(line.strip()) for line in note.lines]
        indent = "  " * depth
        yield "\\\n".join([f"{indent}- {first}", *(f"{indent}  {line}" for line in below)])


def _line(text: str) -> str:
    r"""Write a text that begins a line.

    >>> print(_line("# a"), _line("-3"), _line("- 3"), _line("1. a"))
    \# a -3 \- 3 1\. a
    """
    text = escaped(text)
    begins = _BEGINS.match(text)
    if begins is None:
        return text
    place = begins.end() if begins[0].isdigit() else 0
    return f"{text[:place]}\\{text[place:]}"
