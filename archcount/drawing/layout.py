"""Parts of a picture laid out one in another, along the direction of reading and across it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from archcount.drawing.picture import (
    Box,
    Branching,
    Chain,
    Group,
    Part,
    reads_elsewhere,
)
from archcount.drawing.text_width import shortened, text_width

SIZE, SMALL, TINY = 12.0, 11.0, 10.0
"""The sizes of type of titles, of details, and of shapes."""
LINE = 15.0
"""From one line of text to the next."""
_PAD, _INSIDE = 9.0, 10.0
"""Around the text of a box; around the parts of a group."""
_HEADER = 24.0
"""The strip of a group that holds its title."""
_FAN = 20.0
"""Along which branches part and meet."""
_ROOM = 12.0
"""Before a branch that reads another part, for the line that comes from there."""
_BESIDE = 14.0
"""Between branches."""
_MOST = 64
"""The most characters of a line."""
_ROUND = 20.0
"""The diameter of a join that is one sign."""

Spot = tuple[float, float]
"""Along the direction of reading, and across it from the axis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """A line by its corners, along and across.

    Attributes:
        label: the shape that it carries, written at its middle.
    """

    spots: tuple[Spot, ...]
    has_arrow: bool = True
    label: str = ""
    is_skip: bool = False


@dataclass(slots=True)
class Laid:
    """A part laid out on its axis: where a line enters at 0 and leaves at its length.

    Attributes:
        before, after: how far it reaches to both sides of the axis.
        part: the box or group that is drawn as a rectangle, if it is one.
        inner: what lies inside, shifted along and across.
        takes_arrow: whether a line that enters ends there in an arrow.
    """

    length: float
    before: float
    after: float
    part: Box | Group | None = None
    inner: list[tuple[float, float, Laid]] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    takes_arrow: bool = True

    def everything(self, along: float = 0, across: float = 0) -> Iterator[tuple[Spot, Laid]]:
        """Yield it and all that lies inside, each with the place of its entry."""
        yield (along, across), self
        for a, c, laid in self.inner:
            yield from laid.everything(along + a, across + c)


def box_size(box: Box) -> tuple[float, float]:
    """Return the width and height of a box, which hold its text."""
    if box.is_sign:
        return _ROUND, _ROUND
    title, *rest = box_lines(box)
    widths = [
        text_width(title, SIZE, bold=True),
        *(text_width(line, SMALL) * 1.05 for line in rest),
    ]
    padding = 12.0 if box.family in ("join", "copy") else 16.0
    return max([40.0, *widths]) + padding, _PAD + LINE * len(widths)


def box_lines(box: Box) -> list[str]:
    """Return the lines of a box, those that are too long cut off."""
    return [shortened(line, _MOST) for line in box.lines]


def group_header(group: Group) -> str:
    """Return the title of a group with how often it stands there, as it is written."""
    return "  ".join(shortened(line, _MOST) for line in group.header)


def shape_sides(shape: str) -> tuple[str, str]:
    """Divide a shape in two, for above and below a line: positions, and channels.

    >>> shape_sides("28×28×256"), shape_sides("1000")
    (('28×28', '256'), ('1000', ''))
    """
    before, sign, after = shape.rpartition("\N{MULTIPLICATION SIGN}")
    return (before, after) if sign else (shape, "")


class Layout:
    """Lays parts out, down or to the right; parts at `breaks` do not read the one before them."""

    def __init__(self, *, down: bool, breaks: Collection[str] = ()) -> None:
        self._down, self._breaks = down, breaks

    def gap(self, shape: str) -> float:
        """Return how long a line is that carries a shape."""
        if self._down:
            return 30.0 if shape else 18.0
        sides = shape_sides(shape)
        return max(22.0, *(text_width(side, TINY) + 16.0 for side in sides))

    def chain(
        self,
        chain: Chain,
        *,
        shape: str | None = None,
        every: bool = False,
    ) -> Laid:
        """Lay parts out one after another.

        Args:
            chain: the parts.
            shape: the shape that comes in; lines carry what it becomes. None for no shapes.
            every: whether lines carry it where it stays the same, too.
        """
        laid = Laid(0.0, 0.0, 0.0, takes_arrow=bool(chain))
        known = shape
        for place, part in enumerate(chain):
            inner = self._part(part, shape=known)
            if place:
                told = known if known and (every or known != shape) else ""
                shape = known
                self._connect(
                    laid,
                    inner,
                    told or "",
                    broken=part.path in self._breaks or reads_elsewhere(part),
                )
            else:
                laid.takes_arrow = inner.takes_arrow
            laid.inner.append((laid.length, 0.0, inner))
            laid.length += inner.length
            laid.before = max(laid.before, inner.before)
            laid.after = max(laid.after, inner.after)
            known = None if shape is None else part.output
        return laid

    def _connect(self, laid: Laid, to: Laid, shape: str, *, broken: bool) -> None:
        """Draw a line from the end of what is laid out to what comes next, and make room for it."""
        gap = self.gap("" if broken else shape)
        start = laid.length
        laid.length += gap
        if not broken:
            laid.tracks.append(
                Track(
                    spots=((start, 0.0), (laid.length, 0.0)), has_arrow=to.takes_arrow, label=shape
                )
            )
            if shape and self._down:
                laid.after = max(laid.after, 8 + text_width(shape, TINY))

    def _part(self, part: Part, *, shape: str | None) -> Laid:
        match part:
            case Box():
                width, height = box_size(part)
                long, wide = (height, width) if self._down else (width, height)
                return Laid(long, wide / 2, wide / 2, part=part)
            case Group():
                return self._group(part, shape)
            case Branching():
                return self._split(part)

    def _group(self, group: Group, shape: str | None) -> Laid:
        """Lay a frame out around its parts, below its title."""
        inner = self.chain(group.body, shape=shape)
        said = group_header(group)
        header = _HEADER if said or group.mark else _INSIDE
        title = text_width(said, SIZE, bold=True) + 20
        title += text_width(group.mark.text, SMALL, bold=True) + 14 if group.mark else 0
        if self._down:
            own = text_width(said, SIZE, bold=True) + 18
            before = max(inner.before + _INSIDE, own)
            after = max(inner.after + _INSIDE, title - before)
            if before == own:
                after = max(after, before)
            start, length = header + 6, inner.length + header + 6 + _FAN / 2
        else:
            before, after = inner.before + header + 2, inner.after + _INSIDE
            length = max(inner.length + 2 * _FAN, title)
            start = (length - inner.length) / 2
        laid = Laid(length, before, after, part=group, inner=[(start, 0.0, inner)])
        laid.takes_arrow = False
        laid.tracks = [
            Track(spots=((0.0, 0.0), (start, 0.0)), has_arrow=inner.takes_arrow),
            Track(spots=((start + inner.length, 0.0), (length, 0.0)), has_arrow=False),
        ]
        return laid

    def _split(self, split: Branching) -> Laid:
        """Lay branches out beside one another, and what joins them behind."""
        join = self._part(split.join, shape=None)
        full = [branch for branch in split.branches if branch]
        if len(full) == 1:
            return self._bypass(split, join, full[0])
        branches = [self.chain(branch) for branch in split.branches]
        fan = _FAN + (_ROOM if any(reads_elsewhere(branch[0]) for branch in full) else 0.0)
        widths = [max(laid.before + laid.after, 12.0) for laid in branches]
        across = -(sum(widths) + _BESIDE * (len(widths) - 1)) / 2
        longest = max(laid.length for laid in branches)
        end = fan + longest + _FAN
        result = Laid(end + join.length, 0.0, 0.0, takes_arrow=False)
        for branch, laid, width in zip(split.branches, branches, widths, strict=True):
            axis = across + (laid.before or width / 2)
            is_fed = not (branch and reads_elsewhere(branch[0]))
            start = fan + ((longest - laid.length) / 2 if is_fed else 0.0)
            result.inner.append((start, axis, laid))
            result.tracks += _branch_tracks(branch, laid, start, axis, end)
            across += width + _BESIDE
        reach = max(-(min(axis - laid.before for _, axis, laid in result.inner)), across - _BESIDE)
        result.inner.append((end, 0.0, join))
        result.before = result.after = max(reach, join.before)
        return result

    def _bypass(self, split: Branching, join: Laid, branch: Chain) -> Laid:
        """Lay one branch out on the axis, and lines around it for those that pass the input on."""
        laid = self.chain(branch)
        is_fed = not reads_elsewhere(branch[0])
        start = 12.0 if is_fed else 12.0 + _ROOM
        end = start + laid.length + 18.0
        result = Laid(end + join.length, laid.before, laid.after, takes_arrow=False)
        result.inner = [(start, 0.0, laid), (end, 0.0, join)]
        if is_fed:
            result.tracks.append(
                Track(spots=((0.0, 0.0), (start, 0.0)), has_arrow=laid.takes_arrow)
            )
        result.tracks.append(Track(spots=((start + laid.length, 0.0), (end, 0.0))))
        empty = len(split.branches) - 1
        for number in range(empty):
            lane = max(laid.after, join.after) + 12.0 * (number + 1)
            middle = end + join.length / 2
            spots = ((0.0, 0.0), (0.0, lane), (middle, lane), (middle, join.after))
            result.tracks.append(Track(spots=spots, is_skip=True))
            result.after = lane + 4
        return result


def _branch_tracks(
    branch: Chain, laid: Laid, start: float, axis: float, end: float
) -> Iterator[Track]:
    """Yield the lines that lead into a branch and out of it, or past an empty one."""
    if not branch:
        spots = ((0.0, 0.0), (_FAN / 2, 0.0), (_FAN / 2, axis), (end - _FAN / 2, axis))
        yield Track(spots=(*spots, (end - _FAN / 2, 0.0), (end, 0.0)), is_skip=True)
        return
    if not reads_elsewhere(branch[0]):
        spots = ((0.0, 0.0), (_FAN / 2, 0.0), (_FAN / 2, axis), (start, axis))
        yield Track(spots=spots, has_arrow=laid.takes_arrow)
    leave = start + laid.length
    yield Track(spots=((leave, axis), (end - _FAN / 2, axis), (end - _FAN / 2, 0.0), (end, 0.0)))
