"""Two networks of blocks aligned: blocks first, then the layers within them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from archcount.difference.alignment import (
    FAR,
    LayerCosts,
    Match,
    align,
    cheapest,
    gap,
    settled,
)
from archcount.difference.blocks import RepeatedBlock, blocks_of
from archcount.difference.connectivity import ModelSide, rewired
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
        left: the blocks of the left side; none where they do not stand for those of the right.
        right: likewise.
    """

    matches: list[Match]
    left: tuple[RepeatedBlock, ...] = ()
    right: tuple[RepeatedBlock, ...] = ()

    def by_layer(
        self,
    ) -> tuple[dict[int, RepeatedBlock], dict[int, RepeatedBlock], dict[int, RepeatedBlock]]:
        """Return the block of each layer of the left side, of the right, and what that stands for.

        The third is by the places of the right side, too: the block of the left side.
        """
        partners = _partners(self.left, self.right, self.matches)
        over = {
            place: self.left[one] for one, other in partners for place in self.right[other].places
        }
        ours, theirs = (
            {place: block for block in side for place in block.places}
            for side in (self.left, self.right)
        )
        return ours, theirs, over

    def without_mixed(self) -> Alignment:
        """Return it without the blocks of which a layer with weights stands for one of no block."""
        if not self.left or not self.right:
            return self
        mixed = _mixed(self)
        numbers = [
            {number for number, block in enumerate(side) if places & {*block.weighted}}
            for side, places in zip((self.left, self.right), mixed, strict=True)
        ]
        for pair in _partners(self.left, self.right, self.matches):
            if any(number in found for number, found in zip(pair, numbers, strict=True)):
                for number, found in zip(pair, numbers, strict=True):
                    found.add(number)
        left, right = (
            tuple(block for number, block in enumerate(side) if number not in found)
            for side, found in zip((self.left, self.right), numbers, strict=True)
        )
        return Alignment(self.matches, left, right)


def align_networks(left: Sequence[TracedLayer], right: Sequence[TracedLayer]) -> Alignment:
    """Align two networks layer by layer, or by blocks where that leaves less to say.

    The layers of a block should stand for those of one block; then as few layers as possible should
    be without a partner or read others.
    """
    costs = LayerCosts(left, right)
    plain = settled(left, right, align(costs))
    every = [(blocks_of(left, by_name=way), blocks_of(right, by_name=way)) for way in (True, False)]
    # Blocks of one side alone are told apart by its names.
    found = [blocks for blocks in every if all(blocks)] or every[:1]
    ways = [plain]
    if any(None in match for match in plain):
        ways += [
            settled(left, right, align_blocks(costs, *blocks)) for blocks in found if all(blocks)
        ]

    def fitting(matches: list[Match]) -> Alignment | None:
        told = (Alignment(matches, *blocks) for blocks in found)
        return next((way for way in told if not is_torn(way)), None)

    def rank(way: list[Match]) -> tuple[bool, int, bool]:
        is_mixed = any(_mixed(Alignment(way, *found[0])))
        return fitting(way) is None, _said(left, right, way), is_mixed

    best = min(ways, key=rank)
    return (fitting(best) or Alignment(best)).without_mixed()


def _said(
    left: Sequence[TracedLayer], right: Sequence[TracedLayer], matches: Sequence[Match]
) -> int:
    """Return how many layers are without a partner or read others."""
    partner = {one: other for one, other in matches if one is not None and other is not None}
    ours = ModelSide(left, partner)
    theirs = ModelSide(right, {other: one for one, other in partner.items()})
    moved = sum(bool(rewired(ours, theirs, *pair)) for pair in partner.items())
    return moved + sum(None in match for match in matches)


def is_torn(alignment: Alignment) -> bool:
    """Return whether the layers with weights of some block stand for those of several blocks."""
    pairs = _partners(alignment.left, alignment.right, alignment.matches)
    return any(len({pair[side] for pair in pairs}) < len(pairs) for side in (0, 1))


def _mixed(alignment: Alignment) -> tuple[set[int], set[int]]:
    """Return the layers with weights of blocks that stand for one of no block, on both sides."""
    ours, theirs = (
        {place for block in side for place in block.weighted}
        for side in (alignment.left, alignment.right)
    )
    pairs = [(i, j) for i, j in alignment.matches if i is not None and j is not None]
    return (
        {one for one, other in pairs if one in ours and other not in theirs},
        {other for one, other in pairs if other in theirs and one not in ours},
    )


def _partners(
    left: Sequence[RepeatedBlock], right: Sequence[RepeatedBlock], matches: Sequence[Match]
) -> set[tuple[int, int]]:
    """Return the numbers of the blocks whose layers with weights stand for each other."""
    ours = {place: number for number, block in enumerate(left) for place in block.weighted}
    theirs = {place: number for number, block in enumerate(right) for place in block.weighted}
    return {(ours[one], theirs[other]) for one, other in matches if one in ours and other in theirs}


def align_blocks(
    costs: LayerCosts, ours: Sequence[RepeatedBlock], theirs: Sequence[RepeatedBlock]
) -> list[Match]:
    """Pair blocks by what they hold, their order and the sizes that they give; then their layers.

    What stands between two pairs on both sides is aligned layer by layer.
    """
    one, other = _segments(costs.left, ours), _segments(costs.right, theirs)
    known: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    numbers = [
        [tuple(side[place] for place in segment.places) for segment in segments]
        for side, segments in zip(costs.numbers, (one, other), strict=True)
    ]

    def cost(i: int, j: int) -> float:
        if one[i].is_block != other[j].is_block:
            return FAR
        key = numbers[0][i], numbers[1][j]
        if key not in known:
            known[key] = costs.total(costs.align(one[i].places, other[j].places))
        moved = one[i].is_first != other[j].is_first, one[i].grid != other[j].grid
        apart = _STAGE * sum(moved) if one[i].is_block else 0
        heads = costs.left[one[i].places[0]].path, costs.right[other[j].places[0]].path
        return known[key] + apart + (heads[0] != heads[1]) / 1000

    gaps = [
        [sum(gap(side[place]) for place in segment.places) for segment in segments]
        for side, segments in ((costs.left, one), (costs.right, other))
    ]
    found: list[Match] = []
    for is_pair, run in groupby(cheapest(cost, *gaps), key=lambda match: None not in match):
        # Each pair by itself; what stands between two of them together.
        for part in ([match] for match in run) if is_pair else [[*run]]:
            found += costs.align(
                [place for i, _ in part if i is not None for place in one[i].places],
                [place for _, j in part if j is not None for place in other[j].places],
            )
    return found


def _segments(layers: Sequence[TracedLayer], blocks: Sequence[RepeatedBlock]) -> list[_Segment]:
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
