"""Norms that are written out: of layers, by root mean square, and what is trained behind them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step, places
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND = "rms norm"


def norm(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one norm in a quotient, or in a norm and what is trained behind it."""
    if step.word not in ("mul", "div", "add"):
        return node
    for source in node.sources:
        if step.word == "add":
            found = _shifted(node, step, source, steps)
        else:
            found = _divided(node, step, source, steps) or _scaled(node, step, source, steps)
        if found is not None:
            return found
    return node


class _Spread(NamedTuple):
    """A mean square or a variance: of what, how it lies, over which axes from the end."""

    source: LayerInput
    read: TensorSpec
    axes: tuple[int, ...]
    is_variance: bool


def _divided(
    node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps
) -> TracedLayer | None:
    """Return a norm where what a layer gave is the root of a spread, or its reciprocal."""
    found = _root(step, source, steps)
    if found is None:
        return None
    for spec, read in step.reads():
        if read is None or read == source or spec.elements != step.operation.output.elements:
            continue
        centred = _centred(read, found.axes, steps)
        kind, given, shape = KIND, read, spec
        if centred is not None and found.source == (centred[0] if found.is_variance else read):
            kind, (given, shape) = "layer norm", centred
        elif found.is_variance or found.source != read:
            continue
        if places(found.read) != places(shape if found.is_variance else spec):
            continue
        settings: dict[str, Any] = (
            {"scale": False, "shift": False} if kind != KIND else {"scale": False}
        )
        settings["size"] = "x".join(str(spec.shape[axis]) for axis in found.axes)
        if found.axes[-1] != -1:
            settings["axis"] = found.axes[0]
        return replace(
            node, kind=kind, settings=settings, sources=(given,), input=shape.shape,
            weights=frozenset(),
        )  # fmt: skip
    return None


def _root(step: Step, source: LayerInput, steps: LayerSteps) -> _Spread | None:
    """Return the spread whose root a step divides by, or whose reciprocal root it multiplies."""
    root = steps.step(source)
    if root is None:
        return None
    if step.word == "mul" and root.word == "reciprocal":
        root = _before(root, steps)
        is_root = root is not None and root.word == "sqrt"
    elif step.word == "mul":
        is_root = root.word == "rsqrt" or _is_power(root, -0.5)
    else:
        is_root = step.other(source) == step.operation.arguments["self"] and (
            root.word == "sqrt" or _is_power(root, 0.5)
        )
    spread = _before(root, steps) if root is not None and is_root else None
    if spread is not None and spread.word == "add" and len([*spread.reads()]) == 1:  # the epsilon
        spread = _before(spread, steps)
    axes = None if spread is None else _axes(spread)
    if spread is None or axes is None:
        return None
    inner: Step | None = spread
    is_variance = spread.word == "var" and spread.operation.arguments.get("correction") == 0
    if spread.word == "mean":
        inner = _before(spread, steps)
    if inner is None or not (is_variance or (inner is not spread and _is_square(inner))):
        return None
    read, given = next(inner.reads())
    return None if given is None else _Spread(given, read, axes, is_variance)


def _axes(step: Step) -> tuple[int, ...] | None:
    """Return the axes that a step works over, from the end: the last ones, or that of channels."""
    dims = len(step.operation.tensor("self").shape)
    found = tuple(sorted(axis % dims - dims for axis in step.operation.arguments.get("dim") or ()))
    is_last = found == (*range(-len(found), 0),)
    return found if found and (is_last or (dims > 3 and found == (1 - dims,))) else None


def _centred(
    source: LayerInput, axes: tuple[int, ...], steps: LayerSteps
) -> tuple[LayerInput, TensorSpec] | None:
    """Return what a tensor is but for its mean, None where it is no such difference."""
    step = steps.step(source)
    if step is None or step.word != "sub" or step.operation.arguments.get("alpha", 1) != 1:
        return None
    (spec, given), *rest = step.reads()
    mean = steps.step(rest[0][1]) if rest else None
    if given is None or mean is None or mean.word != "mean" or _axes(mean) != axes:
        return None
    read, of = next(mean.reads())
    is_same = of == given and places(read) == places(spec)
    return (given, spec) if is_same and spec.elements == step.operation.output.elements else None


def _before(step: Step, steps: LayerSteps) -> Step | None:
    """Return the step that gave the first tensor that another reads."""
    return steps.step(next((source for _, source in step.reads()), None))


def _is_power(step: Step, exponent: float) -> bool:
    return step.word == "pow" and step.operation.arguments.get("exponent") == exponent


def _is_square(step: Step) -> bool:
    if step.word == "mul":
        one, other = step.operation.arguments["self"], step.operation.arguments["other"]
        return isinstance(other, TensorSpec) and one == other
    return step.word == "square" or _is_power(step, 2)


def _scaled(
    node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps
) -> TracedLayer | None:
    """Return a norm with the scale that is trained, or with one more than it, as Gemma has it."""
    before = steps.node(source)
    if step.word != "mul" or before is None or before.settings.get("scale") is not False:
        return None
    scale = _along(before, step, source, steps)
    if scale is None or before.settings.get("shift"):
        return None
    weights = before.weights | node.weights
    given = step.sources.get(scale.storage)
    if given is not None:  # worked out of what is trained
        weights |= steps.nodes[given.layer].weights
    return replace(before, settings={**before.settings, "scale": True}, weights=weights)


def _shifted(
    node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps
) -> TracedLayer | None:
    """Return a norm with the shift that is trained."""
    before = steps.node(source)
    if before is None or before.settings.get("shift") is not False or node.kind != "bias":
        return None
    if "alpha" in node.settings or _along(before, step, source, steps) is None:
        return None
    settings = {**before.settings, "shift": True}
    return replace(before, settings=settings, weights=before.weights | node.weights)


def _along(
    before: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps
) -> TensorSpec | None:
    """Return what is trained along the axes of a norm, read beside all that the norm gives."""
    trained = step.other(source)
    if before.kind not in (KIND, "layer norm") or trained is None or not trained.is_held:
        return None
    if not any(steps.is_kept(spec, read) for spec, read in step.reads() if read == source):
        return None
    sizes = [*map(int, before.settings["size"].split("x"))]
    rest = [1] * (-before.settings.get("axis", -1) - 1)
    shape = [*trained.shape]
    while len(shape) > len(sizes) + len(rest) and shape[0] == 1:
        shape.pop(0)
    return trained if shape == sizes + rest else None
