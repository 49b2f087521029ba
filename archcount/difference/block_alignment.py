"""Two networks of blocks aligned: blocks first, then the layers within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from archcount.difference.alignment import (
    FAR,
    Match,
    align,
    aligned,
    cheapest,
    distance,
    gap,
    settled,
)
from archcount.difference.blocks import Block, blocks_of
from archcount.tracing.traced_layer import TracedLayer

_STAGE = 100
"""More than the layers of two blocks differ by: a stage's first block stands for a first one."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A block, or a layer that stands in none.

    Attributes:
        places: the numbers of its layers.
        is_block: whether it is a block.
        is_first: whether it begins a stage, as no block before it gives what it gives.
        grid: the places of the map that it gives, without its channels.
    """

    places: tuple[int, ...]
    is_block: bool
    is_first: bool
    grid: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Alignment:
    """Which layers and blocks stand for each other.

    Attributes:
        matches: pairs of places, in order; None where a layer has none that stands for it.
        left: the blocks of the left side; none where they do not stand for those of the other.
        right: likewise.
    """

    matches: list[Match]
    left: tuple[Block, ...] = ()
    right: tuple[Block, ...] = ()

    def by_layer(self) -> tuple[dict[int, Block], dict[int, Block], dict[int, Block]]:
        """Return the block of each layer of the left side, of the right, and what that stands for.

        The third is by the places of the right side, too: the block of the left side.
        """
        ours = {place: block for block in self.left for place in block.places}
        theirs = {place: block for block in self.right for place in block.places}
        partner = {
            theirs[other].name: ours[one]
            for one, other in self.matches
            if one in ours and other in theirs
        }
        over = {
            place: partner[block.name] for place, block in theirs.items() if block.name in partner
        }
        return ours, theirs, over


def align_networks(left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> Alignment:
    """Align two networks layer by layer, or by blocks where that would tear them.

    The layers of one block stand for those of one other, if no more layers are without a partner.
    """
    matches = settled(left, right, align(left, right))
    for by_name in (True, False):
        ours, theirs = blocks_of(left, by_name=by_name), blocks_of(right, by_name=by_name)
        if not ours or not theirs:
            continue
        if not is_torn(ours, theirs, matches):
            return Alignment(matches, ours, theirs)
        others = align_blocks(left, right, ours, theirs)
        if _alone(others) <= _alone(matches) and not is_torn(ours, theirs, others):
            return Alignment(settled(left, right, others), ours, theirs)
    return Alignment(matches)


def _alone(matches: Sequence[Match]) -> int:
    return sum(None in match for match in matches)


def is_torn(left: Sequence[Block], right: Sequence[Block], matches: Sequence[Match]) -> bool:
    """Return whether the layers of some block stand for layers of several blocks."""
    ours = {place: number for number, block in enumerate(left) for place in block.places}
    theirs = {place: number for number, block in enumerate(right) for place in block.places}
    pairs = {
        (ours[one], theirs[other]) for one, other in matches if one in ours and other in theirs
    }
    return any(len({pair[side] for pair in pairs}) < len(pairs) for side in (0, 1))


def align_blocks(
    left: Sequence[TracedLayer],
    right: Sequence[TracedLayer],
    ours: Sequence[Block],
    theirs: Sequence[Block],
) -> list[Match]:
    """Pair blocks by what they hold, their order and the sizes that they give; then their layers.

    What stands between two pairs on both sides is aligned layer by layer.
    """
    one, other = _segments(left, ours), _segments(right, theirs)
    known: dict[tuple[str, str], float] = {}

    def layers(side: Sequence[TracedLayer], segment: _Segment) -> list[TracedLayer]:
        return [side[place] for place in segment.places]

    words = [
        ["\n".join(_word(layer) for layer in layers(side, segment)) for segment in segments]
        for side, segments in ((left, one), (right, other))
    ]

    def cost(i: int, j: int) -> float:
        if one[i].is_block != other[j].is_block:
            return FAR
        key = (words[0][i], words[1][j])
        if key not in known:
            known[key] = _cost(layers(left, one[i]), layers(right, other[j]))
        moved = one[i].is_first != other[j].is_first, one[i].grid != other[j].grid
        apart = _STAGE * sum(moved) if one[i].is_block else 0
        return known[key] + apart + _renamed(left, right, one[i], other[j]) / 1000

    gaps = [
        [sum(gap(layer) for layer in layers(side, segment)) for segment in segments]
        for side, segments in ((left, one), (right, other))
    ]
    found: list[Match] = []
    for is_pair, run in groupby(cheapest(cost, *gaps), key=lambda match: None not in match):
        if is_pair:
            for i, j in run:
                assert i is not None
                assert j is not None
                found += _inner(left, right, one[i].places, other[j].places)
        else:
            alone = [*run]
            found += _inner(
                left,
                right,
                [place for i, _ in alone if i is not None for place in one[i].places],
                [place for _, j in alone if j is not None for place in other[j].places],
            )
    return found


def _inner(
    left: Sequence[TracedLayer],
    right: Sequence[TracedLayer],
    ours: Sequence[int],
    theirs: Sequence[int],
) -> list[Match]:
    found = aligned([left[place] for place in ours], [right[place] for place in theirs])
    return [
        (None if one is None else ours[one], None if other is None else theirs[other])
        for one, other in found
    ]


def _cost(left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> float:
    """Return how far two runs of layers are from each other."""
    return sum(
        gap(right[other])
        if one is None and other is not None
        else gap(left[one])
        if other is None and one is not None
        else distance(left[one or 0], right[other or 0])
        for one, other in aligned(left, right)
    )


def _word(layer: TracedLayer) -> str:
    return repr((layer.kind, dict(layer.settings), layer.input, layer.output))


def _renamed(
    left: Sequence[TracedLayer], right: Sequence[TracedLayer], one: _Segment, other: _Segment
) -> bool:
    """Return whether segments begin in modules of other names."""
    return left[one.places[0]].path != right[other.places[0]].path


def _segments(layers: Sequence[TracedLayer], blocks: Sequence[Block]) -> list[_Segment]:
    """Return the blocks and what stands between them; of a block that is torn, its runs."""
    inside = {place: number for number, block in enumerate(blocks) for place in block.places}
    found: list[_Segment] = []
    before: tuple[int, ...] | None = None
    for number, run in groupby(range(len(layers)), key=lambda place: inside.get(place, -1)):
        places = tuple(run)
        if number < 0:
            found += (_Segment((place,), False, False, ()) for place in places)
            before = None
            continue
        output = layers[places[-1]].output
        has_conv = any("places" in layers[place].settings for place in places)
        grid = output[2:] if has_conv else output[1:-1]
        found.append(_Segment(places, True, before != output, grid))
        before = output
    return found
