"""Norms that are written out: the root mean square, and the scale that follows a norm."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from archcount.operators.operation import TensorSpec
from archcount.tracing.layer_steps import LayerSteps, Step, places
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND = "rms norm"


def norm(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one norm where a tensor is divided by its root mean square, or a norm is scaled."""
    if step.word not in ("mul", "div"):
        return node
    for source in node.sources:
        found = _divided(node, step, source, steps) or _scaled(node, step, source, steps)
        if found is not None:
            return found
    return node


def _divided(
    node: TracedLayer, step: Step, source: LayerInput, steps: LayerSteps
) -> TracedLayer | None:
    """Return a norm where what a layer gave is the root mean square, or its reciprocal."""
    mean = _mean_square(step, source, steps)
    if mean is None:
        return None
    square, size = mean
    spec, read = next(square.reads())
    for other, whole in step.reads():
        is_read = whole is not None and whole == read and places(other) == places(spec)
        if is_read and whole is not None and other.elements == step.operation.output.elements:
            settings = {"scale": False, "size": size}
            return replace(node, kind=KIND, settings=settings, sources=(whole,), input=other.shape)
    return None


def _mean_square(step: Step, source: LayerInput, steps: LayerSteps) -> tuple[Step, str] | None:
    """Return the step that squares what is averaged, and the sizes that it is averaged over."""
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
    mean = _before(root, steps) if root is not None and is_root else None
    if mean is not None and mean.word == "add" and len([*mean.reads()]) == 1:  # the epsilon
        mean = _before(mean, steps)
    if mean is None or mean.word != "mean":
        return None
    square = _before(mean, steps)
    if square is None or not _is_square(square):
        return None
    shape = mean.operation.tensor("self").shape
    axes = sorted(axis % len(shape) for axis in mean.operation.arguments.get("dim") or ())
    if axes != [*range(len(shape) - len(axes), len(shape))] or not axes:
        return None
    return square, "x".join(str(shape[axis]) for axis in axes)


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
    scale = step.other(source)
    if not any(steps.is_kept(spec, read) for spec, read in step.reads() if read == source):
        return None
    if before.kind not in (KIND, "layer norm") or before.settings.get("shift") or scale is None:
        return None
    size = prod(map(int, before.settings["size"].split("x")))
    if not scale.is_held or scale.elements != size or scale.shape[-1] != before.output[-1]:
        return None
    weights = before.weights | node.weights
    given = step.sources.get(scale.storage)
    if given is not None:  # worked out of what is trained
        weights |= steps.nodes[given.layer].weights
    return replace(before, settings={**before.settings, "scale": True}, weights=weights)
