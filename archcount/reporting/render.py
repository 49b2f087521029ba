"""One call a report: from records to text in the format asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archcount.reporting.sheet import Sheet
from archcount.reporting.text import html, markdown, plain

FORMATS: Mapping[str, str] = {
    "rich": "colours, fitted to the terminal",
    "plain": "aligned text, nothing cut off",
    "csv": "one line a row, base units",
    "md": "a Markdown table",
    "json": "everything, for tools",
    "html": "an HTML table",
    "svg": "a picture of the terminal",
}
"""The formats a report can be written in."""

_TEXTS: Mapping[str, Callable[[Sheet], str]] = {"plain": plain, "md": markdown, "html": html}


def render_sheets(
    parts: Sequence[Sequence[Sheet]], form: str, *, width: int | None, colour: bool, heading: str
) -> str:
    """Write sheets one after another in one of the `FORMATS` for people.

    Args:
        parts: the sheets, each in layouts from the widest to the narrowest.
        form: the format's name; not csv or json.
        width: as for `render_table`.
        colour: as for `render_table`.
        heading: the title of a picture.
    """
    return _written(parts, form, width, colour, heading)


def _written(
    parts: Sequence[Sequence[Sheet]], form: str, width: int | None, colour: bool, heading: str
) -> str:
    """Write parts one after another; each is given in layouts from the widest to the narrowest."""
    if form in _TEXTS:
        return "\n".join(_TEXTS[form](layouts[0]) for layouts in parts)
    from archcount.reporting import terminal

    if form == "svg":
        return terminal.svg(parts, width=width or 132, heading=heading)
    return terminal.terminal(parts, width=width, colour=colour)
