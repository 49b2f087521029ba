"""A picture laid out: rectangles and lines in pixels, for a writer to draw."""

from __future__ import annotations

from dataclasses import dataclass

from archcount.drawing.picture import Box, Group, Picture

Point = tuple[float, float]
"""Pixels to the right and down."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box and where it stands."""

    box: Box
    rect: Rect


@dataclass(frozen=True, slots=True)
class PlacedGroup:
    """A frame and where it stands."""

    group: Group
    rect: Rect


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line from one part to another.

    Attributes:
        points: its ends, and its corners, which are drawn round.
        has_arrow: whether it ends in an arrow.
        label: the shape that it carries, as texts with their places.
        anchor: of these texts, as in SVG.
        is_skip: whether it passes parts by.
    """

    points: tuple[Point, ...]
    has_arrow: bool = True
    label: tuple[tuple[str, Point], ...] = ()
    anchor: str = "start"
    is_skip: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedPicture:
    """A picture laid out.

    Attributes:
        picture: what is drawn.
        boxes: in the order of the network.
        groups: the outer ones before those inside.
        lines: between them.
        width, height: of all of it, the title and the legend left out.
    """

    picture: Picture
    boxes: tuple[PlacedBox, ...]
    groups: tuple[PlacedGroup, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
