"""What differs between two models by whole blocks: more, fewer, of another type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from archcount.difference.block_types import BlockType, block_type
from archcount.difference.model_difference import LayerPair, ModelDifference
from archcount.tracing.traced_layer import INPUT, TracedLayer, is_join, is_weighted

MORE, FEWER, OTHER = "more blocks", "fewer blocks", "other blocks"


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockChange:
    """A block that the other side lacks, or has of another type.

    Attributes:
        what: `more blocks`, `fewer blocks` or `other blocks`.
        row: the row of the left side.
        left: what the block is there, None of one more.
        right: likewise of the right side.
        pairs: its layers.
    """

    what: str
    row: str
    left: BlockType | None
    right: BlockType | None
    pairs: tuple[LayerPair, ...]

    @property
    def has_all_of_left(self) -> bool:
        """Whether the right block has the left one's layers with weights, and more."""
        mine = [pair for pair in self.pairs if pair.left and is_weighted(pair.left)]
        return self.what == OTHER and all(
            pair.right and not any(change.what in ("kernel", "out") for change in pair.changes)
            for pair in mine
        )


def blocks_in(found: ModelDifference) -> Iterator[tuple[str, str, tuple[LayerPair, ...]]]:
    """Return each block, the row that it begins in, and its layers."""
    rows: dict[str, str] = {}
    pairs: dict[str, list[LayerPair]] = {}
    for row in found.rows:
        for pair in row.pairs:
            if pair.block:
                rows.setdefault(pair.block, row.name)
                pairs.setdefault(pair.block, []).append(pair)
    for name, layers in pairs.items():
        yield name, rows[name], tuple(layers)


def block_changes(found: ModelDifference) -> tuple[BlockChange, ...]:
    """Return the blocks that came or went, and those of another type where every one of a row is.

    A block is of another type where it has more or fewer layers with weights, which are not told
    by themselves then. Of one block alone, its layers tell more.
    """
    layers = found.left.layers, found.right.layers
    sides = [{id(layer): place for place, layer in enumerate(side)} for side in layers]
    told = []
    kept: set[str] = set()  # rows with a block of the same type
    for _, row, pairs in blocks_in(found):
        left = _type(layers[0], [pair.left for pair in pairs if pair.left], sides[0])
        right = _type(layers[1], [pair.right for pair in pairs if pair.right], sides[1])
        what = OTHER if left and right else FEWER if left else MORE
        if left and right and not (found.has_blocks and _is_other(left, right)):
            kept.add(row)
        else:
            told.append(BlockChange(what=what, row=row, left=left, right=right, pairs=pairs))
    others = [change for change in told if change.what == OTHER and change.row not in kept]
    told = [_with_joins(found, change) for change in told if change.what != OTHER]
    return (*(others if len(others) > 1 else ()), *told)


def _with_joins(found: ModelDifference, change: BlockChange) -> BlockChange:
    """Count a join with a block that came or went, which closes it but is none of its modules'."""
    side = (found.right if change.what == MORE else found.left).layers
    own = {id(pair.right if change.what == MORE else pair.left) for pair in change.pairs}
    joins = [
        pair
        for row in found.rows
        for pair in row.pairs
        if not pair.block and (pair.left is None or pair.right is None)
        for layer in [pair.right if change.what == MORE else pair.left]
        if layer is not None and is_join(layer)
        if any(each.layer != INPUT and id(side[each.layer]) in own for each in layer.sources)
    ]
    return replace(change, pairs=(*change.pairs, *joins))


def _type(
    layers: Sequence[TracedLayer], own: Sequence[TracedLayer], places: Mapping[int, int]
) -> BlockType | None:
    return block_type(layers, {places[id(layer)] for layer in own}) if own else None


def _is_other(left: BlockType, right: BlockType) -> bool:
    """Return whether blocks of convolutions have more or fewer layers with weights."""
    has_conv = all(any("conv" in layer for layer in side.layers) for side in (left, right))
    number = len(left.layers), len(right.layers)
    return has_conv and number[0] != number[1] and max(number) <= _MOST


_MOST = 8
"""Of longer blocks, such as dense ones of many layers, the layers that came or went tell more."""
