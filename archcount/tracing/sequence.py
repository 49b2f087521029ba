"""A pass as layers: what a model does, however its code is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archcount.tracing.naming import name_layer
from archcount.tracing.records import Call, Operation, Origin, TensorSpec, Trace

Shape = tuple[int, ...]

INPUT = -1
"""The number of what the model is given, among the sources of a layer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One layer of a model.

    Attributes:
        kind: what it is, such as `conv` or `max pool`.
        settings: what was chosen for it, by name, such as `kernel`.
        path: the module that does it.
        sources: the numbers of the layers that it reads, in the sequence it stands in; `INPUT` is
            what the model is given.
        input: the shape of what it reads first.
        output: the shape of what it gives.
    """

    kind: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    path: str
    sources: tuple[int, ...] = ()
    input: Shape
    output: Shape

    def __str__(self) -> str:
        return describe(self)


def describe(layer: Layer) -> str:
    """Write a layer as a paper would.

    >>> describe(Layer(kind="conv", path="", input=(1, 16, 9, 9), output=(1, 32, 9, 9),
    ...     settings={"kernel": (5, 5), "stride": (1, 1), "in": 16, "out": 32, "groups": 1}))
    'conv 5x5 16->32'
    """
    settings = dict(layer.settings)
    words = [layer.kind]
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
    return " ".join(words)


def _same(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


@dataclass(frozen=True, slots=True)
class Layers:
    """What a model does.

    Attributes:
        layers: in the order of what they read.
        results: the numbers of the layers that give the results, in order.
    """

    layers: tuple[Layer, ...]
    results: tuple[int, ...]


COMMUTATIVE = frozenset({"add", "mul", "maximum", "minimum"})
"""Kinds of which it does not matter in which order they read."""


def layers_of(trace: Trace) -> Layers:
    """Give the layers that lead to a model's results, in the order of what they read.

    A layer stands after all that it reads, the branches of a concatenation in their order, the
    longer branch of a sum first: in which order the code runs them does not matter. What moves
    numbers without arithmetic is no layer; several operations that come to one layer (a local
    response norm, a product and its bias) are one. A softmax that gives the result is left out.
    """
    nodes: list[Layer] = []
    made: dict[int, int] = {}
    padded: dict[int, Shape] = {}
    for call in trace.calls:
        operation = call.operation
        if not operation.outputs or operation.is_view:
            continue
        written = {spec.storage for spec in operation.outputs}
        if operation.name in _FACTORIES:
            made.update(dict.fromkeys(written, _NOTHING))
            continue
        known = [(spec, _maker(spec, made)) for spec in operation.tensors()]
        read = [(spec, source) for spec, source in known if source != _NOTHING]
        if operation.name == "aten.copy_":
            target, given = (_maker(operation.tensor(name), made) for name in ("self", "src"))
            if target in (_NOTHING, INPUT) or target == given:
                made.update(dict.fromkeys(written, given))
                continue
        elif operation.name in _MOVES:
            for storage in written if read else ():
                made[storage] = read[0][1]
                if operation.name == "aten.constant_pad_nd":
                    padded[storage] = tuple(operation.arguments["pad"])
                elif read[0][0].storage in padded:
                    padded[storage] = padded[read[0][0].storage]
            continue
        if not read and not _is_of_weights(operation):
            continue
        first, source = read[0] if read else (known[0][0], _NOTHING)
        before = _bare(first, padded) if source < 0 else nodes[source].output
        node = _node(call, tuple(number for _, number in read), before)
        if first.storage in padded:
            node = replace(node, settings=_with_pads(node.settings, padded[first.storage]))
        nodes.append(_joined(node, nodes))
        for storage in written:
            made[storage] = len(nodes) - 1
            padded.pop(storage, None)
    ends = [made.get(storage, INPUT) for storage in trace.results]
    return _ordered(nodes, [_before_softmax(nodes, end) for end in ends])


_NOTHING = -2
"""The number of what came from no layer: a weight, a constant."""


def _maker(spec: TensorSpec, made: Mapping[int, int]) -> int:
    """Give the layer that made a tensor."""
    return made.get(spec.storage, INPUT if spec.origin == Origin.INPUT else _NOTHING)


def _is_of_weights(operation: Operation) -> bool:
    """Tell whether something trained is worked on, such as learnt queries."""
    trained = any(spec.origin == Origin.WEIGHT for spec in operation.tensors())
    return trained and operation.output.is_floating


def _bare(spec: TensorSpec, padded: Mapping[int, Shape]) -> Shape:
    """Give the shape of an input before it was padded."""
    shape = list(spec.shape)
    for number, amount in enumerate(padded.get(spec.storage, ())):
        shape[-1 - number // 2] -= amount
    return tuple(shape)


def _with_pads(settings: Mapping[str, Any], amount: Sequence[int]) -> dict[str, Any]:
    """Add the padding that was done before a layer to its own, on both sides together."""
    if "pads" not in settings:
        return dict(settings)
    pads, places = list(settings["pads"]), list(settings["places"])
    for number, width in enumerate(amount):
        place = len(pads) - 1 - number // 2
        if place >= 0:
            pads[place] += width
            places[place] -= width
    return {**settings, "pads": tuple(pads), "places": tuple(places)}


def _before_softmax(nodes: Sequence[Layer], end: int) -> int:
    if end < 0 or nodes[end].kind not in ("softmax", "log softmax"):
        return end
    return nodes[end].sources[0] if nodes[end].sources else end


def _ordered(nodes: Sequence[Layer], ends: Sequence[int]) -> Layers:
    depths: list[int] = []
    for node in nodes:
        known = [depths[source] for source in node.sources if source != INPUT]
        depths.append(1 + max(known, default=0))
    places: dict[int, int] = {}
    order: list[int] = []
    stack = [(end, False) for end in reversed(ends) if end >= 0]
    while stack:
        number, is_done = stack.pop()
        if number in places:
            continue
        if is_done:
            places[number] = len(order)
            order.append(number)
            continue
        stack.append((number, True))
        sources = [source for source in nodes[number].sources if source != INPUT]
        if nodes[number].kind in COMMUTATIVE:
            sources.sort(key=lambda source: (-depths[source], _tip(nodes, source)))
        stack += [(source, False) for source in reversed(sources)]
    layers = tuple(
        replace(
            nodes[number],
            sources=tuple(places.get(source, INPUT) for source in nodes[number].sources),
            input=_squeezed(nodes[number].input),
            output=_squeezed(nodes[number].output),
        )
        for number in order
    )
    return Layers(layers, tuple(places.get(end, INPUT) for end in ends))


def _tip(nodes: Sequence[Layer], number: int) -> list[str]:
    """Describe a branch from its end, so that equal ones stand in one order on both sides."""
    found: list[str] = []
    while number >= 0 and len(found) < 8:
        found.append(f"{describe(nodes[number])} {sorted(nodes[number].settings.items())}")
        number = nodes[number].sources[0] if nodes[number].sources else _NOTHING
    return found


def _squeezed(shape: Shape) -> Shape:
    """Leave out rows and columns of 1, which a flattened map has not."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _joined(node: Layer, nodes: Sequence[Layer]) -> Layer:
    """See one layer where several operations come to one."""
    if node.kind == "bias" and node.sources and node.sources[0] != INPUT:
        layer = nodes[node.sources[0]]
        if layer.settings.get("bias") is False:
            return replace(layer, settings={**layer.settings, "bias": True})
    if node.kind == "div" and len(node.sources) == 2:
        size = _response_norm(nodes, *node.sources)
        if size:
            sources = node.sources[:1]
            return replace(node, kind="lrn", settings={"size": size}, sources=sources)
    return node


def _response_norm(nodes: Sequence[Layer], source: int, below: int) -> int:
    """Give the size of a local response norm, 0 where what is divided by is none."""
    size = 0
    for _ in range(6):
        if below < 0:
            return 0
        node = nodes[below]
        if node.kind == "avg pool":
            size = max(node.settings["kernel"])
        if node.kind == "mul" and node.sources == (source, source):
            return size
        if node.kind not in ("avg pool", "mul", "add", "shift", "pow") or len(node.sources) != 1:
            return 0
        below = node.sources[0]
    return 0


_MOVES = {
    f"aten.{name}"
    for name in (
        "clone _to_copy constant_pad_nd _unsafe_view native_dropout lift_fresh "
        "unsafe_split unsafe_split_with_sizes squeeze_ unsqueeze_ transpose_ t_ detach"
    ).split()
}
"""Operations that are no layer."""

_FACTORIES = {
    f"aten.{name}"
    for name in (
        "empty_like zeros_like ones_like full_like rand_like randn_like randint_like new_empty "
        "new_empty_strided new_zeros new_ones new_full"
    ).split()
}
"""Operations that read no more of a tensor than its sizes."""


def _node(call: Call, sources: tuple[int, ...], before: Shape) -> Layer:
    kind, settings = name_layer(call.operation, before)
    return Layer(
        kind=kind,
        settings=settings,
        path=call.place,
        sources=sources,
        input=before,
        output=before[:2] if kind.startswith("global ") else call.operation.output.shape,
    )
