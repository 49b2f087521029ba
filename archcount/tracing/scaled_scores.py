"""Scores of attention: their scale and their mask, wherever the code has them."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import torch
from torch import Tensor

from archcount.operators.operation import Origin, TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.traced_layer import LayerInput, TracedLayer

NOTHING = "nothing"
"""The kind of a mask that hides nothing: it gives what it reads."""
_HIDDEN = -99.0
"""What is added to a score that is hidden is less: some code adds -1e4, Swin's -100."""


def scores(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """Make a factor of what is multiplied, or of the product, the product's own; see masks."""
    if node.kind == "matmul":
        return _product(node, step, steps)
    if node.kind == "add weights":
        node = _with_masked_places(node, step, steps)
    source = node.sources[0] if len(node.sources) == 1 else None
    before = None if source is None else steps.node(source)
    if source is None or before is None:
        return node
    if before.kind == "matmul" and "scale" in before.settings:
        by = _factor(step, steps)
        if by is not None and steps.step(source) is not None:
            scale = _rounded(before.settings["scale"] * by)
            return replace(before, settings={**before.settings, "scale": scale})
    if _are_scores(before, steps) or not before.sources:  # or places that are learnt
        return _masked(node, step, source, steps)
    return node


def _with_masked_places(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """Take scores to which learnt places are added that a mask hides as masked themselves."""
    masks = [source for source in node.sources if _is_mask_of_places(source, steps)]
    if len(masks) != 1 or len(node.sources) != 2:
        return node
    mask = steps.nodes[masks[0].layer]
    sources = [mask.sources[0] if source == masks[0] else source for source in node.sources]
    number = steps.add(replace(node, sources=tuple(sources)), step)
    return replace(
        mask, sources=(LayerInput(number),), input=node.output, output=node.output, path=node.path
    )


def _is_mask_of_places(source: LayerInput, steps: LayerSteps) -> bool:
    mask = steps.node(source)
    places = steps.node(mask.sources[0]) if mask and mask.kind == "mask" else None
    return places is not None and not places.sources


def _are_scores(node: TracedLayer, steps: LayerSteps) -> bool:
    """Return whether a layer gives scores: a product, masked or with places added or not."""
    while node.kind in ("mask", "add weights", "bias"):
        read = [each for each in map(steps.node, node.sources) if each is not None and each.sources]
        if len(read) != 1:  # a table that is looked up reads nothing
            return False
        node = read[0]
    return node.kind == "matmul"


def _product(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    given = step.operation.arguments
    settings: dict[str, Any] = dict(node.settings)
    added = given.get("self") if step.word == "baddbmm" else None
    if isinstance(added, TensorSpec) and given.get("beta", 1) != 0:
        if step.sources.get(added.storage) is not None or settings.keys() & {"alpha", "beta"}:
            return node
        return _with_mask(node, added, step, steps)
    scale: float = settings.pop("alpha", 1)
    sources = []
    for source in node.sources:
        found, by = _unscaled(source, steps)
        scale *= by
        sources.append(found)
    settings["scale"] = _rounded(scale)
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
    return _as_mask(mask, steps.numbers(added))


def _unscaled(source: LayerInput, steps: LayerSteps) -> tuple[LayerInput, float]:
    """Return what is multiplied by a number, and the number."""
    node, step = steps.node(source), steps.step(source)
    if node is None or step is None or len(node.sources) != 1 or node.kind not in ("mul", "div"):
        return source, 1
    by = _factor(step, steps)
    return (source, 1) if by is None else (node.sources[0], by)


def _factor(step: Step, steps: LayerSteps) -> float | None:
    """Return the number that a step multiplies by, None where it does something else."""
    if step.word not in ("mul", "div") or step.operation.arguments.get("rounding_mode"):
        return None
    given = [step.operation.arguments[name] for name in ("self", "other")]
    if step.word == "mul" and isinstance(given[0], TensorSpec) and given[0].elements == 1:
        given.reverse()
    number = steps.number(given[1])
    if number is None or (step.word == "div" and not number):
        return None
    return number if step.word == "mul" else 1 / number


def _rounded(value: float) -> float:
    """Round what was worked out in several ways to what they agree on."""
    short = float(f"{value:.6g}")
    return int(short) if short.is_integer() else short


def _masked(node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps) -> TracedLayer:
    """See a mask where constants are added to scores, or put in their place."""
    given = step.operation.arguments
    if node.kind in ("shift", "add weights") and not node.settings:
        added = step.other(source)
        if added is None or added.requires_grad or added.origin == Origin.WEIGHT:
            return node
        return _as_mask(node, steps.numbers(added))
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


def _as_mask(node: TracedLayer, added: Tensor | None) -> TracedLayer:
    """See a mask where nothing but minus infinity, or something near, is added."""
    if added is None:
        return _named(node, None)
    seen = added > _HIDDEN
    if bool((added[seen] != 0).any()):
        return node
    return _named(node, seen)


def _named(node: TracedLayer, seen: Tensor | None) -> TracedLayer:
    pattern = None if seen is None else _pattern(seen, node.output)
    if pattern == "":
        return replace(node, kind=NOTHING)
    settings = {} if pattern is None else {"pattern": pattern}
    return replace(node, kind="mask", settings=settings, weights=frozenset())


def _pattern(seen: Tensor, shape: tuple[int, ...]) -> str:
    """Say which keys a query sees, empty where it sees all."""
    if bool(seen.all()):
        return ""
    queries, keys = shape[-2:]
    seen = seen.broadcast_to((*seen.shape[:-2], queries, keys)).reshape(-1, queries, keys)
    places = torch.arange(keys) - torch.arange(queries).unsqueeze(1)
    if bool((seen == seen[:1]).all()):
        reach = int(seen[0].sum(1).max())
        if bool((seen[0] == (places <= 0)).all()):
            return "causal"
        if bool((seen[0] == ((places <= 0) & (places > -reach))).all()):
            return f"causal within {reach}"
        if bool((seen[0] == (places.abs() <= (reach // 2))).all()):
            return f"within {reach}"
    return f"{int(seen.sum())} of {prod(seen.shape)} pairs"
