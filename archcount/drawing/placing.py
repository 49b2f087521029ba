"""The whole picture laid out: its columns, the heads beside them, and lines past other parts."""

from __future__ import annotations

from collections.abc import Sequence

from archcount.drawing.layout import Laid, Layout, Spot, Track, shape_sides
from archcount.drawing.picture import Box, Chain, CrossLink, Group, Picture, boxes_of, parts_of
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
        breaks = {link.target for link in picture.links if link.is_only}
        self._layout = Layout(down=down, breaks=breaks)
        self._parts: dict[str, Span] = {}
        self._columns: dict[str, int] = {}
        self._axes: dict[str, float] = {}
        self._pills: set[str] = set()
        self._boxes: list[tuple[Box, Span]] = []
        self._groups: list[tuple[Group, Span]] = []
        self._tracks: list[Track] = []
        self._edges: list[tuple[float, float]] = []

    def placed(self) -> PlacedPicture:
        """Lay everything out."""
        links = [
            (link, number)
            for number, stream in enumerate(self._picture.streams)
            for link in self._links(stream.body)
        ]
        ends = {link.source for link, number in links if self._is_end(link.source, number)}
        across = 0.0
        for number, stream in enumerate(self._picture.streams):
            body = (stream.input, *stream.body)
            laid = self._layout.chain(body, shape="", every=True)
            lanes = len({link.source for link, to in links if to == number})
            across += (_GUTTER if number else 0) + (lanes * _LANE + 8 if lanes else 0)
            axis = across + laid.before
            self._add(laid, 0.0, axis, number)
            if stream.body[-1].path not in ends:
                self._end(laid, axis, body[-1].output)
            self._edges.append((across, across + laid.before + laid.after))
            across += laid.before + laid.after
        self._heads(across)
        self._skips(links)
        return self._in_pixels()

    def _is_end(self, path: str, number: int) -> bool:
        """Whether a part is the last of a stream before one, which then goes on there."""
        return any(stream.body[-1].path == path for stream in self._picture.streams[:number])

    def _add(self, laid: Laid, along: float, across: float, column: int) -> None:
        """Take over the rectangles and lines of what is laid out, at a place."""
        for (a, c), each in laid.everything(along, across):
            if each.part is not None:
                span = (a, a + each.length, c - each.before, c + each.after)
                self._parts.setdefault(each.part.path, span)
                self._columns.setdefault(each.part.path, column)
                self._axes.setdefault(each.part.path, c)
                if isinstance(each.part, Box):
                    self._pills |= {each.part.path} if each.part.reads else set()
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

    def _links(self, body: Chain) -> list[CrossLink]:
        """Return what the parts of a stream read of others.

        Of several that one row, or join, reads of another, the first is drawn.
        """
        found: dict[tuple[str, str], CrossLink] = {}
        for part in body:
            paths = {each.path for each in parts_of((part,))}
            for link in self._picture.links:
                if link.source and link.target in paths:
                    found[link.source, link.target] = link
            for box in boxes_of((part,)):
                if box.reads:
                    link = CrossLink(source=box.reads, target=box.path)
                    found.setdefault((box.reads, part.path), link)
        return [*found.values()]

    def _skips(self, links: Sequence[tuple[CrossLink, int]]) -> None:
        """Draw lines past other parts, the shorter ones nearer."""
        lanes: dict[int, dict[str, int]] = {}
        known = [each for each in links if {each[0].source, each[0].target} <= self._parts.keys()]
        for link, number in sorted(known, key=lambda each: self._reach(each[0])):
            taken = lanes.setdefault(number, {})
            lane = taken.setdefault(link.source, len(taken) + 1)
            beside = self._edges[number][0] - 4 - _LANE * lane
            from_, to = self._parts[link.source], self._parts[link.target]
            leave = from_[0] + 0.72 * (from_[1] - from_[0])
            start: tuple[Spot, ...] = ((leave, from_[2]),)
            if self._columns[link.source] < number:
                start = ((leave, from_[3]),)
            if self._is_end(link.source, number):
                leave = from_[1] + 24.0
                start = ((from_[1], self._axes[link.source]), (leave, self._axes[link.source]))
            last: tuple[Spot, ...] = (((to[0] + to[1]) / 2, to[2]),)
            if link.target in self._pills:
                last = ((to[0] - 10.0, self._axes[link.target]), (to[0], self._axes[link.target]))
            spots = (*start, (leave, beside), (last[0][0], beside), *last)
            self._tracks.append(Track(spots=spots, is_skip=True))

    def _reach(self, link: CrossLink) -> float:
        return abs(self._parts[link.target][0] - self._parts[link.source][0])

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
        label: list[tuple[str, Point]] = []
        if track.label:
            (x, y), (right, bottom) = points[0], points[-1]
            middle, height = (x + right) / 2, (y + bottom) / 2
            if self._down:
                label = [(track.label, (middle + 7, height + 5))]
            else:
                above, below = shape_sides(track.label)
                label = [(above, (middle - 3, height - 5)), (below, (middle - 3, height + 12))]
        return Line(
            points=tuple(points),
            has_arrow=track.has_arrow,
            label=tuple(label),
            anchor="start" if self._down else "middle",
            is_skip=track.is_skip,
        )


def _moved(track: Track, along: float, across: float) -> Track:
    spots = tuple((a + along, c + across) for a, c in track.spots)
    return Track(spots=spots, has_arrow=track.has_arrow, label=track.label, is_skip=track.is_skip)
