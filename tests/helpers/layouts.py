"""What must be true of every picture that is laid out."""

from __future__ import annotations

from itertools import combinations, pairwise


def holds(one, other):
    """Whether the second rectangle lies inside the first."""
    return (
        one.x <= other.x
        and one.y <= other.y
        and other.right <= one.right
        and other.bottom <= one.bottom
    )


def overlap(one, other):
    """Whether both have an area in common."""
    return (
        one.x < other.right
        and other.x < one.right
        and one.y < other.bottom
        and other.y < one.bottom
    )


def check_layout(found):
    rects = [item.rect for item in found.boxes]
    for rect in [*rects, *(item.rect for item in found.groups)]:
        assert rect.x >= 0
        assert rect.right <= found.width
        assert rect.y >= 0
        assert rect.bottom <= found.height
    by_place = sorted(rects, key=lambda rect: rect.x)
    for place, rect in enumerate(by_place):
        for other in by_place[place + 1 :]:
            if other.x >= rect.right:
                break
            assert not overlap(rect, other)
    frames = [item.rect for item in found.groups]
    for one, other in combinations(frames, 2):
        assert not overlap(one, other) or holds(one, other) or holds(other, one)
    for frame in frames:
        for rect in rects:
            assert not overlap(frame, rect) or holds(frame, rect)
    for line in found.lines:
        for x, y in line.points:
            assert 0 <= x <= found.width
            assert 0 <= y <= found.height
    for line in found.lines:
        for (x, y), (right, bottom) in pairwise(line.points):
            for rect in rects:  # a line ends at the edge of a box, and never runs through one
                assert not (
                    min(x, right) < rect.right - 1
                    and max(x, right) > rect.x + 1
                    and min(y, bottom) < rect.bottom - 1
                    and max(y, bottom) > rect.y + 1
                )
