"""The whole picture laid out: its columns, the heads beside them, and lines past other parts."""

from __future__ import annotations

from collections.abc import Iterable

from archcount.drawing.layout import Laid, Layout, Spot, Track
from archcount.drawing.picture import Box, Group, Part, Picture, boxes_of
from archcount.drawing.placed import (
    Line,
    PlacedBox,
    PlacedGroup,
    PlacedPicture,
    Point,
    Rect,
)

_MARGIN = 16.0
_GUTTER = 40.0
"""Between columns, and to the heads."""
_LANE = 14.0
"""Between lines that pass parts by."""

Span = tuple[float, float, float, float]
"""A rectangle: from and to along, from and to across."""


def placed(picture: Picture, *, down: bool = True) -> PlacedPicture:
    """Lay a picture out, from top to bottom or from left to right.

    It is laid out in the order of the network, so that equal pictures are drawn alike.
    """
    return _Placing(picture, down=down).placed()


class _Placing:
    def __init__(self, picture: Picture, *, down: bool) -> None:
        self._picture, self._down = picture, down
        self._layout = Layout(down=down)
        self._parts: dict[str, Span] = {}
        self._columns: dict[str, int] = {}
        self._axes: dict[str, float] = {}
        self._boxes: list[tuple[Box, Span]] = []
        self._groups: list[tuple[Group, Span]] = []
        self._tracks: list[Track] = []
        self._edges: list[tuple[float, float]] = []

    def placed(self) -> PlacedPicture:
        """Lay everything out."""
        breaks = dict(self._picture.breaks)
        links = self._links(breaks)
        across = 0.0
        for number, column in enumerate(self._picture.columns):
            body = (column.input, *column.body) if column.input else column.body
            laid = self._layout.chain(body, shape="", every=True, breaks=tuple(breaks))
            lanes = len({source for source, _, place in links if place == number})
            across += (_GUTTER if number else 0) + (lanes * _LANE + 8 if lanes else 0)
            axis = across + laid.before
            self._add(laid, 0.0, axis, number)
            self._end(laid, axis, body[-1].output)
            self._edges.append((across, across + laid.before + laid.after))
            across += laid.before + laid.after
        self._heads(across)
        self._skips(links)
        return self._in_pixels()

    def _add(self, laid: Laid, along: float, across: float, column: int) -> None:
        """Take over the rectangles and lines of what is laid out, at a place."""
        for (a, c), each in laid.everything(along, across):
            if each.part is not None:
                span = (a, a + each.length, c - each.before, c + each.after)
                self._parts.setdefault(each.part.path, span)
                self._columns.setdefault(each.part.path, column)
                self._axes.setdefault(each.part.path, c)
                if isinstance(each.part, Box):
                    self._boxes.append((each.part, span))
                else:
                    self._groups.append((each.part, span))
            self._tracks += [_moved(track, a, c) for track in each.tracks]

    def _end(self, laid: Laid, axis: float, shape: str) -> None:
        """Draw what the column gives as a line that leaves it."""
        gap = self._layout.gap(shape)
        spots = ((laid.length, axis), (laid.length + gap, axis))
        self._tracks.append(Track(spots=spots, label=shape))

    def _heads(self, across: float) -> None:
        """Place heads to the side, each where the output that it reads leaves its part."""
        free = 0.0
        for side in self._picture.sides:
            laid = self._layout.chain((side.group,))
            at = self._parts[side.at][1] + 7.0
            start = max(free, at + 12.0)
            axis = across + _GUTTER + laid.before
            spots = ((at, self._axes[side.at]), (at, axis), (start, axis))
            self._tracks.append(Track(spots=spots, has_arrow=False))
            self._add(laid, start, axis, -1)
            free = start + laid.length + _GUTTER / 2

    def _links(self, breaks: dict[str, str]) -> list[tuple[str, str, int]]:
        """Return the lines to other parts: from, to, and the column that they lead to.

        Of several that one row, or join, reads of another, the first is drawn.
        """
        found: dict[tuple[str, str], tuple[str, str, int]] = {}
        for number, column in enumerate(self._picture.columns):
            for part in column.body:
                if part.path in breaks:
                    found[breaks[part.path], part.path] = (breaks[part.path], part.path, number)
                for box in _readers(part):
                    found.setdefault((box.reads, part.path), (box.reads, box.path, number))
        return [*found.values()]

    def _skips(self, links: Iterable[tuple[str, str, int]]) -> None:
        """Draw lines past other parts, the shorter ones nearer."""
        lanes: dict[int, dict[str, int]] = {}
        there = [link for link in links if link[0] in self._parts and link[1] in self._parts]
        for source, target, column in sorted(there, key=self._span):
            taken = lanes.setdefault(column, {})
            lane = taken.setdefault(source, len(taken) + 1)
            beside = self._edges[column][0] - 4 - _LANE * lane
            from_, to = self._parts[source], self._parts[target]
            is_beside = self._columns[source] < column
            leave = from_[0] + 0.72 * (from_[1] - from_[0])
            side = from_[3] if is_beside else from_[2]
            enter = (to[0] + to[1]) / 2
            spots = ((leave, side), (leave, beside), (enter, beside), (enter, to[2]))
            self._tracks.append(Track(spots=spots, is_skip=True))

    def _span(self, link: tuple[str, str, int]) -> float:
        return abs(self._parts[link[1]][0] - self._parts[link[0]][0])

    def _in_pixels(self) -> PlacedPicture:
        """Turn along and across into right and down, from the margin on."""
        spans = [span for _, span in (*self._boxes, *self._groups)]
        spots = [spot for track in self._tracks for spot in track.spots]
        alongs = [a for span in spans for a in span[:2]] + [a for a, _ in spots]
        crosses = [c for span in spans for c in span[2:]] + [c for _, c in spots]
        crosses += [edge for column in self._edges for edge in column]
        shift = (_MARGIN - min(alongs), _MARGIN - min(crosses))
        long = max(alongs) - min(alongs) + 2 * _MARGIN
        wide = max(crosses) - min(crosses) + 2 * _MARGIN

        def point(spot: Spot) -> Point:
            along, across = spot[0] + shift[0], spot[1] + shift[1]
            return (across, along) if self._down else (along, across)

        def rect(span: Span) -> Rect:
            x, y = point((span[0], span[2]))
            right, bottom = point((span[1], span[3]))
            return Rect(x, y, right - x, bottom - y)

        return PlacedPicture(
            picture=self._picture,
            boxes=tuple(PlacedBox(box, rect(span)) for box, span in self._boxes),
            groups=tuple(PlacedGroup(group, rect(span)) for group, span in self._groups),
            lines=tuple(self._line(track, [*map(point, track.spots)]) for track in self._tracks),
            width=wide if self._down else long,
            height=long if self._down else wide,
        )

    def _line(self, track: Track, points: list[Point]) -> Line:
        at, anchor = (0.0, 0.0), "start"
        if track.label:
            (x, y), (right, bottom) = points[0], points[-1]
            middle = ((x + right) / 2, (y + bottom) / 2)
            at = (middle[0] + 7, middle[1] + 5) if self._down else (middle[0] - 3, middle[1] - 6)
            anchor = "start" if self._down else "middle"
        return Line(
            points=tuple(points),
            has_arrow=track.has_arrow,
            label=track.label,
            at=at,
            anchor=anchor,
            is_skip=track.is_skip,
        )


def _moved(track: Track, along: float, across: float) -> Track:
    spots = tuple((a + along, c + across) for a, c in track.spots)
    return Track(spots=spots, has_arrow=track.has_arrow, label=track.label, is_skip=track.is_skip)


def _readers(part: Part) -> Iterable[Box]:
    return (box for box in boxes_of((part,)) if box.reads)
