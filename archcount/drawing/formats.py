"""The formats of a picture, and the file endings that choose them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from archcount.drawing.dot import dot, laid_out_by_dot, require_dot
from archcount.drawing.mermaid import mermaid
from archcount.drawing.outline import outline
from archcount.drawing.picture import Picture
from archcount.drawing.png import png, require_resvg
from archcount.drawing.svg import svg
from archcount.errors import UsageError, unknown_name

DIRECTIONS = ("down", "right")
LAYOUTS = ("own", "dot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How a picture is drawn.

    Attributes:
        direction: `down` or `right`.
        theme: `auto`, which follows the reader's setting, `light` or `dark`; a PNG is light then.
        layout: `own`, or `dot` for that of Graphviz, which has colours of its own.
    """

    direction: str = "down"
    theme: str = "auto"
    layout: str = "own"

    @property
    def down(self) -> bool:
        """Whether it reads from top to bottom."""
        return self.direction == "down"


@dataclass(frozen=True, slots=True)
class DrawingFormat:
    """A format of pictures.

    Attributes:
        write: what writes it.
        endings: of its files.
        is_laid_out: whether it says where everything stands.
    """

    write: Callable[[Picture, Look], str | bytes]
    endings: tuple[str, ...]
    is_laid_out: bool = False


FORMATS: Mapping[str, DrawingFormat] = {
    "text": DrawingFormat(lambda picture, look: outline(picture), (".txt",)),
    "svg": DrawingFormat(lambda picture, look: svg(picture, down=look.down, theme=look.theme),
                         (".svg",), is_laid_out=True),
    "png": DrawingFormat(lambda picture, look: png(picture, down=look.down, theme=look.theme),
                         (".png",), is_laid_out=True),
    "dot": DrawingFormat(lambda picture, look: dot(picture, down=look.down), (".dot", ".gv")),
    "mermaid": DrawingFormat(lambda picture, look: mermaid(picture, down=look.down),
                             (".mmd", ".mermaid")),
}  # fmt: skip
"""Every format by its name."""


def check_drawable(form: str, look: Look) -> None:
    """Check, before any work is done, that a picture can be drawn in a format.

    Raises:
        UsageError: there is no such format, or it has no layout to choose.
        UnavailableError: what draws it is not installed.
    """
    if form not in FORMATS:
        raise unknown_name("unknown format", form, FORMATS)
    if look.layout == "dot":
        if not FORMATS[form].is_laid_out:
            raise UsageError.of(
                f"--layout dot does not go with {form}", allowed="the formats svg and png"
            )
        require_dot()
    elif form == "png":
        require_resvg()


def drawn_as(picture: Picture, form: str, look: Look) -> str | bytes:
    """Return a picture in a format; errors as `check_drawable`."""
    check_drawable(form, look)
    if look.layout == "dot":
        found = laid_out_by_dot(picture, form, down=look.down)
        return found.decode() if form == "svg" else found
    return FORMATS[form].write(picture, look)
