"""Charts of a page: drawn with matplotlib where it is installed, in the colours of the page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable
from hashlib import sha256
from html import escape
from importlib.util import find_spec
from typing import Any

INK, DIM, RULE, ACCENT, GOOD, WARN, BAD = (f"#0b0c{place:02d}" for place in range(10, 17))
"""Stand for the colours of the page, light or dark; `chart` puts the page's own in their place."""
_COLOURS = {INK: "currentColor"} | {
    colour: f"var(--{name})"
    for colour, name in zip(
        (DIM, RULE, ACCENT, GOOD, WARN, BAD),
        ("dim", "rule", "accent", "good", "warn", "bad"),
        strict=True,
    )
}
MISSING = 'not drawn, as matplotlib is not installed: pip install "archcount[plot]"'
"""What a page says in the place of a chart."""

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "archcount",
    "font.size": 9,
    "axes.edgecolor": DIM,
    "axes.labelcolor": DIM,
    "axes.labelsize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": DIM,
    "ytick.color": DIM,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def chart(
    draw: Callable[[Any], None], description: str, size: tuple[float, float] = (8.5, 3.4)
) -> str:
    """Return a chart as an `svg` element for a page, or nothing where matplotlib is missing.

    Args:
        draw: draws into the axes that it is given; texts of others with `parse_math=False`. A point
            with the address "#words" says these words when it is pointed at.
        description: what it shows, for those who do not see it.
        size: in inches of 72 points.
    """
    if find_spec("matplotlib") is None:
        return ""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    picture = io.BytesIO()
    with rc_context(_STYLE), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that no font here has: browsers have theirs
        figure: Any = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        figure.savefig(picture, format="svg", transparent=True, metadata={"Date": None})
    return _of_page(picture.getvalue().decode(), description)


def _of_page(svg: str, description: str) -> str:
    """Return the element alone, with the colours and letters of the page, and names of its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.S)
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    pointed = r'<a xlink:href="#([^"]*)"[^>]*>(.*?)</a>'
    svg = re.sub(pointed, r"<g><title>\1</title>\2</g>", svg, flags=re.S)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    name = sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r'( id="|url\(#|xlink:href="#)', rf"\g<1>c{name}-", svg)
    for colour, own in _COLOURS.items():
        svg = svg.replace(colour, own)
    head = f'<svg class="chart" role="img" aria-label="{escape(description)}"'
    return svg.replace("<svg", head, 1)
