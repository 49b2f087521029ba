"""Equal calls of a pass, worked out once: the same as torch says of each, in every part of a report."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
import torch
import torch._dynamo  # a pass alone is not repeated where its first checkpoint imports it
from handwritten import NETWORKS as HANDWRITTEN
from handwritten import STYLES, build
from helpers.shipped import NETWORKS
from probes import PROBES
from torch import nn
from torch.utils._pytree import tree_map

import archcount as ac
from archcount.operators.operation import Operation, TensorSpec
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.run_context import counting_context
from archcount.tracing.tensor_specs import Memories
from archcount.tracing.trace import trace


def numbered(value, numbers):
    """Number memories in the order in which they are met, as no two passes use the same."""
    if isinstance(value, TensorSpec):
        return value._replace(storage=numbers.setdefault(value.storage, len(numbers)))
    if isinstance(value, Operation):
        arguments = {name: numbered(item, numbers) for name, item in value.arguments.items()}
        return replace(value, arguments=arguments, outputs=numbered(value.outputs, numbers))
    if isinstance(value, list | tuple):
        return type(value)(numbered(item, numbers) for item in value)
    return value


def told(module, inputs, train=False, device="meta"):
    """Run a model; give everything that is known of the pass."""
    module = ModelCopy(module, device).module.train(train)
    given = tree_map(lambda x: x.to(device) if isinstance(x, torch.Tensor) else x, inputs)
    with counting_context():
        traced = trace(module, given)
    numbers: dict[int, int] = {}
    calls = [
        (numbered(call.operation, numbers), call.place, call.pattern.charge, call.has_gradient)
        for call in traced.calls
    ]
    rest = (traced.modules, traced.activation_bytes, traced.peak_bytes, traced.remarks)
    return calls, rest, numbered([numbers.get(item) for item in traced.results], {})


@contextmanager
def keyed(change) -> Iterator[None]:
    """Have calls told apart by something else than all that they depend on."""
    known = Memories.read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Memories, "read", lambda *given: change(known(*given)))
        yield


def each_asked():
    """Have every call worked out, as if no two were equal."""
    return keyed(lambda key: key and (object(),))


def both_ways(ask):
    """Ask with every call worked out, and as it is done."""
    with each_asked():
        plain = ask()
    return plain, ask()


ON_META = [probe for probe in PROBES if "meta" in probe.devices]


@pytest.mark.filterwarnings("ignore")  # some of torch's own layers warn when they are made
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("probe", ON_META, ids=lambda probe: probe.name)
def test_probes_are_told_the_same(probe, train):
    torch.manual_seed(0)
    module, inputs = probe.build(), probe.inputs()
    plain, found = both_ways(lambda: told(module, inputs, train))
    assert found == plain


def same_network(name, variant, train):
    sizes = [shape.as_input for shape in ac.load(name).architecture(variant=variant).input_shapes]
    with torch.device("meta"):
        network = ac.load(name).build(variant=variant)
    batch = 1 if "[" in sizes[0] else 2
    plain, found = both_ways(
        lambda: ac.count(network, input=sizes, batch=batch, train=train).record
    )
    assert found == plain


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", HANDWRITTEN)
def test_networks_by_hand_are_told_the_same(name, style, train):
    with torch.device("meta"):
        module = build(HANDWRITTEN[name], style)
    images = torch.empty(2, 3, 224, 224, device="meta")
    plain, found = both_ways(lambda: told(module, [images], train))
    assert found == plain


@pytest.mark.parametrize(("name", "variant"), random.Random(0).sample(NETWORKS, 3))
@pytest.mark.parametrize("train", [False, True])
def test_tables_are_told_the_same(name, variant, train):
    same_network(name, variant, train)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "variant"), NETWORKS)
@pytest.mark.parametrize("train", [False, True])
def test_all_tables_are_told_the_same(name, variant, train):
    same_network(name, variant, train)


class Does(nn.Module):
    """Does one thing with a trained tensor, a constant and the input."""

    def __init__(self, does, train=True):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 4), requires_grad=train)
        self.constant = [torch.zeros(4, 4)]
        self.does = does

    def forward(self, x):
        return self.does(x, self.weight, self.constant[0])


X = torch.zeros(4, 4)
IMAGE = torch.zeros(1, 4, 6, 6)
PAIRS = {
    # what is left out of the key: two calls that differ in it alone
    "shape": [(Does(lambda x, w, c: x.relu()), X), (Does(lambda x, w, c: x.relu()), X[:2])],
    "stride": [
        (Does(lambda x, w, c: x.relu()), IMAGE),
        (Does(lambda x, w, c: x.relu()), IMAGE.to(memory_format=torch.channels_last)),
    ],
    "offset": [
        (Does(lambda x, w, c: x[:, 0:2].neg()), X),
        (Does(lambda x, w, c: x[:, 1:3].neg()), X),
    ],
    "dtype": [(Does(lambda x, w, c: x + x), X), (Does(lambda x, w, c: x + x), X.half())],
    "requires_grad": [
        (Does(lambda x, w, c: x @ w), X),
        (Does(lambda x, w, c: x @ w, train=False), X),
    ],
    "origin": [
        (Does(lambda x, w, c: x + w, train=False), X),
        (Does(lambda x, w, c: x + c, train=False), X),
    ],
    "kind of number": [
        (Does(lambda x, w, c: x.sum(dtype=torch.int64) + 1), X),
        (Does(lambda x, w, c: x.sum(dtype=torch.int64) + 1.0), X),
    ],
    "truth value": [
        (Does(lambda x, w, c: x.bool() * True), X),
        (Does(lambda x, w, c: x.bool() * 1), X),
    ],
    "sign of nothing": [
        (Does(lambda x, w, c: nn.functional.pad(x, (1, 1), value=0.0)), X),
        (Does(lambda x, w, c: nn.functional.pad(x, (1, 1), value=-0.0)), X),
    ],
    "argument": [
        (Does(lambda x, w, c: x.sum(0)), X),
        (Does(lambda x, w, c: x.sum(1, keepdim=True)), X),
    ],
    "name": [
        (Does(lambda x, w, c: torch.zeros(2, dtype=torch.half, device=x.device) + x[0, 0]), X),
        (Does(lambda x, w, c: torch.zeros(2, device=x.device) + x[0, 0]), X),
    ],
    "conjugate": [
        (Does(lambda x, w, c: x.mul(2)), X.cfloat()),
        (Does(lambda x, w, c: x.conj().mul(2)), X.cfloat()),
    ],
}


class Both(nn.Module):
    """Runs two models, one after the other."""

    def __init__(self, *models):
        super().__init__()
        self.models = nn.ModuleList(models)

    def forward(self, *given):
        return [model(x) for model, x in zip(self.models, given, strict=True)]


def texts(pair):
    """Give what is told of two calls in one pass; -0.0 is not 0.0."""
    calls, *rest = told(Both(*[model for model, _ in pair]), [x for _, x in pair])
    return [repr([call[0] for call in calls if f"models.{n}" == call[1]]) for n in (0, 1)], rest


@pytest.mark.parametrize("name", PAIRS)
def test_calls_that_differ_in_one_thing_are_told_apart(name):
    for pair in (PAIRS[name], PAIRS[name][::-1]):
        plain, found = both_ways(lambda: texts(pair))  # noqa: B023
        assert plain[0][0] != plain[0][1]
        assert found == plain


LEFT_OUT = {
    "shape": lambda spec: spec._replace(shape=()),
    "stride": lambda spec: spec._replace(layout=spec.layout[:1]),
    "offset": lambda spec: spec._replace(layout=spec.layout[1:]),
    "dtype": lambda spec: spec._replace(dtype=""),
    "requires_grad": lambda spec: spec._replace(requires_grad=False),
    "origin": lambda spec: spec._replace(origin=0),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_nothing_of_a_tensor_can_be_left_out_of_the_key(name):
    def without(key):
        return key and tuple(
            LEFT_OUT[name](part) if isinstance(part, TensorSpec) else part for part in key
        )

    with each_asked():
        plain = texts(PAIRS[name])
    with keyed(without), suppress(RuntimeError):  # torch may notice itself
        assert texts(PAIRS[name]) != plain


@pytest.mark.parametrize("name", ["kind of number", "sign of nothing"])
def test_numbers_of_other_types_are_other_keys(name):
    def without(part):
        if isinstance(part, tuple) and not isinstance(part, TensorSpec):
            is_number = len(part) == 2 and part[0] in (bool, float)
            return float(part[1]) if is_number else tuple(map(without, part))
        return part

    with each_asked():
        plain = texts(PAIRS[name])
    with keyed(without):
        assert texts(PAIRS[name]) != plain


def test_what_shares_memory_is_another_call():
    def shifted(x, w, c):
        return (x + 0)[:, :2].add_(x[:, 1:3])

    def within(x, w, c):
        y = x + 0
        return y[:, :2].add_(y[:, 1:3])

    for pair in ([shifted, within], [within, shifted]):
        plain, found = both_ways(lambda: failing_both(*map(Does, pair)))  # noqa: B023
        assert plain == found


def failing_both(*models):
    try:
        return told(Both(*models), [X, X])
    except RuntimeError as error:
        return str(error).partition("\n")[0]


@pytest.mark.parametrize(
    "does",
    [
        lambda x, w, c: x.mul_(w).add_(1).relu_() if x.is_leaf else x,
        lambda x, w, c: (x @ w).mul_(2).sigmoid_(),
        lambda x, w, c: (x @ w).t_().add_(1),
        lambda x, w, c: (x @ w).resize_(2, 2),
        lambda x, w, c: (x + 0).set_(c.to(x.device)),
        lambda x, w, c: (x @ w).view(2, 8).mul_(3),
        lambda x, w, c: (x @ w).detach() @ w,
        lambda x, w, c: torch.no_grad()(lambda: x @ w)() @ w,
        lambda x, w, c: torch.inference_mode()(lambda: x + 1)() + 1,
        lambda x, w, c: torch.func.vmap(lambda row: row @ w)(x),
        lambda x, w, c: torch.cat([x, x], 1).split(4, 1)[1],
        lambda x, w, c: x.expand(3, 4, 4).contiguous(),
        lambda x, w, c: nn.functional.dropout(x @ w, training=True),
        lambda x, w, c: (x @ w).max(1)[0],
        lambda x, w, c: (c + x) @ w,
        lambda x, w, c: (c.clone().add_(x), c),
        lambda x, w, c: c.clone().add_(x).nonzero(),
    ],
)
def test_operations_of_every_kind_are_told_the_same(does):
    plain, found = both_ways(lambda: failing_both(Does(does), Does(does)))
    assert plain == found


def test_a_model_whose_sizes_depend_on_what_it_did_before_is_run_each_time():
    class Grows(nn.Module):
        steps = 0

        def forward(self, x):
            Grows.steps += 1
            return x.repeat(1, Grows.steps) + 1

    sizes = [ac.count(Grows(), input="4").total.output for _ in range(3)]
    assert sizes == [(1, 4), (1, 8), (1, 12)]


def test_a_rule_of_the_program_is_asked_every_time(monkeypatch):
    from archcount.layers import Cost
    from archcount.operators import register_cost, registry
    from archcount.operators.operation import Charge

    model = Does(lambda x, w, c: x @ w @ w @ w)
    assert ac.count(model, input="[4,4]").total.macs == 3 * 64
    monkeypatch.setattr(registry, "_COSTS", {})
    asked = []
    register_cost("aten.mm")(lambda operation: asked.append(operation) or Charge(Cost(matmul=7)))
    assert ac.count(model, input="[4,4]").total.macs == 3 * 7
    assert len({spec.storage for operation in asked for spec in operation.tensors()}) == 4
    monkeypatch.undo()
    assert ac.count(model, input="[4,4]").total.macs == 3 * 64


class Temporaries(nn.Module):
    """Makes and drops a tensor of four numbers, time after time, each of the sum so far."""

    def forward(self, x):
        for _ in range(3000):
            x = x * 2
        return x


def test_no_memory_is_taken_for_another_that_was_let_go():
    # 3,000 tensors of 4 x 4 bytes; one and the next are needed at a time, whatever was dropped.
    with counting_context():
        traced = trace(Temporaries(), [torch.empty(4, device="meta")])
    made = {call.memories[-1] for call in traced.calls}
    assert len(made - {*traced.inputs}) == 3000
    assert all(number == id(storage) for number, storage in traced.storages.items())
    assert made <= traced.storages.keys()
    assert (traced.activation_bytes, traced.peak_bytes) == (3000 * 16, 2 * 16)
    # A weight that no call reads stays unread, whatever took the place of what was let go.
    model = Temporaries()
    model.register_parameter("idle", nn.Parameter(torch.empty(5)))
    assert ac.count(model, input="[4]").record.unused == 5
