"""Scores of attention: their scale and their mask, wherever the code has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from archcount.operators.operation import Operation, TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step, factor
from archcount.tracing.soft_caps import KIND as CAP
from archcount.tracing.traced_layer import LayerInput, TracedLayer

NOTHING = "nothing"
"""The kind of a mask that hides nothing: it gives what it reads."""
_HIDDEN = -99
"""What is added to a score that is hidden is less: some code adds -100 or -1e4, not infinity."""


def scores(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """Make a factor of what is multiplied, or of the product, the product's own; see masks."""
    if node.kind == "matmul":
        return _product(node, step, steps)
    if node.kind == "add weights" and len(node.sources) == 2:
        return _with_masked_weights(node, step, steps)
    source = node.sources[0] if len(node.sources) == 1 else None
    before = None if source is None else steps.node(source)
    if source is None or before is None:
        return node
    if before.kind == "matmul" and "scale" in before.settings:
        by = factor(step, steps)
        if by is not None and steps.step(source) is not None:
            scale = before.settings["scale"] * by
            return replace(before, settings={**before.settings, "scale": scale})
    if before.kind == "mask" and node.kind == "add weights" and node.weights:
        return _behind(before, node, step, steps)
    if _are_scores(source, steps):
        return _masked(node, step, source, steps)
    return node


def _behind(mask: TracedLayer, node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See a mask behind the weights that are added to what it has hidden, with the same result."""
    number = steps.add(replace(node, sources=mask.sources), step)
    return replace(mask, sources=(LayerInput(number),), input=node.output, output=node.output)


def _are_scores(source: LayerInput, steps: LayerSteps) -> bool:
    """Return whether something is a product, with weights such as those of offsets added or not."""
    node = steps.node(source)
    if node is None or not node.sources:
        return False
    return node.kind in ("matmul", "mask") or (
        node.kind in ("add weights", "shift", CAP) and _are_scores(node.sources[0], steps)
    )


def _with_masked_weights(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See a mask behind the sum where it is in the weights that are added to the scores."""
    before, source = node.sources
    filled, fill = steps.node(source), steps.step(source)
    if filled is None or fill is None or fill.word != "masked_fill" or len(filled.sources) > 1:
        return node
    if not _are_scores(before, steps):
        return node
    inner = filled.sources[0] if filled.sources else None
    if inner is not None and _reads_layers(inner, steps):
        return node
    bare = replace(node, sources=(before, inner) if inner else (before,), weights=filled.weights)
    number = steps.add(bare, step)
    mask = replace(node, kind="masked fill", sources=(LayerInput(number),), input=node.output)
    found = _masked(mask, fill, source, steps)
    return node if found is mask else found


def _reads_layers(source: LayerInput, steps: LayerSteps) -> bool:
    """Return whether something is not worked out of weights alone."""
    node = steps.node(source)
    return node is None or any(_reads_layers(each, steps) for each in node.sources)


def _product(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    given = step.operation.arguments
    settings: dict[str, Any] = dict(node.settings)
    added = given.get("self") if step.word == "baddbmm" else None
    if isinstance(added, TensorSpec) and given.get("beta", 1) != 0:
        if step.sources.get(added.storage) is not None:
            return node
        return _with_mask(node, added, step, steps)
    settings.pop("alpha", None)
    scale: float = given.get("alpha", 1)
    sources = []
    for source in node.sources:
        found, by = _unscaled(source, steps)
        scale *= by
        sources.append(found)
    settings.pop("beta", None)  # of nothing, or of constants
    settings["scale"] = scale
    shape = node.settings["sizes"][0]
    return replace(node, settings=settings, sources=tuple(sources), input=shape)


def _with_mask(node: TracedLayer, added: TensorSpec, step: Step, steps: LayerSteps) -> TracedLayer:
    """Take a product to which a mask is added as two layers."""
    bare = {**step.operation.arguments, "beta": 0}
    product = Step(replace(step.operation, arguments=bare), step.sources)
    number = steps.add(_product(node, product, steps), product)
    mask = replace(
        node, kind="shift", settings={}, sources=(LayerInput(number),), input=node.output
    )
    return _as_mask(mask, added, step, steps)


def _unscaled(source: LayerInput, steps: LayerSteps) -> tuple[LayerInput, float]:
    """Return what is multiplied by a number, and the number."""
    node, step = steps.node(source), steps.step(source)
    if node is None or step is None or len(node.sources) != 1 or node.kind not in ("mul", "div"):
        return source, 1
    by = factor(step, steps)
    return (source, 1) if by is None else (node.sources[0], by)


def rounded_scales(nodes: Sequence[TracedLayer]) -> list[TracedLayer]:
    """Round the scales, which are worked out in several ways, to what those agree on."""
    return [
        replace(node, settings={**node.settings, "scale": _short(node.settings["scale"])})
        if node.kind == "matmul" and "scale" in node.settings
        else node
        for node in nodes
    ]


def _short(value: float) -> float:
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short


def _masked(node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps) -> TracedLayer:
    """See a mask where constants are added to scores, or put in their place."""
    given = step.operation.arguments
    is_fixed = node.kind == "add weights" and not node.weights
    if is_fixed or (node.kind == "shift" and "by" not in node.settings):
        added = step.other(source)
        if added is None or added.requires_grad or node.settings:
            return node
        return _as_mask(node, added, step, steps)
    if step.word == "masked_fill":
        hidden, value = given["mask"], steps.number(given["value"])
    elif step.word == "where":
        hidden = given["condition"]
        is_kept = step.sources.get(given["self"].storage) == source
        value = steps.number(given["other" if is_kept else "self"])
    else:
        return node
    if value is None or value > _HIDDEN or not isinstance(hidden, TensorSpec):
        return node
    numbers = steps.numbers(hidden)
    if numbers is not None:
        seen = numbers if step.word == "where" and is_kept else ~numbers.bool()
        return _named(node, seen.bool())
    return _named(node, None)


def _as_mask(node: TracedLayer, added: TensorSpec, step: Step, steps: LayerSteps) -> TracedLayer:
    """See a mask where minus infinity, or something near, is added, behind what else is."""
    numbers = steps.numbers(added)
    if numbers is not None:
        seen: Tensor | None = numbers > _HIDDEN
        is_mask = not bool((numbers[seen] != 0).any())
        if not is_mask and bool((numbers > _HIDDEN).all()):
            return node
    else:
        made = steps.constants.get(added.storage)
        if made is not None and Step(made, {}).word not in _MASKS:
            return node
        seen, is_mask = (None, True) if made is None else _chosen(made, added, steps)
    if is_mask:
        return _named(node, seen)
    number = steps.add(replace(node, kind="shift", settings={}), step)
    mask = replace(node, sources=(LayerInput(number),), input=node.output)
    return _named(mask, seen)


def _chosen(made: Operation, added: TensorSpec, steps: LayerSteps) -> tuple[Tensor | None, bool]:
    """Return which keys are seen, if known, and whether nothing is added to their scores.

    They are where 0 or minus infinity was chosen by known truth values.
    """
    word = Step(made, {}).word
    if word not in ("where", "masked_fill"):
        return None, True
    kept = made.arguments["self"]
    value = steps.number(made.arguments["other" if word == "where" else "value"])
    is_zero = steps.number(kept) == 0 if word == "where" else kept.storage not in steps.constants
    if value is None or value > _HIDDEN or added.layout != made.output.layout:
        return None, True
    mask = steps.numbers(made.tensor("condition" if word == "where" else "mask"))
    if mask is not None and word == "masked_fill":
        mask = ~mask
    return mask, is_zero or kept.storage == added.storage


_MASKS = frozenset({"where", "masked_fill", "triu", "tril", "_to_copy", "clone"})
"""What makes a mask of numbers."""


def _named(node: TracedLayer, seen: Tensor | None) -> TracedLayer:
    pattern = None if seen is None else _pattern(seen, node.output)
    if pattern == "":
        return replace(node, kind=NOTHING)
    settings: dict[str, Any] = {} if pattern is None else {"pattern": pattern}
    if pattern and seen is not None and pattern.endswith(" pairs"):
        settings["pairs"] = _which(seen, node.output)
    return replace(node, kind="mask", settings=settings, weights=frozenset())


def _which(seen: Tensor, shape: tuple[int, ...]) -> int:
    """Return a number by which pairs that are seen are told from as many others."""
    queries, keys = shape[-2:]
    places = seen.broadcast_to((*seen.shape[:-2], queries, keys)).flatten().nonzero()
    return int((places * 2_654_435_761 % (2**31 - 1)).sum())


def _pattern(seen: Tensor, shape: tuple[int, ...]) -> str:
    """Say which keys a query sees, empty where it sees all."""
    if bool(seen.all()):
        return ""
    queries, keys = shape[-2:]
    each = seen.broadcast_to((*seen.shape[:-2], queries, keys)).reshape(-1, queries, keys)
    first, diagonal = each[0], keys - queries
    if len(each) == 1 or bool((each == first).all()):
        every = torch.ones_like(first)
        reach = int(first.sum(1).max())
        side = reach // 2
        if torch.equal(first, every.tril(diagonal)):
            return "causal"
        if torch.equal(first, every.tril(diagonal).triu(diagonal + 1 - reach)):
            return f"causal within {reach}"
        if torch.equal(first, every.tril(diagonal + side).triu(diagonal - side)):
            return f"within {reach}"
    return f"{int(each.sum())} of {prod(each.shape)} pairs"
