"""What must be true of every picture that is laid out."""

from __future__ import annotations

from itertools import combinations, pairwise


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
            assert not rect.overlaps(other)
    frames = [item.rect for item in found.groups]
    for one, other in combinations(frames, 2):
        assert not one.overlaps(other) or one.holds(other) or other.holds(one)
    for frame in frames:
        for rect in rects:
            assert not frame.overlaps(rect) or frame.holds(rect)
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
