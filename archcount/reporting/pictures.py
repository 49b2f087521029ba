"""Pictures drawn with matplotlib, where it is installed."""

from __future__ import annotations

import io
from importlib.util import find_spec
from typing import Any

from archcount.errors import UnavailableError


def require_matplotlib(what: str) -> None:
    """Raise an UnavailableError where matplotlib is not installed, before any work is done."""
    if find_spec("matplotlib") is None:
        raise UnavailableError.of(
            f"drawing {what} needs matplotlib, which is not installed",
            remedy='pip install "archcount[plot]"',
        )


def saved(figure: Any, form: str) -> bytes:
    """Return a figure as svg or png."""
    picture = io.BytesIO()
    figure.savefig(picture, format=form, dpi=150, metadata={"Date": None} if form == "svg" else {})
    return picture.getvalue()
