"""Recognition: layers that code writes out as arithmetic, seen as the one layer that they are."""

from __future__ import annotations

from dataclasses import replace

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.rotary import rotary
from archcount.tracing.routed_experts import experts
from archcount.tracing.scaled_scores import scores
from archcount.tracing.soft_caps import soft_cap
from archcount.tracing.traced_layer import LayerInput, TracedLayer
from archcount.tracing.written_activations import activation
from archcount.tracing.written_norms import norm


def recognised(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See the layer that a step completes, or the step as it is."""
    for rule in (soft_cap, scores, _looked_up, norm, rotary, experts, activation):
        found = rule(node, step, steps)
        if found is not node:
            return found
    return node


def _looked_up(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See rows of a trained table where they are added, such as positions, read or looked up."""
    if node.kind not in ("bias", "add weights") or "alpha" in node.settings:
        return node
    sources: list[LayerInput] = []
    weights, entries = node.weights, None
    for spec, source in step.reads():
        inner = None if source is None else steps.node(source)
        if source is None:
            entries = _entries(spec, steps)
        elif inner is not None and inner.kind == "embedding" and not inner.sources:
            entries, weights = inner.settings["entries"], weights | inner.weights
        else:
            sources.append(source)
    if entries is None:
        return node
    return replace(
        node, kind="add weights", settings={"entries": entries}, sources=tuple(sources),
        weights=weights,
    )  # fmt: skip


def _entries(spec: TensorSpec, steps: LayerSteps) -> int | None:
    """Return how many rows the matrix has that some are read of, None where it is no matrix."""
    shape = [size for size in steps.held.get(spec.storage, ()) if size != 1]
    return shape[0] if len(shape) == 2 and shape[1] == spec.shape[-1] else None
