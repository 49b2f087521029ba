"""How the fvcore engine counts each operation of a trace."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from archcount.layers.adaptive_pooling import windows_total

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # as in the engine
    from fvcore.nn.jit_handles import conv_flop_jit, get_shape, linear_flop_jit

Handle = Callable[[list[Any], list[Any]], Counter[str]]


def _elements(value: Any) -> int:
    """Count a traced tensor's numbers; a trace that does not know them is a bug, never 0."""
    shape = get_shape(value)
    assert shape is not None, f"the trace gives {value.debugName()} no shape"
    return prod(shape)


def _sizes(value: Any) -> list[int]:
    """Read a list of whole numbers from the trace."""
    constant = value.toIValue()
    if constant is not None:
        return [int(item) for item in constant]
    return [int(item.toIValue()) for item in value.node().inputs()]


def _is_none(value: Any) -> bool:
    return str(value.type()) == "NoneType"


def _convolution(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    counted = Counter(conv_flop_jit(inputs, outputs))
    counted["bias"] = 0 if _is_none(inputs[2]) else _elements(outputs[0])
    return counted


def _linear(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    bias = 0 if len(inputs) < 3 or _is_none(inputs[2]) else _elements(outputs[0])
    return Counter({"linear": int(linear_flop_jit(inputs, outputs)), "bias": bias})


def _matmul(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """Count a product, which is a linear layer where what it multiplies with is trained."""
    macs = _elements(outputs[0]) * get_shape(inputs[0])[-1]
    return Counter({"linear" if _is_trained(inputs[1]) else "matmul": macs})


def _is_whole(value: Any) -> bool:
    """Return whether a traced tensor has whole numbers or truth values, such as places."""
    return value.type().scalarType() in ("Int", "Long", "Bool")


def per_element(name: str, times: int = 1) -> Handle:
    """Return a handle that counts so many operations per element of the output, save whole ones."""

    def handle(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        return Counter({name: 0 if _is_whole(outputs[0]) else times * _elements(outputs[0])})

    return handle


def _pool(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return Counter({"pool": prod(_sizes(inputs[1])) * _elements(outputs[0])})


def _adaptive_pool(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    (images, channels, *source), (_, _, *target) = get_shape(inputs[0]), get_shape(outputs[0])
    return Counter({"pool": images * channels * prod(map(windows_total, source, target))})


def _norm(*trained: int) -> Handle:
    """Count 5 per element, and 1 for each of the inputs at these places that is there."""

    def handle(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        times = 5 + sum(not _is_none(inputs[place]) for place in trained)
        return Counter({"norm": times * _elements(outputs[0])})

    return handle


def _rms_norm(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    elements, axes = _elements(outputs[0]), len(_sizes(inputs[1]))
    times = 3 if _is_none(inputs[2]) else 4
    return Counter({"norm": times * elements + 2 * prod(get_shape(outputs[0])[:-axes])})


def _attention(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    """Count dense products, and the softmax, scaling and mask as torch does them in full."""
    *leading, queries, dim = get_shape(inputs[0])
    keys, value = get_shape(inputs[1])[-2], get_shape(inputs[2])[-1]
    pairs = prod(leading) * queries * keys
    has_mask = not _is_none(inputs[3]) or inputs[5].toIValue()
    return Counter(
        {
            "matmul": pairs * (dim + value),
            "softmax": 5 * pairs,
            "mul": prod(leading) * dim * (queries + keys),
            "bias" if _is_trained(inputs[3]) else "add": pairs if has_mask else 0,
        }
    )


def _is_trained(value: Any) -> bool:
    """Return whether a traced value comes of what the network holds alone, by more than sizes."""
    ways, seen, sources = [value], set(), []
    while ways:
        source = ways.pop()
        name, node = source.debugName(), source.node()
        if name in seen or node.kind() == "aten::size":
            continue
        if node.kind() == "prim::Param":
            sources.append(source)
        seen.add(name)
        ways += node.inputs()
    return bool(sources) and all(each.requires_grad() for each in sources)


def _recurrent(gates: int, **elementwise: int) -> Handle:
    """Count each weight and bias once a position, and so much for each number of the states."""

    def handle(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
        positions = prod(get_shape(inputs[0])[:-1])
        sizes = [get_shape(each) for each in inputs[2].node().inputs()]
        layers, ways = inputs[4].toIValue(), 1 + inputs[7].toIValue()
        numbers = positions * layers * ways * sizes[0][0] // gates
        return Counter(
            linear=positions * sum(prod(size) for size in sizes if len(size) == 2),
            bias=positions * sum(prod(size) for size in sizes if len(size) == 1),
            **{name: numbers * times for name, times in elementwise.items()},
        )

    return handle


def _index_add(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return Counter({"other": _elements(inputs[3])})


def _recurrence(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return Counter({"mul": _elements(outputs[0]), "add": _elements(outputs[0])})


def _mean(inputs: list[Any], outputs: list[Any]) -> Counter[str]:
    return Counter({"other": _elements(inputs[0])})


_ACTIVATIONS = (
    "celu elu gelu hardsigmoid hardswish hardtanh leaky_relu mish prelu relu relu6 selu sigmoid "
    "silu softplus tanh"
).split()
_MOVES = (
    "arange cat channel_shuffle chunk embedding eq expand flatten index index_select movedim "
    "narrow new_empty new_zeros nonzero_numpy pad pixel_shuffle pixel_unshuffle scatter select "
    "slice squeeze to topk transpose unflatten unsqueeze upsample_nearest1d upsample_nearest2d "
    "upsample_nearest3d view view_as where zeros_like "
    "__or__ bitwise_not expand_as ge gt le lt masked_fill ne permute roll split split_with_sizes"
).split()
HANDLES: Mapping[str, Handle] = {
    "aten::_convolution": _convolution,
    "aten::linear": _linear,
    "aten::matmul": _matmul,
    "aten::batch_norm": per_element("norm", 2),
    "aten::layer_norm": _norm(2, 3),
    "aten::group_norm": _norm(2, 3),
    "aten::instance_norm": _norm(1, 2),
    "aten::rms_norm": _rms_norm,
    **{f"aten::{name}": per_element("activation") for name in _ACTIVATIONS},
    **{f"aten::{name}_": per_element("activation") for name in _ACTIVATIONS},
    **{f"aten::{kind}_pool{axes}d": _pool for kind in ("avg", "max") for axes in (1, 2, 3)},
    **{
        f"aten::adaptive_{kind}_pool{axes}d": _adaptive_pool
        for kind in ("avg", "max")
        for axes in (1, 2, 3)
    },
    "aten::max_pool2d_with_indices": _pool,
    "aten::softmax": per_element("softmax", 5),
    "aten::add": per_element("add"),
    "aten::index_add": _index_add,
    "aten::add_": per_element("add"),
    "aten::mean": _mean,
    "archcount::linear_recurrence": _recurrence,
    "aten::mul": per_element("mul"),
    **{
        f"aten::{name}": per_element("other") for name in ("cos", "exp", "neg", "pow", "sin", "sub")
    },
    "aten::upsample_linear1d": per_element("other", 3),
    "aten::upsample_bilinear2d": per_element("other", 7),
    "aten::upsample_trilinear3d": per_element("other", 15),
    "aten::upsample_bicubic2d": per_element("other", 31),
    "aten::scaled_dot_product_attention": _attention,
    "aten::div": per_element("div"),
    "aten::lstm": _recurrent(4, activation=5, add=5, mul=3),
    "aten::gru": _recurrent(3, activation=3, add=4, mul=2, other=1),
    "aten::rnn_tanh": _recurrent(1, activation=1, add=1),
    "aten::rnn_relu": _recurrent(1, activation=1, add=1),
    **{f"aten::{name}": lambda inputs, outputs: Counter() for name in _MOVES},
}
"""How each operation of the trace is counted; fvcore's own handles serve for the others."""
