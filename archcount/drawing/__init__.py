"""Pictures of networks, as papers draw them."""

from archcount.drawing.colouring import COLOURS
from archcount.drawing.node_parts import DETAILS
from archcount.drawing.picture import Mark, Picture
from archcount.drawing.style import THEMES
from archcount.drawing.svg import svg
from archcount.drawing.table_picture import table_picture

__all__ = ["COLOURS", "DETAILS", "THEMES", "Mark", "Picture", "svg", "table_picture"]
