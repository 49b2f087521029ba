"""A pass as layers: what a model does, however its code is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

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
    for name in ("size", "to", "by"):
        if name in settings:
            words.append(f"{name} {settings[name]}")
    return " ".join(words)


def _same(values: Sequence[int]) -> str:
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def layers_of(trace: Trace) -> tuple[Layer, ...]:
    """Give the layers that lead to a model's results, in the order of what they read.

    A layer stands after all that it reads, the branches of a concatenation in their order, the
    longer branch of a sum first: in which order the code runs them does not matter. What moves
    numbers without arithmetic is no layer; several operations that come to one layer (a local
    response norm, a product and its bias) are one. A softmax that gives the result is left out.
    """
    nodes: list[Layer] = []
    pads: dict[int, tuple[int, ...]] = {}
    made: dict[int, int] = {}
    padded: dict[int, Shape] = {}
    for call in trace.calls:
        operation = call.operation
        read = [spec for spec in operation.tensors() if spec.origin == Origin.INPUT]
        if not read or not operation.outputs or operation.is_view:
            continue
        sources = tuple(made.get(spec.storage, INPUT) for spec in read)
        written = {spec.storage for spec in operation.outputs}
        if operation.name in _MOVES:
            for storage in written - {spec.storage for spec in read}:
                made[storage] = sources[0]
                if operation.name == "aten.constant_pad_nd":
                    padded[storage] = tuple(operation.arguments["pad"])
                elif read[0].storage in padded:
                    padded[storage] = padded[read[0].storage]
            continue
        before = _bare(read[0], padded) if sources[0] == INPUT else nodes[sources[0]].output
        node = _node(call, read, sources, before)
        if node is None:
            continue
        amount = padded.get(read[0].storage, ())
        if amount:
            pads[len(nodes)] = amount
            node = replace(node, settings=_with_pads(node.settings, amount))
        nodes.append(_joined(node, nodes))
        for storage in written:
            made[storage] = len(nodes) - 1
            padded.pop(storage, None)
    ends = [made.get(storage, INPUT) for storage in trace.results]
    ends = [_before_softmax(nodes, end) for end in ends if end != INPUT]
    return _ordered(nodes, ends)


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
    pads = list(settings["pads"])
    for number, width in enumerate(amount):
        place = len(pads) - 1 - number // 2
        if place >= 0:
            pads[place] += width
    return {**settings, "pads": tuple(pads)}


def _before_softmax(nodes: Sequence[Layer], end: int) -> int:
    before = nodes[end].sources[0]
    return before if nodes[end].kind in ("softmax", "log softmax") and before != INPUT else end


def _ordered(nodes: Sequence[Layer], ends: Sequence[int]) -> tuple[Layer, ...]:
    depths: list[int] = []
    for node in nodes:
        known = [depths[source] for source in node.sources if source != INPUT]
        depths.append(1 + max(known, default=0))
    places: dict[int, int] = {}
    order: list[int] = []
    stack = [(end, False) for end in reversed(ends)]
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
        if nodes[number].kind != "concat":
            sources.sort(key=lambda source: -depths[source])
        stack += [(source, False) for source in reversed(sources)]
    return tuple(
        replace(
            nodes[number],
            sources=tuple(places.get(source, INPUT) for source in nodes[number].sources),
            input=_squeezed(nodes[number].input),
            output=_squeezed(nodes[number].output),
        )
        for number in order
    )


def _squeezed(shape: Shape) -> Shape:
    """Leave out rows and columns of 1, which a flattened map has not."""
    while len(shape) > 2 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


def _joined(node: Layer, nodes: Sequence[Layer]) -> Layer:
    """See one layer where several operations come to one."""
    if node.kind == "bias" and node.sources[0] != INPUT:
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
        if below == INPUT:
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
        "clone _to_copy constant_pad_nd _unsafe_view native_dropout copy_ lift_fresh "
        "unsafe_split unsafe_split_with_sizes squeeze_ unsqueeze_ transpose_ t_ detach"
    ).split()
}
"""Operations that are no layer."""


def _node(
    call: Call, read: Sequence[TensorSpec], sources: tuple[int, ...], before: Shape
) -> Layer | None:
    operation = call.operation
    name = operation.name.removeprefix("aten.").removesuffix("_")
    made = _MAKERS.get(name, _other)(operation, before)
    if made is None:
        return None
    kind, settings = made
    return Layer(
        kind=kind,
        settings=settings,
        path=call.place,
        sources=sources,
        input=before,
        output=before[:2] if kind.startswith("global ") else operation.output.shape,
    )


_Made = tuple[str, dict[str, Any]] | None


def _conv(operation: Operation, before: Shape) -> _Made:
    weight = operation.tensor("weight").shape
    transposed, groups = operation.arguments["transposed"], operation.arguments["groups"]
    given = operation.tensor("input").shape[1]
    out = operation.output.shape[1]
    has_bias = operation.arguments["bias"] is not None
    kernel = weight[2:]
    places = operation.tensor("input").shape[2:]
    if all(size == 1 for size in (*kernel, *places)) and groups == 1:
        return "linear", {"in": given, "out": out, "bias": has_bias}
    dims = len(kernel)
    settings = {
        "kernel": kernel,
        "stride": _each(operation.arguments["stride"], dims),
        "dilation": _each(operation.arguments["dilation"], dims),
        "groups": "depthwise" if groups == given > 1 else groups,
        "in": given,
        "out": out,
        "bias": has_bias,
        "pads": tuple(2 * pad for pad in _each(operation.arguments["padding"], dims)),
    }
    return ("transposed conv" if transposed else "conv"), settings


def _each(values: Sequence[int], dims: int) -> tuple[int, ...]:
    return tuple(values) * dims if len(values) == 1 else tuple(values)


def _product(left: str, right: str, added: str = "") -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        one, other = operation.tensor(left), operation.tensor(right)
        trained = [spec.origin != Origin.INPUT for spec in (one, other)]
        if any(trained):
            weight = other if trained[1] else one
            out = weight.shape[-1] if trained[1] and len(weight.shape) > 1 else weight.shape[0]
            bias = bool(added) and operation.tensor(added).origin == Origin.WEIGHT
            return "linear", {"in": one.shape[-1], "out": out, "bias": bias}
        return "matmul", {"sizes": (one.shape, other.shape)}

    return make


def _pool(kind: str, dims: int) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        arguments = operation.arguments
        kernel = _each(arguments["kernel_size"], dims)
        if kernel == before[-dims:] and all(size == 1 for size in operation.output.shape[-dims:]):
            return f"global {kind} pool", {"window": kernel}
        settings = {
            "kernel": kernel,
            "stride": _each(arguments.get("stride") or kernel, dims),
            "pads": tuple(2 * pad for pad in _each(arguments["padding"], dims)),
            "ceil": bool(arguments.get("ceil_mode")),
        }
        return f"{kind} pool", settings

    return make


def _adaptive(kind: str, dims: int) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        sizes = operation.output.shape[-dims:]
        if all(size == 1 for size in sizes):
            return f"global {kind} pool", {}
        return f"adaptive {kind} pool", {"to": "x".join(map(str, sizes))}

    return make


def _reduced(kind: str) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        shape = operation.tensor("self").shape
        dims = {dim % len(shape) for dim in operation.arguments.get("dim") or ()}
        if len(shape) > 2 and dims == set(range(2, len(shape))):
            return f"global {kind} pool", {}
        return f"{kind} over dimensions", {"by": tuple(sorted(dims))}

    return make


def _sum(operation: Operation, before: Shape) -> _Made:
    other = operation.arguments["other"]
    if not isinstance(other, TensorSpec):
        return "shift", {"by": other}
    both = [operation.tensor("self"), other]
    if any(spec.origin == Origin.WEIGHT for spec in both):
        return "bias", {}
    return ("add" if all(spec.origin == Origin.INPUT for spec in both) else "shift"), {}


def _times(operation: Operation, before: Shape) -> _Made:
    other = operation.arguments["other"]
    if isinstance(other, TensorSpec):
        return "mul", {"by": "weights"} if other.origin == Origin.WEIGHT else {}
    return "mul", {"by": other}


def _hardtanh(operation: Operation, before: Shape) -> _Made:
    low, high = operation.arguments["min_val"], operation.arguments["max_val"]
    return ("relu6", {}) if (low, high) == (0, 6) else ("hardtanh", {"by": (low, high)})


def _clamp(operation: Operation, before: Shape) -> _Made:
    low, high = operation.arguments.get("min"), operation.arguments.get("max")
    if low == 0 and high in (None, 6):
        return ("relu" if high is None else "relu6"), {}
    return "clamp", {"by": (low, high)}


def _constant(kind: str, *names: str) -> Callable[[Operation, Shape], _Made]:
    def make(operation: Operation, before: Shape) -> _Made:
        return kind, {name: operation.arguments[name] for name in names}

    return make


def _softmax(operation: Operation, before: Shape) -> _Made:
    dims = len(operation.tensor("self").shape)
    return "softmax", {"dim": operation.arguments["dim"] % max(dims, 1) - dims}


def _layer_norm(operation: Operation, before: Shape) -> _Made:
    return "layer norm", {"size": "x".join(map(str, operation.arguments["normalized_shape"]))}


def _other(operation: Operation, before: Shape) -> _Made:
    name = operation.name.removeprefix("aten.").removesuffix("_").strip("_").replace("_", " ")
    kept = {
        key: value
        for key, value in operation.arguments.items()
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    }
    return name, kept


_MAKERS: Mapping[str, Callable[[Operation, Shape], _Made]] = {
    "convolution": _conv,
    "mm": _product("self", "mat2"),
    "bmm": _product("self", "mat2"),
    "mv": _product("self", "vec"),
    "addmm": _product("mat1", "mat2", "self"),
    "baddbmm": _product("batch1", "batch2", "self"),
    "max_pool2d_with_indices": _pool("max", 2),
    "max_pool3d_with_indices": _pool("max", 3),
    "avg_pool2d": _pool("avg", 2),
    "avg_pool3d": _pool("avg", 3),
    "_adaptive_avg_pool2d": _adaptive("avg", 2),
    "adaptive_max_pool2d": _adaptive("max", 2),
    "_adaptive_avg_pool3d": _adaptive("avg", 3),
    "adaptive_max_pool3d": _adaptive("max", 3),
    "mean": _reduced("avg"),
    "amax": _reduced("max"),
    "add": _sum,
    "mul": _times,
    "cat": _constant("concat"),
    "relu": _constant("relu"),
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "clamp_min": _clamp,
    "_softmax": _softmax,
    "_safe_softmax": _softmax,
    "_log_softmax": _constant("log softmax"),
    "native_layer_norm": _layer_norm,
    "native_group_norm": _constant("group norm", "group"),
    "_fused_rms_norm": _constant("rms norm"),
    **dict.fromkeys(
        (
            "native_batch_norm",
            "_native_batch_norm_legit",
            "_native_batch_norm_legit_no_training",
            "cudnn_batch_norm",
            "_batch_norm_with_update",
            "_batch_norm_no_update",
        ),
        _constant("batch norm"),
    ),
}
"""What each operation is called as a layer, and its settings."""
