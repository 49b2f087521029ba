"""Experts: equal units of which a router gives each token to some, in a loop or in one product."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND = "experts"
_GROUPED = "grouped mm"


@dataclass(frozen=True, slots=True)
class _Unit:
    """What experts do with the tokens that they are given.

    Attributes:
        tokens: what gives them, before they are chosen.
        settings: of what is done.
        weights: what is trained of it.
        of: how many experts it is.
    """

    tokens: LayerInput
    settings: dict[str, Any]
    weights: frozenset[int]
    of: int


def experts(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one layer where the outputs of experts are weighted and added up."""
    before: LayerInput | None = None
    weighted: LayerInput | None = None
    if step.word == "index_add":
        before, weighted = (
            step.sources.get(step.operation.tensor(name).storage) for name in ("self", "source")
        )
    elif step.word == "sum" and len(node.sources) == 1:
        unsorted = steps.node(node.sources[0])
        if unsorted is None or unsorted.kind != "index":
            return node
        weighted = unsorted.sources[0]
    found = None if weighted is None else _weighted(node, weighted, before, steps)
    return found or node


def _weighted(
    node: TracedLayer, weighted: LayerInput, before: LayerInput | None, steps: LayerSteps
) -> TracedLayer | None:
    """Return the experts whose weighted outputs a layer adds to those before."""
    product = steps.node(weighted)
    if product is None or product.kind != "mul" or len(product.sources) != 2:
        return None
    for output, weight in (product.sources, product.sources[::-1]):
        unit, router = _unit(output, steps), _router(weight, steps)
        if unit is None or router is None:
            continue
        scores, chosen = router
        found = replace(
            node,
            kind=KIND,
            settings={**unit.settings, **chosen, "of": unit.of},
            sources=(unit.tokens, scores),
            weights=unit.weights,
            input=node.output,
        )
        return found if before is None else _with(steps.node(before), found)
    return None


def _with(before: TracedLayer | None, more: TracedLayer) -> TracedLayer | None:
    """Return experts and others that are like them as one layer."""
    if before is None or before.kind != KIND or before.sources != more.sources:
        return None
    number = before.settings["of"] + more.settings["of"]
    if {**before.settings, "of": number} != {**more.settings, "of": number}:
        return None
    settings = {**more.settings, "of": number}
    return replace(more, settings=settings, weights=before.weights | more.weights)


def _unit(output: LayerInput, steps: LayerSteps) -> _Unit | None:
    """Read a unit from its end: a product, an activation that may be gated, and a product."""
    last = _product(output, steps)
    if last is None:
        return None
    back, down, of, bias = last
    gated = steps.node(back)
    if gated is None:
        return None
    branches: Sequence[LayerInput] = (back,)
    if gated.kind == "mul" and len(gated.sources) == 2:
        branches = sorted(gated.sources, key=lambda source: _product(source, steps) is not None)
    activation = steps.node(branches[0])
    if activation is None or len(activation.sources) != 1:
        return None
    first = {activation.sources[0], *branches[1:]}
    inner = [_product(source, steps) for source in sorted(first)]
    if not all(inner):
        return None
    found = [each for each in inner if each is not None]
    tokens = {source for source, *_ in found}
    if len(tokens) > 1 or {each[2] for each in found} != {of}:
        return None
    chosen = steps.node(tokens.pop())
    if chosen is None or chosen.kind not in ("index", "index select") or not chosen.sources:
        return None
    parts = [down, *(each[1] for each in found)]
    widths = sum(each.output[-1] for each in parts[1:])
    settings: dict[str, Any] = {
        "in": chosen.output[-1],
        "hidden": widths // len(branches),
        "out": down.output[-1],
        "gated": len(branches) == 2,
        "bias": any((bias, *(each[3] for each in found))),
        "activation": " ".join([activation.kind, *map(str, activation.settings.values())]),
    }
    weights = frozenset[int]().union(*(part.weights for part in parts))
    return _Unit(chosen.sources[0], settings, weights, of)


def _product(
    output: LayerInput, steps: LayerSteps
) -> tuple[LayerInput, TracedLayer, int, bool] | None:
    """Return what a product with weights reads, it, how many experts it is of, and the bias."""
    node, step = steps.node(output), steps.step(output)
    if node is None or step is None or not node.sources:
        return None
    if node.kind == "linear":
        return node.sources[0], node, 1, bool(node.settings["bias"])
    if node.kind == _GROUPED:
        kernels = step.operation.arguments["mat2"]
        if isinstance(kernels, TensorSpec) and len(kernels.shape) == 3:
            return node.sources[0], node, kernels.shape[0], False
    return None


def _router(weight: LayerInput, steps: LayerSteps) -> tuple[LayerInput, dict[str, Any]] | None:
    """Return what gives the scores of experts, and how the weights of the chosen come of them."""
    picked = steps.node(weight)
    if picked is None or picked.kind != "index" or not picked.sources:
        return None
    source = picked.sources[0]
    node = steps.node(source)
    is_sum_one = False
    if node is not None and node.kind == "softmax":  # of the scores that are chosen
        chosen = steps.node(node.sources[0])
        if chosen is None or chosen.kind != "topk":
            return None
        return chosen.sources[0], {"active": chosen.settings["k"], "weights": _SHARES}
    if node is not None and node.kind == "div" and len(node.sources) == 2:
        total = steps.node(node.sources[1])
        if total is None or total.kind != "sum" or total.sources != node.sources[:1]:
            return None
        source, is_sum_one = node.sources[0], True
    node = steps.node(source)
    if node is None or node.kind != "topk":
        return None
    shares = steps.node(node.sources[0])
    if shares is None or shares.kind != "softmax":
        return None
    of = _SHARES if is_sum_one else "softmax of all"
    return shares.sources[0], {"active": node.settings["k"], "weights": of}


_SHARES = "softmax of the chosen"
"""Shares among all, divided by the sum of those that are chosen, are the same."""
