"""A picture as PNG: its SVG, drawn in pixels by resvg."""

from __future__ import annotations

import re
from importlib.util import find_spec

from archcount.drawing.picture import Picture
from archcount.drawing.style import FONT
from archcount.drawing.svg import svg
from archcount.errors import UnavailableError

_ZOOM = 2.0
"""Pixels of a picture for one of the SVG."""
_MOST = 25_000_000
"""The most pixels of a picture."""


def require_resvg() -> None:
    """Raise an UnavailableError where resvg is not installed, before any work is done."""
    if find_spec("resvg_py") is None:
        raise UnavailableError.of(
            "a picture in PNG needs resvg-py, which is not installed",
            remedy='pip install "archcount[draw]", or write .svg',
        )


def png(picture: Picture, *, down: bool = True, theme: str = "light") -> bytes:
    """Return a picture as PNG, of twice the size of its SVG where that is not too large.

    Raises:
        UnavailableError: resvg-py is not installed, or none of the fonts of a picture.
    """
    require_resvg()
    text = svg(picture, down=down, theme="light" if theme == "auto" else theme)
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', text)
    assert found is not None
    pixels = int(found[1]) * int(found[2])
    if _rendered(_SAMPLE.format("x")) == _rendered(_SAMPLE.format("")):
        raise UnavailableError.of(
            "none of the fonts of a picture is installed, so that a PNG would have no text",
            remedy="install one, such as the package fonts-dejavu-core, or write .svg",
        )
    return _rendered(text, min(_ZOOM, (_MOST / pixels) ** 0.5))


_SAMPLE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
    f"<text y='9' font-family='{FONT}'>{{}}</text></svg>"
)


def _rendered(text: str, zoom: float = 1.0) -> bytes:
    import resvg_py

    return bytes(resvg_py.svg_to_bytes(svg_string=text, zoom=zoom))
