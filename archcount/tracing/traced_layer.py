"""A layer of a model: what it does, what it reads, whose weights it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from archcount.layers import Cost

Shape = tuple[int, ...]

INPUT = -1
"""The number of what the model is given, where a source is no layer."""


class LayerInput(NamedTuple):
    """One tensor that a layer reads.

    Attributes:
        layer: the number of the layer that gives it; `INPUT` where the model was given it.
        output: which of the layer's outputs it is, or of the model's inputs.
    """

    layer: int
    output: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class TracedLayer:
    """One layer of a model.

    Attributes:
        kind: what it is, such as `conv` or `max pool`.
        settings: what was chosen for it, by name, such as `kernel`.
        path: the module that does it.
        sources: what it reads, by the numbers of the sequence it stands in.
        input: the shape of what it reads first.
        output: the shape of what it gives.
        weights: the numbers of what it has trained, equal where layers share it.
        cost: its operations by category, those that came to it from others included.
    """

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str
    sources: tuple[LayerInput, ...] = ()
    input: Shape
    output: Shape
    weights: frozenset[int] = frozenset()
    cost: Cost = field(default=Cost(), compare=False)

    def __str__(self) -> str:
        return describe(self)

    @property
    def is_commutative(self) -> bool:
        """Whether it does not matter in which order it reads."""
        return self.kind in _COMMUTATIVE and "alpha" not in self.settings


_WEIGHTED = frozenset({"conv", "transposed conv", "linear"})
"""Kinds that a depth counts, as `archcount table` does."""
_COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})


def is_in_depth(layer: TracedLayer) -> bool:
    """Return whether a depth counts a layer."""
    return layer.kind in _WEIGHTED


def is_weighted(layer: TracedLayer) -> bool:
    """Return whether a layer has trained weights from its inputs to its outputs, or of entries."""
    return bool(layer.weights) and ("out" in layer.settings or "entries" in layer.settings)


def is_join(layer: TracedLayer) -> bool:
    """Return whether a layer joins branches: a sum, a product or a concatenation of several."""
    return layer.kind in ("add", "mul", "concat") and len(layer.sources) > 1


def describe(layer: TracedLayer) -> str:
    """Write a layer as a paper would.

    >>> describe(TracedLayer(kind="conv", path="", input=(1, 16, 9, 9), output=(1, 32, 9, 9),
    ...     settings={"kernel": (5, 5), "stride": (1, 1), "in": 16, "out": 32, "groups": 1}))
    'conv 5x5 16->32'
    """
    settings = dict(layer.settings)
    number = settings.get("linears", 1)
    words = [layer.kind] if number == 1 else [f"{number} {layer.kind}s"]
    if settings.get("kernel"):
        stride = settings.get("stride") or ()
        by = f"/{_same(stride)}" if any(step != 1 for step in stride) else ""
        words.append("x".join(map(str, settings["kernel"])) + by)
    if "in" in settings:
        words.append(f"{settings['in']}->{settings['out']}")
    groups = settings.get("groups", 1)
    if groups == "depthwise" or groups > 1:
        words.append("depthwise" if groups == "depthwise" else f"groups {groups}")
    if any(step != 1 for step in settings.get("dilation", ())):
        words.append(f"dilation {_same(settings['dilation'])}")
    for name in ("entries", "size", "to", "by"):
        if name in settings:
            words.append(f"{name} {settings[name]}")
    if "pattern" in settings:
        words.append(settings["pattern"])
    return " ".join(words)


def _same(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


class LayerParameter(NamedTuple):
    """A parameter that layers have.

    Attributes:
        size: how many numbers it has.
        is_kernel: whether it has more than one axis, as kernels do and biases do not.
    """

    size: int
    is_kernel: bool


@dataclass(frozen=True, slots=True)
class LayerSequence:
    """The layers of a model, in the order of what they read, and what gives its results.

    Attributes:
        layers: the layers.
        results: what gives the results.
        parameters: the parameters by the numbers that layers have in `weights`.
    """

    layers: tuple[TracedLayer, ...]
    results: tuple[LayerInput, ...]
    parameters: tuple[LayerParameter, ...] = ()

    @property
    def depth(self) -> int:
        """The most convolutions and linear layers that follow one another up to a result."""
        depths: list[int] = []
        for layer in self.layers:
            before = (depths[source.layer] for source in layer.sources if source.layer != INPUT)
            depths.append(max(before, default=0) + is_in_depth(layer))
        ends = (depths[result.layer] for result in self.results if result.layer != INPUT)
        return max(ends, default=0)
