"""The comparison of two models, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from types import MappingProxyType

from archcount.difference.block_alignment import Alignment, align_networks
from archcount.difference.blocks import RepeatedBlock
from archcount.difference.connectivity import (
    ModelSide,
    more_results,
    reresulted,
    reweighted,
    rewired,
)
from archcount.difference.model_difference import (
    ComparedModel,
    LayerPair,
    ModelDifference,
    RowDifference,
    SettingChange,
    Verdict,
    row_of,
)
from archcount.difference.packed_linears import repacked
from archcount.difference.row_map import align_mapped, mapped_layers
from archcount.difference.setting_changes import changes, is_as_large, is_as_wide
from archcount.tracing.traced_layer import INPUT, LayerInput, TracedLayer

_NONE: Mapping[str, str] = MappingProxyType({})


def compare(
    left: ComparedModel,
    right: ComparedModel,
    *,
    inputs: str = "",
    remarks: tuple[str, ...] = (),
    modules: Mapping[str, str] = _NONE,
) -> ModelDifference:
    """Return whether each layer of two models is the same; modules of the left name the rows.

    Args:
        left: the one side.
        right: the other.
        inputs: what both were given, as text.
        remarks: what the reader should know of how they were run.
        modules: by row the modules of the right side that stand for it, as `mapped_layers` takes
            them; the layers of other rows are found.

    Raises:
        UsageError: there is no such row or module.
    """
    left, right = repacked(left, right)
    mapped = mapped_layers(left.layers, right.layers, modules)
    if mapped:
        alignment = Alignment(align_mapped(left.layers, right.layers, mapped))
    else:
        alignment = align_networks(left.layers, right.layers)
    partner = {
        one: other for one, other in alignment.matches if one is not None and other is not None
    }
    ours = ModelSide(left.layers, partner)
    theirs = ModelSide(right.layers, {other: one for one, other in partner.items()})
    rows = [
        RowDifference(name=name, pairs=tuple(found))
        for name, found in groupby(
            _pairs(ours, theirs, alignment), key=lambda pair: row_of(pair.place)
        )
    ]
    results = reresulted(ours, theirs, left.results, right.results)
    more = more_results(ours, theirs, left.results, right.results) if results else 0
    if more:
        name = (right if more > 0 else left).name
        results = None
        remarks += (f"{name} gives {abs(more)} more of what both compute as results",)
    return ModelDifference(
        left=left,
        right=right,
        inputs=inputs,
        rows=tuple(_gathered(rows)),
        results=results,
        remarks=remarks,
        has_blocks=bool(alignment.left and alignment.right),
        mapped=mapped,
    )


def _gathered(rows: Sequence[RowDifference]) -> Iterator[RowDifference]:
    """Put together what stands in one row, wherever the order of reading tore it apart."""
    for name in dict.fromkeys(row.name for row in rows):
        yield RowDifference(
            name=name, pairs=tuple(pair for row in rows if row.name == name for pair in row.pairs)
        )


def _pairs(left: ModelSide, right: ModelSide, alignment: Alignment) -> Iterator[LayerPair]:
    told: dict[int, Verdict] = {}
    ours, theirs, over = alignment.by_layer()
    last = left.layers[0].path if left.layers else ""
    for one, other in alignment.matches:
        block = ours.get(-1 if one is None else one)
        if block is None and other is not None:
            block = over.get(other) or theirs.get(other)
        name = block.name if block else ""
        if one is None:
            assert other is not None
            pair = _extra(left, right, other, over.get(other))
            is_whole = name and other not in over
            yield replace(pair, block=name, place=last if is_whole else pair.place)
        elif other is None:
            layer = left.layers[one]
            yield LayerPair(verdict="missing", left=layer, right=None, place=layer.path, block=name)
        else:
            pair = replace(_pair(left, right, one, other), block=name)
            if pair.verdict == "follows" and _is_alone(left.layers[one], right.layers[other], told):
                change = _resized(left.layers[one], right.layers[other])
                pair = replace(pair, verdict="changed", changes=(change,))
            told[one] = pair.verdict
            last = pair.place
            yield pair


def _extra(left: ModelSide, right: ModelSide, other: int, block: RepeatedBlock | None) -> LayerPair:
    """Return a layer that the left side lacks: behind what it reads, or in the block that it is of.

    Args:
        left: the left side.
        right: the right side.
        other: the number of the layer.
        block: the block of the left side that the layer's own stands for.
    """
    near = right.over(right.matched(LayerInput(other)))
    at = 0 if near is None or near.layer == INPUT else near.layer
    if block and at not in block.places:
        at = block.places[0]
    return LayerPair(
        verdict="extra",
        left=None,
        right=right.layers[other],
        place=left.layers[at].path if left.layers else "",
    )


def _pair(left: ModelSide, right: ModelSide, one: int, other: int) -> LayerPair:
    ours, theirs = left.layers[one], right.layers[other]
    found, remarks = changes(ours, theirs)
    found += rewired(left, right, one, other)
    found += reweighted(left, right, one, other)
    same = is_as_large(ours, theirs) == (True, True) and is_as_wide(ours, theirs)
    same = same and ours.settings.get("sizes") == theirs.settings.get("sizes")
    return LayerPair(
        verdict="changed" if found else "same" if same else "follows",
        left=ours,
        right=theirs,
        place=ours.path,
        changes=found,
        remarks=remarks,
    )


def _is_alone(left: TracedLayer, right: TracedLayer, told: Mapping[int, Verdict]) -> bool:
    """Return whether all that a layer reads is the same, so that it follows no other change."""
    if not is_as_large(left, right)[0]:
        return False
    return len(left.sources) == len(right.sources) and all(
        source.layer == INPUT or told.get(source.layer) == "same" for source in left.sources
    )


def _resized(left: TracedLayer, right: TracedLayer) -> SettingChange:
    """Return the change of size, where nothing else changed."""
    one, other = (layer.settings.get("in") for layer in (left, right))
    if one != other:
        return SettingChange("in", str(one), str(other))
    return SettingChange("sizes", _sizes(left), _sizes(right))


def _sizes(layer: TracedLayer) -> str:
    ways = [*layer.settings.get("sizes", ()), layer.output]
    return ", ".join("x".join(map(str, shape)) for shape in ways)
