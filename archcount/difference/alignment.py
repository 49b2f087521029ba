"""Two sequences of layers aligned: the cheapest way to make one of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from archcount.difference.connectivity import ModelSide, rewired
from archcount.difference.setting_changes import changes, family, is_alike, is_as_large, is_as_wide
from archcount.tracing.traced_layer import TracedLayer

_WEIGHTS = {"type": 5, "kernel": 4, "stride": 4, "groups": 4, "dilation": 4, "out": 5, "bias": 2}
_HEAVY = ("conv", "transposed conv", "linear", "matmul", "embedding", "lrn")
FAR = 10**9

Match = tuple[int | None, int | None]


class LayerCosts:
    """What it costs that one layer stands for another, worked out once for equal layers."""

    def __init__(self, left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> None:
        self.left, self.right = left, right
        self.numbers = _numbered(left), _numbered(right)
        self._known: dict[tuple[int, int], float] = {}

    def distance(self, one: int, other: int) -> float:
        """Return how far a layer of the left side is from one of the right."""
        key = (self.numbers[0][one], self.numbers[1][other])
        if key not in self._known:
            self._known[key] = distance(self.left[one], self.right[other])
        return self._known[key]

    def align(self, ours: Sequence[int], theirs: Sequence[int]) -> list[Match]:
        """Pair some layers of both sides in order, by structure first and names second."""

        def cost(i: int, j: int) -> float:
            one, other = ours[i], theirs[j]
            # Names come second: among equal ways, the one that keeps them.
            is_renamed = self.left[one].path != self.right[other].path
            return self.distance(one, other) + is_renamed / 1000

        found = cheapest(
            cost,
            [gap(self.left[place]) for place in ours],
            [gap(self.right[place]) for place in theirs],
        )
        return [
            (None if i is None else ours[i], None if j is None else theirs[j]) for i, j in found
        ]

    def total(self, matches: Sequence[Match]) -> float:
        """Return what an alignment costs, whatever the names."""
        return sum(
            self.distance(one, other)
            if one is not None and other is not None
            else sum(gap(self.left[place]) for place in (one,) if place is not None)
            + sum(gap(self.right[place]) for place in (other,) if place is not None)
            for one, other in matches
        )


def align(costs: LayerCosts) -> list[Match]:
    """Pair the layers of two models in order, by structure first and names second.

    Returns:
        Pairs of places; None where a layer has none that stands for it.
    """
    start, left, right = 0, len(costs.left), len(costs.right)
    while start < min(left, right) and costs.distance(start, start) < 1:
        start += 1
    same: list[Match] = [(place, place) for place in range(start)]
    return same + costs.align(range(start, left), range(start, right))


def cheapest(
    cost: Callable[[int, int], float], ours: Sequence[float], theirs: Sequence[float]
) -> list[Match]:
    """Pair two sequences in order at the least cost, by that of a pair and of each left alone."""
    best = [[0.0] * (len(theirs) + 1) for _ in range(len(ours) + 1)]
    for i in range(len(ours) - 1, -1, -1):
        best[i][len(theirs)] = best[i + 1][len(theirs)] + ours[i]
    for j in range(len(theirs) - 1, -1, -1):
        best[len(ours)][j] = best[len(ours)][j + 1] + theirs[j]
    for i in range(len(ours) - 1, -1, -1):
        for j in range(len(theirs) - 1, -1, -1):
            best[i][j] = min(
                best[i + 1][j + 1] + cost(i, j),
                best[i + 1][j] + ours[i],
                best[i][j + 1] + theirs[j],
            )
    found: list[Match] = []
    i = j = 0
    while i < len(ours) or j < len(theirs):
        if i < len(ours) and j < len(theirs) and best[i][j] == best[i + 1][j + 1] + cost(i, j):
            found.append((i, j))
            i, j = i + 1, j + 1
        elif i < len(ours) and best[i][j] == best[i + 1][j] + ours[i]:
            found.append((i, None))
            i += 1
        else:
            found.append((None, j))
            j += 1
    return found


def _numbered(layers: Sequence[TracedLayer]) -> list[int]:
    """Return equal numbers to layers that are equal but for their names."""
    known: dict[str, int] = {}
    return [
        known.setdefault(
            repr((layer.kind, dict(layer.settings), layer.input, layer.output)), len(known)
        )
        for layer in layers
    ]


def gap(layer: TracedLayer) -> float:
    """Return what it costs that a layer has no partner."""
    return 10 if layer.kind in _HEAVY or family(layer) == "pool" else 3


def distance(left: TracedLayer, right: TracedLayer) -> float:
    """Return how far a layer is from another: 0 if they are the same."""
    if not is_alike(left, right):
        return FAR
    found, remarks = changes(left, right)
    cost: float = sum(_WEIGHTS.get(change.what, 3) for change in found)
    if gap(left) < _WEIGHTS["type"] and any(change.what == "type" for change in found):
        cost += gap(left) - _WEIGHTS["type"]  # a norm or an activation for another
    cost += 2 * (not is_as_wide(left, right))
    cost += 2 - sum(is_as_large(left, right))
    return cost + 0.5 * bool(remarks) + (len(left.sources) != len(right.sources))


_MOST = 2000
"""Of more layers than these gaps stay where they are: each way to move one is tried out."""
FARTHEST = 64


def settled(
    left: Sequence[TracedLayer], right: Sequence[TracedLayer], matches: list[Match]
) -> list[Match]:
    """Move each run of layers without a partner along equal ones to its best place.

    An alignment costs the same wherever among equal layers the gap is. It stands where the least
    layers read others than before, then where names agree, then where whole modules begin and end.
    """
    if len(matches) > _MOST:
        return matches
    number = 0
    while number < len(gaps := [*_gaps(matches)]):
        ways = [(matches, gaps[number][0]), *_ways(left, right, matches, *gaps[number])]
        if len(ways) > 1:
            # Among equals the last: what is there twice came after what was there.
            matches = min(ways, key=lambda way: (_score(left, right, way[0]), -way[1]))[0]
        number += 1
    return matches


def _ways(
    left: Sequence[TracedLayer],
    right: Sequence[TracedLayer],
    matches: list[Match],
    start: int,
    end: int,
    side: int,
) -> Iterator[tuple[list[Match], int]]:
    """Return the alignments with a run elsewhere, and where it begins in each."""
    for step in (-1, 1):
        found = matches
        for far in range(FARTHEST):
            at = step * far
            moved = _moved(left, right, found, start + at, end + at, side, step)
            if moved is None:
                break
            found = moved
            yield found, start + at + step


def _gaps(matches: Sequence[Match]) -> Iterator[tuple[int, int, int]]:
    """Return the runs of layers without a partner: first, one past the last, whose they are."""
    at = 0
    for side, run in groupby(matches, key=_side):
        length = sum(1 for _ in run)
        if side is not None:
            yield at, at + length, side
        at += length


def _side(match: Match) -> int | None:
    """Return 0 where the left layer stands alone, 1 where the right one does, None for a pair."""
    return 0 if match[1] is None else 1 if match[0] is None else None


def _moved(
    left: Sequence[TracedLayer],
    right: Sequence[TracedLayer],
    matches: list[Match],
    start: int,
    end: int,
    side: int,
    step: int,
) -> list[Match] | None:
    """Move a run by one layer, None where the layers beside it are not alike."""
    near, far = (start - 1, end - 1) if step < 0 else (end, start)
    if not 0 <= near < len(matches) or None in matches[near]:
        return None
    one, other = matches[near]
    own = matches[far][side]
    assert one is not None
    assert other is not None
    assert own is not None
    pair = (own, other) if side == 0 else (one, own)
    if distance(left[pair[0]], right[pair[1]]) > distance(left[one], right[other]):
        return None
    alone: Match = (one, None) if side == 0 else (None, other)
    run = matches[start:end]
    if step < 0:
        return [*matches[:near], alone, *run[:-1], pair, *matches[end:]]
    return [*matches[:start], pair, *run[1:], alone, *matches[near + 1 :]]


def _score(
    left: Sequence[TracedLayer], right: Sequence[TracedLayer], matches: Sequence[Match]
) -> tuple[int, int, int, int]:
    pairs = [(one, other) for one, other in matches if one is not None and other is not None]
    partner = dict(pairs)
    ours = ModelSide(left, partner)
    theirs = ModelSide(right, {other: one for one, other in pairs})
    torn = [0, 0]
    for start, end, side in _gaps(matches):
        layers = left if side == 0 else right
        first, last = matches[start][side], matches[end - 1][side]
        assert first is not None
        assert last is not None
        ends = _shared(layers, first), _shared(layers, last + 1)
        torn = [torn[0] + max(ends), torn[1] + (min(ends) if side == 0 else 0)]
    return (
        sum(len(rewired(ours, theirs, *pair)) for pair in pairs),
        sum(left[one].path != right[other].path for one, other in pairs),
        torn[0],
        torn[1],
    )


def _shared(layers: Sequence[TracedLayer], at: int) -> int:
    """Return how many modules hold both a layer and the one before; 0 at the beginning and end."""
    if not 0 < at < len(layers):
        return 0
    paths = [layers[place].path.split(".") for place in (at - 1, at)]
    return next(
        (depth for depth, pair in enumerate(zip(*paths, strict=False)) if pair[0] != pair[1]),
        min(map(len, paths)),
    )
