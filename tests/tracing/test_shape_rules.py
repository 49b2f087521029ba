"""Shape rules of operators: what they answer is what torch answers, and they answer nothing else."""

from __future__ import annotations

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from archcount.operators.operation import Operation, Origin
from archcount.operators.registry import OPERATORS
from archcount.tracing.op_schema import schema_of
from archcount.tracing.tensor_specs import described

aten = torch.ops.aten
META = torch.device("meta")


def empty(*shape, dtype=torch.float32, strides=None):
    if strides is not None:
        return torch.empty_strided(shape, strides, dtype=dtype, device=META)
    return torch.empty(shape, dtype=dtype, device=META)


def last(*shape):
    return empty(*shape).to(memory_format=torch.channels_last)


def spec(tensor):
    return described(tensor, Origin.INPUT, 0)._replace(requires_grad=False)


def answered(func, *args, **kwargs):
    """Give what the rule says and what torch says, None where either says nothing."""
    schema = schema_of(func)
    assert schema.shape is not None, func
    tensors = [
        item
        for value in (*args, *kwargs.values())
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, torch.Tensor)
    ]
    arguments = schema.named(args, kwargs, {id(item): spec(item) for item in tensors})
    found = schema.shape(Operation(schema.name, arguments, ()))
    try:
        given = func(*args, **kwargs)
    except (RuntimeError, IndexError, ValueError):
        return found, None
    given = given if isinstance(given, tuple) else (given,)
    return found, tuple(map(spec, given))


def plain(found):
    return found and tuple([(each.shape, each.dtype, each.layout) for each in found])


SHAPES = [(), (1,), (3,), (2, 3), (1, 3), (3, 1), (2, 1, 3), (1, 1, 3), (2, 3, 4, 5), (2, 3, 1, 1)]
SHAPES += [(1, 4, 1, 5), (0, 3), (2, 0, 3)]
TENSORS = [
    *[empty(*shape) for shape in SHAPES],
    empty(2, 3, dtype=torch.half),
    empty(2, 3, dtype=torch.int64),
    empty(2, 3, dtype=torch.cfloat),
    empty(3, 2).t(),
    empty(2, 4, 3, 5).transpose(1, 2),
    empty(2, 4, 1, 5).transpose(1, 2),
    empty(4, 2, 3).permute(1, 2, 0),
    empty(1, 3, 2).permute(2, 0, 1),
    empty(2, 3, strides=(6, 2)),
    last(2, 3, 4, 5),
    last(2, 3, 1, 1),
    empty(1, 3).expand(2, 3),
]
UNARY = (
    "relu sigmoid tanh silu gelu hardtanh leaky_relu elu mish hardswish hardsigmoid softplus neg "
    "exp log sqrt rsqrt"
).split()
CALLS = [
    *[(getattr(aten, name).default, (x,)) for name in UNARY for x in TENSORS],
    *[(aten.pow.Tensor_Scalar, (x, y)) for x in TENSORS for y in (2, 0.5, 1j)],
    *[(aten.clamp.default, (x, *y)) for x in TENSORS for y in ((0,), (0.0, 6.0), (None, 3))],
    *[
        (getattr(aten, name).Tensor, pair)
        for name in ("add", "sub", "mul", "div")
        for pair in product(TENSORS, TENSORS)
    ],
    *[
        (getattr(aten, name).Scalar, (x, y))
        for name in ("add", "sub", "mul", "div")
        for x in TENSORS
        for y in (2, 0.5, True, 1j)
    ],
    *[(aten._softmax.default, (x, -1, False)) for x in TENSORS],
    *[(aten._log_softmax.default, (x, -1, False)) for x in TENSORS],
    *[(aten._safe_softmax.default, (x, -1)) for x in TENSORS],
    *[(aten._safe_softmax.default, (x, -1, torch.float64)) for x in TENSORS],
    *[
        (func, (x, list(axes), keep))
        for func in (aten.mean.dim, aten.amax.default)
        for x in TENSORS
        for axes in ((-1,), (0,), (0, 1), (-1, -2), (2, 3), (1, 1), ())
        for keep in (False, True)
    ],
    *[
        (aten.native_layer_norm.default, (x, list(x.shape[kept:]), None, None, 1e-5))
        for x in TENSORS
        for kept in range(x.ndim)
    ],
    *[
        (aten.convolution.default, (x, w, b, s, p, d, False, [0, 0], g))
        for x in (empty(2, 4, 7, 9), empty(1, 4, 3, 3), empty(2, 4, 1, 1), last(2, 4, 7, 9))
        for w in (empty(8, 4, 3, 3), empty(8, 4, 1, 1), empty(8, 2, 3, 1), last(8, 4, 3, 3))
        for b, s, p in product((None, empty(8)), ([1, 1], [2], [3, 1]), ([0, 0], [1, 1], [0, 2]))
        for d, g in (([1, 1], 1), ([2, 2], 1), ([1, 1], 2))
    ],
    (aten.convolution.default, (empty(2, 4, 9), empty(8, 4, 3), None, [1], [1], [1], False, [0], 1)),
    (aten._convolution.default, (empty(2, 4, 9), empty(8, 4, 3), None, [2], [1], [1], False, [0], 1, False, False, False, False)),
    *[
        (func, (x, k, s, p, *dilation, ceil))
        for func, dilation in ((aten.max_pool2d_with_indices.default, [[1, 1]]),
                               (aten.max_pool2d_with_indices.default, [[2, 1]]),
                               (aten.avg_pool2d.default, []))
        for x in (empty(2, 4, 7, 9), empty(1, 4, 3, 3), empty(4, 8, 8), last(2, 4, 7, 9))
        for k in ([2, 2], [3, 3], [3, 2], [3])
        for s in ([], [2, 2], [1, 3])
        for p in ([0, 0], [1, 1], [2, 0])
        for ceil in (False, True)
    ],
    *[
        (aten.avg_pool3d.default, (empty(1, 1, 8, 7, 9), [5, 1, 1], [s], [p, 0, 0], ceil))
        for s, p, ceil in product((1, 2, 3), (0, 2, 3), (False, True))
    ],
    *[
        (aten.embedding.default, (weight, torch.empty(shape, dtype=dtype, device=META)))
        for weight in TENSORS
        if weight.ndim == 2
        for shape in ((), (1,), (4,), (2, 4), (0, 3), (2, 1, 3))
        for dtype in (torch.int64, torch.int32, torch.int16)
    ],
    *[
        (func, (x, 1))
        for func in (aten.tril.default, aten.triu.default)
        for x in (*TENSORS, empty(4, 4, dtype=torch.bool))
    ],
    *[
        (aten.where.self, (mask, x, y))
        for mask in (empty(2, 3, dtype=torch.bool), empty(3, 2, dtype=torch.bool).t())
        for x, y in product((empty(), empty(dtype=torch.half), empty(2, 3)), repeat=2)
    ],
    *[(aten.cat.default, ([x, y], axis)) for x in TENSORS for y in TENSORS for axis in (0, 1, -1)],
    *[(aten.mm.default, (x, y)) for x, y in product(TENSORS, TENSORS)],
    *[(aten.mm.default, (x, y.t())) for x, y in product(TENSORS, TENSORS) if y.ndim == 2],
    *[
        (aten.addmm.default, (b, empty(2, 4), w))
        for b in TENSORS
        for w in (empty(4, 3), empty(3, 4).t(), empty(5, 3))
    ],
    *[
        (aten.baddbmm.default, (b, empty(2, 3, 4), w))
        for b in (empty(2, 3, 5), empty(5), empty(1, 1, 5), empty(3, 1))
        for w in (empty(2, 4, 5), empty(2, 5, 4).mT)
    ],
    *[(aten.bmm.default, (empty(2, 3, 4), w)) for w in (empty(2, 4, 5), empty(2, 5, 4).mT, empty(1, 4, 5))],
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:ComplexHalf")
def test_a_rule_says_what_torch_says():
    wrong, rules = [], set()
    for func, args in CALLS:
        found, given = answered(func, *args)
        if found is not None:
            rules.add(str(func.overloadpacket))
            if func is aten._convolution.default and given is None:
                continue  # torch 2.6 has no answer on the meta device, which the rule stands in for
            if plain(found) != plain(given):
                wrong.append((func, args, plain(found), plain(given)))
    assert not wrong, (len(wrong), *map(repr, wrong[:40]))
    # Every rule has answered something here.
    known = {name for name, operator in OPERATORS.items() if operator.shape}
    assert known - rules <= UNTRIED


UNTRIED = {
    f"aten.{name}"
    for name in (
        "relu6 celu selu threshold softshrink hardshrink square clamp_min native_batch_norm "
        "max_pool3d_with_indices _grouped_mm"
    ).split()
}
"""Those that work as others which are tried, or on purpose otherwise than torch: a batch norm, a grouped product."""


@pytest.mark.skipif(not hasattr(torch, "_grouped_mm"), reason="this torch has no grouped product")
def test_a_grouped_product_is_as_with_numbers():
    func, ends = aten._grouped_mm.default, torch.tensor([4, 8], dtype=torch.int32)
    cases = [
        ((8, 4), (2, 4, 8), ends),
        ((2, 8, 4), (4, 8), ends),
        ((8, 8), (8, 4), ends),
        ((2, 8, 4), (2, 4, 8), None),
    ]
    for one, other, offs in cases:
        args = (empty(*one), empty(*other), offs if offs is None else offs.to("meta"))
        found, _ = answered(func, *args)
        real = func(torch.ones(one), torch.ones(other), offs)
        assert [(each.shape, each.dtype) for each in found] == [(tuple(real.shape), "float32")]
    odd = (empty(8, 3), empty(2, 3, 8), ends.to("meta"))  # its rows do not take 16 bytes
    assert answered(func, *odd)[0] is None


def test_statistics_of_a_batch_norm_are_made_in_training_alone():
    x, p = empty(2, 4, 3, 3), empty(4)
    func = aten.native_batch_norm.default
    found, given = answered(func, x, p, p, p, p, False, 0.1, 1e-5)
    assert plain(found)[0] == plain(given)[0]
    # On a CPU, numbers and all, torch keeps none.
    real = func(*[torch.ones(t.shape) for t in (x, p, p, p, p)], False, 0.1, 1e-5)
    assert [each.shape for each in found] == [tuple(t.shape) for t in real]
    assert answered(func, x, p, p, p, p, True, 0.1, 1e-5)[0] is None


def test_a_rule_leaves_errors_to_torch():
    with pytest.raises(RuntimeError):
        F.conv2d(empty(1, 3, 2, 2), empty(4, 3, 5, 5))
    assert answered(aten.cat.default, [empty(2, 3), empty(3, 3)], 1) == (None, None)
    conv = (empty(1, 3, 4, 4), empty(4, 3, 1, 1), None, [1, 1, 1], [0], [1], False, [0], 1)
    assert answered(aten.convolution.default, *conv)[0] is None  # three strides for two axes
