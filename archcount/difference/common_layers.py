"""What two networks have in common, and whether one is another network altogether."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from statistics import median

from archcount.difference.model_difference import DIFFERENT, LayerPair, ModelDifference
from archcount.tracing.traced_layer import INPUT, TracedLayer, is_join, is_weighted


@dataclass(frozen=True, kw_only=True, slots=True)
class CommonLayers:
    """What each of two networks has that the other has, too.

    Attributes:
        weighted: how many layers with weights each side has.
        same: how many of them have a counterpart of the same kernel and widths, however often.
        joins: sums, products and concatenations that stand for one another.
        rejoined: of these, how many join other layers.
        sized: the share of both sides' layers with weights and joins that the other has.
        ordered: the share that the other has behind the same ones, whatever the widths.
        scaled: the share of pairs with weights that are wider or narrower by much the same factor.
        differing: how many layers changed, came or went.
    """

    weighted: tuple[int, int]
    same: tuple[int, int]
    joins: int
    rejoined: int
    sized: float
    ordered: float
    scaled: float
    differing: int

    @property
    def is_rejoined(self) -> bool:
        """Whether most joins join other layers."""
        return 2 * self.rejoined > self.joins and self.rejoined >= FEW

    @property
    def is_alike(self) -> bool:
        """Whether they have most layers in common, or one is a wider or narrower version."""
        pairs = zip(self.same, self.weighted, strict=True)
        is_shared = all(same >= EITHER * of for same, of in pairs)
        is_scaled = self.ordered >= ORDERED and self.scaled >= SCALED
        return (self.sized >= SIZED and is_shared) or is_scaled

    @property
    def told_of_joins(self) -> str:
        """How many joins join other layers, empty where these are few."""
        if not self.is_rejoined:
            return ""
        whole = f"{self.joins} sums, products and concatenations"
        return f", but {self.rejoined} of the {whole} join other layers"


def common_layers(found: ModelDifference) -> CommonLayers:
    """Return what the two sides of a comparison have in common.

    How often a layer is repeated does not matter: a deeper network has all layers of the other.
    """
    left, right = found.left.layers, found.right.layers
    ours, theirs = (
        [_sizes(layer) for layer in side if is_weighted(layer)] for side in (left, right)
    )
    pairs = [pair for row in found.rows for pair in row.pairs]
    joined = [pair for pair in pairs if pair.left and pair.right and is_join(pair.left)]
    return CommonLayers(
        weighted=(len(ours), len(theirs)),
        same=(_counterparts(ours, theirs), _counterparts(theirs, ours)),
        joins=len(joined),
        rejoined=sum(
            any(change.what in ("reads", "branches") for change in pair.changes) for pair in joined
        ),
        sized=_shared([*_sized(left)], [*_sized(right)]),
        ordered=_shared([*_ordered(left)], [*_ordered(right)]),
        scaled=_scaled(pairs),
        differing=sum(pair.verdict in DIFFERENT for pair in pairs),
    )


FEW = 10
"""A listing of fewer layers is of use, whatever the networks are."""
SIZED = 0.5
"""A network of the same family has most layers and joins even where its blocks are others, as
ResNet-50 for ResNet-18 (0.64). Families share some, as most widths are powers of two: VGG-16 and
ResNet-50 (0.40)."""
EITHER = 0.2
"""Of each side's layers with weights: of Swin-T's, ViT-B has those of the last stage, 0.17."""
ORDERED = 0.9
"""A wider or narrower network need not have a width in common, but has the same layers in order."""
SCALED = 0.75
"""Layers of ResNet-50 at half its widths are all narrower by 2; of Swin-T for ViT-B by 1 to 8."""


def is_another_network(found: ModelDifference) -> bool:
    """Return whether two networks have so little in common that a listing is of no use.

    They have little in common where most layers with weights and joins of both have no counterpart
    of the same kernel and widths, and they are no wider or narrower version of each other; or where
    most joins join other layers, as of a transformer that normalises before its sums, and one that
    does so behind them.
    """
    common = common_layers(found)
    return common.differing >= FEW and (common.is_rejoined or not common.is_alike)


def another_network(found: ModelDifference) -> str:
    """Say in one sentence that two networks are different ones, and how much they share."""
    common = common_layers(found)
    left, right = found.left.name, found.right.name
    return (
        f"{left} and {right} are different networks: {common.same[0]} of the {common.weighted[0]} "
        f"layers with weights of {left}, and {common.same[1]} of the {common.weighted[1]} of "
        f"{right}, have a counterpart of the same kernel and widths{common.told_of_joins}"
    )


def _kernel(layer: TracedLayer) -> tuple[Hashable, ...]:
    """Return what a layer with weights does, whatever the widths; groups follow from the widths."""
    kernel, groups = layer.settings.get("kernel"), layer.settings.get("groups", 1)
    if layer.kind == "conv" and groups == 1 and prod(layer.settings["kernel"]) == 1:
        return "linear", None, False  # as which some code writes it
    return layer.kind, kernel, groups == "depthwise"


def _sizes(layer: TracedLayer) -> Hashable:
    settings = layer.settings
    width = layer.output[-1] if "entries" in settings else None
    given = (settings.get(name) for name in ("in", "out", "entries"))
    return (*_kernel(layer), settings.get("groups", 1), *given, width)


def _scaled(pairs: Sequence[LayerPair]) -> float:
    """Return the share of layers with weights whose width changed by much the same factor."""
    factors: list[float] = [
        pair.right.settings["out"] / pair.left.settings["out"]
        for pair in pairs
        if pair.left
        and pair.right
        and "out" in pair.left.settings.keys() & pair.right.settings.keys()
    ]
    if not factors:
        return 1.0
    middle = median(factors)
    alike = [factor for factor in factors if middle / 1.5 <= factor <= 1.5 * middle]
    return len(alike) / len(factors)


def _sized(layers: Sequence[TracedLayer]) -> Iterator[Hashable]:
    for layer in layers:
        if is_weighted(layer):
            yield _sizes(layer)
        elif is_join(layer):
            yield layer.kind


def _ordered(layers: Sequence[TracedLayer]) -> Iterator[Hashable]:
    before: list[Hashable] = []
    for layer in layers:
        source = layer.sources[0].layer if layer.sources else INPUT
        near = None if source == INPUT else before[source]
        own: Hashable = None
        if is_weighted(layer):
            own = _kernel(layer)
        elif is_join(layer):
            own = layer.kind
        before.append(near if own is None else own)
        if own is not None:
            yield own, near


def _counterparts(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    known = {*right}
    return sum(key in known for key in left)


def _shared(left: Sequence[Hashable], right: Sequence[Hashable]) -> float:
    """Return the mean of the shares of each side that the other has, too; 1 of two empty ones."""
    if not left and not right:
        return 1.0
    sides = ((left, right), (right, left))
    return sum(_counterparts(*side) / max(len(side[0]), 1) for side in sides) / 2
