"""Pictures drawn with matplotlib, where it is installed."""

from __future__ import annotations

import io
from typing import Any

from archcount.control_characters import visible
from archcount.reporting.optional_parts import require


def require_matplotlib(what: str) -> None:
    """Raise an UnavailableError where matplotlib is not installed, before any work is done."""
    require("matplotlib", "plot", f"drawing {what}")


def shown_label(text: str) -> str:
    r"""Return a text that matplotlib shows as it is: no formula of it, nothing that is not shown.

    >>> print(shown_label("$x$"))
    \$x\$
    """
    return visible(text).replace("$", r"\$")


def saved(figure: Any, form: str) -> bytes:
    """Return a figure as svg or png."""
    picture = io.BytesIO()
    figure.savefig(picture, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})
    return picture.getvalue()
