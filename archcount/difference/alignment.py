"""Two sequences of layers aligned: the cheapest way to make one of the other."""

from __future__ import annotations

from collections.abc import Sequence

from archcount.difference.setting_changes import changes, family, is_alike
from archcount.tracing.traced_layer import TracedLayer

_WEIGHTS = {"type": 5, "kernel": 4, "stride": 4, "groups": 4, "dilation": 4, "out": 5, "bias": 2}
_HEAVY = ("conv", "transposed conv", "linear", "matmul", "embedding", "lrn")
_FAR = 10**9

Match = tuple[int | None, int | None]


def align(left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> list[Match]:
    """Pair the layers of two sequences in order, by structure first and names second.

    Returns:
        Pairs of places; None where a layer has none that stands for it.
    """
    start = 0
    while start < min(len(left), len(right)) and distance(left[start], right[start]) < 1:
        start += 1
    rest = _aligned(left[start:], right[start:])
    return [
        *((place, place) for place in range(start)),
        *(
            (None if one is None else one + start, None if other is None else other + start)
            for one, other in rest
        ),
    ]


def _aligned(left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> list[Match]:
    known: dict[tuple[int, int], float] = {}
    ours, theirs = _numbered(left), _numbered(right)

    def cost(i: int, j: int) -> float:
        key = (ours[i], theirs[j])
        if key not in known:
            known[key] = distance(left[i], right[j])
        # Names come second: among equal ways, the one that keeps them.
        return known[key] + (left[i].path != right[j].path) / 1000

    gaps = [_gap(layer) for layer in left], [_gap(layer) for layer in right]
    best = [[0.0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        best[i][len(right)] = best[i + 1][len(right)] + gaps[0][i]
    for j in range(len(right) - 1, -1, -1):
        best[len(left)][j] = best[len(left)][j + 1] + gaps[1][j]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            best[i][j] = min(
                best[i + 1][j + 1] + cost(i, j),
                best[i + 1][j] + gaps[0][i],
                best[i][j + 1] + gaps[1][j],
            )
    found: list[Match] = []
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and best[i][j] == best[i + 1][j + 1] + cost(i, j):
            found.append((i, j))
            i, j = i + 1, j + 1
        elif i < len(left) and best[i][j] == best[i + 1][j] + gaps[0][i]:
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


def _gap(layer: TracedLayer) -> float:
    return 10 if layer.kind in _HEAVY or family(layer) == "pool" else 3


def distance(left: TracedLayer, right: TracedLayer) -> float:
    """Return how far a layer is from another: 0 if they are the same."""
    if not is_alike(left, right):
        return _FAR
    found, remarks = changes(left, right)
    cost: float = sum(_WEIGHTS.get(change.what, 3) for change in found)
    cost += 2 * (left.settings.get("in") != right.settings.get("in"))
    cost += left.input != right.input
    cost += left.output != right.output
    return cost + 0.5 * bool(remarks) + (len(left.sources) != len(right.sources))
