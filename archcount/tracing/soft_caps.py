"""Soft caps: numbers brought between two bounds by a tanh, such as scores of attention."""

from __future__ import annotations

from dataclasses import replace

from archcount.operators.products import rounded
from archcount.tracing.layer_steps import LayerSteps, Step, factor
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND = "soft cap"


def soft_cap(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one layer in `cap * tanh(x / cap)`."""
    tanh = steps.node(node.sources[0]) if len(node.sources) == 1 else None
    if tanh is None or tanh.kind != "tanh":
        return node
    cap = factor(step, steps)
    source = tanh.sources[0]
    inner, made = steps.node(source), steps.step(source)
    if cap is None or inner is None or made is None:
        return node
    if inner.kind == "matmul" and "scale" in inner.settings:  # the quotient is part of its scale
        settings = {**inner.settings, "scale": inner.settings["scale"] * cap}
        whole = replace(inner, settings=settings)
        source = LayerInput(steps.add(whole, made))
    else:
        by = factor(made, steps)
        if by is None or len(inner.sources) != 1 or abs(by * cap - 1) > 1e-6:
            return node
        source = inner.sources[0]
    return replace(node, kind=KIND, settings={"by": rounded(cap)}, sources=(source,))
