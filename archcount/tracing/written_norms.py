"""Norms that are written out: by mean and variance or the root mean square, scale and shift."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any, NamedTuple

from archcount.operators.operation import TensorSpec
from archcount.tracing.channel_axes import CHANNELS
from archcount.tracing.layer_steps import LayerSteps, Step
from archcount.tracing.traced_layer import LayerInput, TracedLayer

KIND, LAYER = "rms norm", "layer norm"


class _Deviation(NamedTuple):
    """What a tensor is divided by: its root mean square, or its standard deviation.

    Attributes:
        spec: what is squared and averaged.
        source: the layer that gave it.
        axes: those that it is averaged over.
        size: their sizes.
        is_centred: whether its mean is taken off.
    """

    spec: TensorSpec
    source: LayerInput
    axes: tuple[int, ...]
    size: str
    is_centred: bool


def norm(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See one norm where a tensor is divided by its deviation, or a norm is scaled or shifted."""
    if node.kind == "bias":
        return _shifted(node, step, steps)
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
    """Return a norm where what a layer gave is a deviation, or its reciprocal."""
    by = _deviation(step, source, steps)
    if by is None:
        return None
    elements = step.operation.output.elements
    for other, whole in step.reads():
        if whole is None or whole == source or other.elements != elements:
            continue
        centred = _centred(whole, by.axes, steps)
        of = centred if by.is_centred else (other, whole)
        if of is None or of[1] != by.source or steps.lies(of[0]) != steps.lies(by.spec):
            continue
        settings: dict[str, Any] = {"scale": False, "size": by.size}
        if centred is None:
            return replace(node, kind=KIND, settings=settings, sources=(whole,), input=other.shape)
        spec, read = centred
        settings = {"scale": False, "shift": False, "size": by.size}
        return replace(node, kind=LAYER, settings=settings, sources=(read,), input=spec.shape)
    return None


def _centred(
    source: LayerInput, axes: tuple[int, ...], steps: LayerSteps
) -> tuple[TensorSpec, LayerInput] | None:
    """Return that of which something is the rest after its mean is taken off, None where none."""
    step = steps.step(source)
    if step is None or step.word != "sub" or step.operation.arguments.get("alpha", 1) != 1:
        return None
    reads = [*step.reads()]
    mean = steps.step(reads[-1][1])
    if len(reads) != 2 or mean is None or mean.word != "mean" or _axes(mean) != axes:
        return None
    (whole, given), (taken, _) = reads
    spec, read = next(mean.reads())
    is_beside = len(taken.shape) == len(whole.shape) and all(taken.shape[at] == 1 for at in axes)
    if given is None or read != given or steps.lies(spec) != steps.lies(whole) or not is_beside:
        return None
    return whole, given


def _deviation(step: Step, source: LayerInput, steps: LayerSteps) -> _Deviation | None:
    """Return what a step divides by, None where it is no deviation."""
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
    return None if mean is None else _measured(mean, steps)


def _measured(mean: Step, steps: LayerSteps) -> _Deviation | None:
    """Return a mean of squares, or a variance, over the last axes or that of channels."""
    is_variance = mean.word == "var" and mean.operation.arguments.get("correction") == 0
    if not is_variance and mean.word != "mean":
        return None
    given = mean.operation.tensor("self")
    dims, axes, channel = len(given.shape), _axes(mean), steps.axes.of(given)
    is_last = axes == tuple(range(dims - len(axes), dims)) and axes
    if not is_last and (channel is None or axes != (channel + dims,)):
        return None
    of = mean if is_variance else _before(mean, steps)
    if of is None or not (is_variance or _is_square(of)):
        return None
    spec, read = next(of.reads())
    size = "x".join(str(given.shape[axis]) for axis in axes)
    return None if read is None else _Deviation(spec, read, axes, size, is_variance)


def _axes(step: Step) -> tuple[int, ...]:
    """Return the axes that a step takes a mean over."""
    dims = len(step.operation.tensor("self").shape)
    return tuple(sorted(axis % dims for axis in step.operation.arguments.get("dim") or ()))


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
    if before.kind not in (KIND, LAYER) or before.settings.get("shift") or scale is None:
        return None
    size = prod(map(int, before.settings["size"].split("x")))
    axis, is_last = node.settings.get("axis"), scale.shape[-1] == before.output[-1]
    if axis is not None and axis != CHANNELS:
        is_last = is_last and before.kind == KIND
    if not scale.is_held or scale.elements != size or not (is_last or axis == CHANNELS):
        return None
    weights = before.weights | node.weights
    given = step.sources.get(scale.storage)
    if given is not None:  # worked out of what is trained
        weights |= steps.nodes[given.layer].weights
    return replace(before, settings={**before.settings, "scale": True}, weights=weights)


def _shifted(node: TracedLayer, step: Step, steps: LayerSteps) -> TracedLayer:
    """See a norm with the shift that is trained."""
    before = steps.node(node.sources[0]) if len(node.sources) == 1 else None
    if before is None or before.kind != LAYER or before.settings.get("shift") is not False:
        return node
    if "alpha" in node.settings or str(node.settings["vector"]) != before.settings["size"]:
        return node
    spec = next(spec for spec, source in step.reads() if source is not None)
    if spec.elements != step.operation.output.elements:
        return node
    is_known = steps.axes.of(spec) is not None
    if node.settings["axis"] != (CHANNELS if is_known else -1):
        return node
    weights = before.weights | node.weights
    return replace(before, settings={**before.settings, "shift": True}, weights=weights)
