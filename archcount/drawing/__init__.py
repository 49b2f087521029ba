"""Pictures of networks, as papers draw them."""

from archcount.drawing.picture import Mark, Picture
from archcount.drawing.svg import svg
from archcount.drawing.table_picture import DETAILS, table_picture

__all__ = ["DETAILS", "Mark", "Picture", "svg", "table_picture"]
