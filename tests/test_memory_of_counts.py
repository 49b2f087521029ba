"""Counts that are given again whole: of models whose code is known, and only if nothing differs."""

from __future__ import annotations

import functools
import types
from types import MethodType

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import archcount as ac
from archcount.engines import models
from archcount.layers.modules import Concat
from archcount.operators.memory import forget, without_memory
from archcount.tracing.identity import identity, identity_of_inputs


def network():
    return nn.Sequential(
        nn.Conv2d(4, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        Concat({"left": nn.Conv2d(4, 4, 1), "right": nn.MaxPool2d(3, 1, 1)}),
        nn.Flatten(),
        nn.Linear(8 * 36, 3),
        nn.Linear(3, 3),
    )


def count(model, given="4x6x6", **options):
    return ac.count(model, input=given, **options).record


def runs(monkeypatch):
    """Note each run of a model."""
    ran = []
    known = models._counted
    monkeypatch.setattr(models, "_counted", lambda *a, **k: ran.append(1) or known(*a, **k))
    forget()
    return ran


def test_a_network_of_torchs_layers_is_run_once(monkeypatch):
    ran = runs(monkeypatch)
    first = count(network())
    assert count(network()) == first
    assert len(ran) == 1
    with without_memory():
        assert count(network()) == first
    again = models.count(network(), (1, 4, 6, 6), name="another")
    assert (again.name, again.modules) == ("another", first.modules)
    again.weight_bytes.clear()  # of one report, not of what is remembered
    assert count(network()) == first


def test_where_a_network_lies_does_not_matter(monkeypatch):
    ran = runs(monkeypatch)
    with torch.device("meta"):
        empty_one = network()
    assert count(network()) == count(empty_one)
    assert len(ran) == 1
    with without_memory():
        assert count(network()) == count(empty_one)


def changed(change):
    model = network()
    change(model)
    return model


def tied(model):
    model[6].bias = model[5].bias


def tied_within(model):
    model[6].weight = nn.Parameter(torch.zeros(3, 3))
    model[6].register_parameter("bias", None)
    model[6].register_parameter("other", model[6].weight)


CHANGES = {
    "stride": lambda m: setattr(m[0], "stride", (2, 2)),
    "a truth value for a number": lambda m: setattr(m[0], "groups", True),
    "a float for a number": lambda m: setattr(m[3].right, "padding", 1.0),
    "minus nothing": lambda m: setattr(m[1], "momentum", -0.0),
    "momentum": lambda m: setattr(m[1], "momentum", 0.0),
    "statistics": lambda m: setattr(m[1], "track_running_stats", False),
    "frozen": lambda m: m[0].weight.requires_grad_(False),
    "type": lambda m: m.half(),
    "one type": lambda m: m[6].double(),
    "steps of a weight": lambda m: m[0].to(memory_format=torch.channels_last),
    "a weight that is no parameter": lambda m: (
        delattr(m[0], "bias"),
        m[0].register_buffer("bias", torch.zeros(4)),
    ),
    "a plain tensor among the parameters": lambda m: m[0]._parameters.update(
        bias=torch.zeros(4, requires_grad=True)
    ),
    "size of a bias": lambda m: setattr(m[6], "bias", nn.Parameter(torch.zeros(1))),
    "no bias": lambda m: m[0].register_parameter("bias", None),
    "tied": tied,
    "tied within": tied_within,
    "a module twice": lambda m: m.append(m[6]),
    "another module": lambda m: m.__setitem__(2, nn.SiLU()),
    "another branch": lambda m: m[3].add_module("third", nn.Identity()),
    "another name": lambda m: m[3].add_module("other", m[3]._modules.pop("right")),
    "a buffer": lambda m: m[2].register_buffer("own", torch.zeros(3)),
    "in place": lambda m: setattr(m[2], "inplace", True),
    "order": lambda m: (m.__setitem__(1, m[2]), m.__setitem__(2, nn.BatchNorm2d(4))),
}


@pytest.mark.parametrize("name", CHANGES)
def test_models_that_differ_in_one_thing_have_other_keys(name):
    model = changed(CHANGES[name])
    known = identity(model)
    assert known is not None
    assert known != identity(network())
    assert known == identity(changed(CHANGES[name]))
    forget()
    count(network())
    with without_memory():
        plain = failing(model)
    count(network())
    assert failing(model) == failing(model) == plain


def failing(model):
    try:
        return count(model)
    except ac.ArchcountError as error:
        return str(error)


class Own(nn.Linear):
    def forward(self, x):
        return super().forward(x) * 2


def doubled(layer):
    known = layer.forward
    layer.forward = lambda x: known(x) * 2


def renamed():
    class Linear(nn.Linear): ...

    Linear.__module__, Linear.__qualname__ = "torch.nn.modules.linear", "Linear"
    return Linear(3, 3)


UNKNOWN = {
    "a class of the program": lambda m: m.append(Own(3, 3)),
    "a class that is called as torch's": lambda m: m.append(renamed()),
    "a forward of its own": lambda m: doubled(m[6]),
    "a method": lambda m: setattr(m[6], "extra", MethodType(lambda self: 1, m[6])),
    "a tensor": lambda m: m[6].__dict__.__setitem__("own", torch.zeros(3)),
    "a list with an object": lambda m: setattr(m[6], "own", [object()]),
    "a hook": lambda m: m[6].register_forward_hook(lambda *_: None),
    "a hook before": lambda m: m[6].register_forward_pre_hook(lambda *_: None),
    "a hook on the way back": lambda m: m[6].register_full_backward_hook(lambda *_: None),
    "compiled": lambda m: m[6].compile(backend="eager"),
    "without a size": lambda m: m.append(nn.LazyLinear(3)),
    "looks at other processes": lambda m: m.append(nn.SyncBatchNorm(3)),
    "a parametrization": lambda m: nn.utils.parametrizations.weight_norm(m[6]),
    "a sparse tensor": lambda m: m[6].register_buffer("own", torch.eye(3).to_sparse()),
    "a quantized tensor": lambda m: m[6].register_buffer(
        "own", torch.quantize_per_tensor(torch.zeros(3), 1.0, 0, torch.quint8)
    ),
    "a kind of parameter": lambda m: m[6].register_parameter("own", Kind(torch.zeros(3))),
}


class Kind(nn.Parameter): ...


@pytest.mark.filterwarnings("ignore")  # torch's compiler warns of torch's own code
@pytest.mark.parametrize("name", UNKNOWN)
def test_models_of_other_code_have_no_key(name):
    assert identity(changed(UNKNOWN[name])) is None


def patched(monkeypatch, place, name, wrap=lambda new: new):
    known = getattr(place, name)
    monkeypatch.setattr(place, name, wrap(lambda *args, **kwargs: known(*args, **kwargs) * 1))


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (F, "linear"),
        (F, "conv2d"),
        (torch, "relu"),
        (torch, "max_pool2d"),
        (nn.Linear, "forward"),
        (nn.Conv2d, "_conv_forward"),
        (nn.Module, "__getattr__"),
        (nn.Module, "_call_impl"),
        (torch.Tensor, "mul"),
        (Concat, "forward"),
    ],
)
def test_functions_of_the_program_in_the_place_of_torchs_are_seen(place, name, monkeypatch):
    before = identity(network())
    patched(monkeypatch, place, name)
    assert identity(network()) is None
    monkeypatch.undo()
    after = identity(network())
    assert after is not None
    assert after[:-1] == before[:-1]


@pytest.mark.parametrize(
    "wrap",
    [
        torch.no_grad(),
        torch.compiler.disable,
        lambda new: functools.wraps(F.linear)(new),
        lambda new: functools.partial(new),
        lambda new: type("Call", (), {"__call__": staticmethod(new)})(),
    ],
)
def test_functions_of_the_program_are_seen_within_others(wrap, monkeypatch):
    patched(monkeypatch, F, "linear", wrap)
    assert identity(network()) is None


def test_another_f_of_a_layers_module_is_seen(monkeypatch):
    for name in ("F", "torch"):
        own = types.SimpleNamespace(**vars(vars(nn.modules.conv)[name]))
        monkeypatch.setattr(nn.modules.conv, name, own)
        assert identity(network()) is None
        monkeypatch.undo()
        assert identity(network()) is not None


def test_what_takes_saved_tensors_is_seen():
    with torch.autograd.graph.saved_tensors_hooks(lambda x: x, lambda x: x):
        assert identity(network()) is None
    assert identity(network()) is not None


def test_a_patch_is_counted_and_forgotten(monkeypatch):
    plain = count(network()).total.cost
    patched(monkeypatch, F, "linear")
    assert count(network()).total.cost.scale == plain.scale + 6
    monkeypatch.undo()
    assert count(network()).total.cost == plain


def test_settings_are_part_of_the_key():
    before = identity(network())
    torch.set_default_dtype(torch.float64)
    try:
        other = identity(network().float())
    finally:
        torch.set_default_dtype(torch.float32)
    assert other != before
    torch.use_deterministic_algorithms(True)
    try:
        assert identity(network()) != before
    finally:
        torch.use_deterministic_algorithms(False)


def test_what_else_looks_at_operations_is_not_left_out():
    with torch.device("cpu"):
        assert identity(network()) is None
    with torch.autocast("cpu"):
        assert identity(network()) is None
    hook = nn.modules.module.register_module_forward_hook(lambda *_: None)
    assert identity(network()) is None
    hook.remove()
    with torch.utils.flop_counter.FlopCounterMode(display=False):
        assert identity(network()) is None
    assert identity(network()) is not None


def empty(*sizes, **options):
    return torch.empty(*sizes, device="meta", **options)


@pytest.mark.parametrize("given", [empty(1, 4, 6, 6), empty(2, 4, 6, 6)[:1]])
@pytest.mark.parametrize(
    "other",
    [
        empty(2, 4, 6, 6),
        empty(1, 4, 6, 6, dtype=torch.half),
        empty(1, 4, 6, 6, requires_grad=True),
        empty(1, 4, 6, 6).to(memory_format=torch.channels_last),
        empty(2, 4, 6, 6)[1:],
        empty(3, 4, 6, 6)[:1],
        empty(1, 4, 6, 6, dtype=torch.cfloat).conj(),
    ],
)
def test_inputs_that_differ_have_other_keys(given, other):
    keys = [identity_of_inputs([item], {}) for item in (given, other)]
    assert keys[0] != keys[1]
    with without_memory():
        plain = [failing_on(item) for item in (given, other)]
    forget()
    assert [failing_on(item) for item in (given, other)] == plain
    assert [failing_on(item) for item in (given, other)] == plain


def failing_on(given):
    try:
        return count(network(), given)
    except ac.ArchcountError as error:
        return str(error)


def test_inputs_that_are_more_than_tensors_have_no_key():
    one = torch.empty(2, 2, device="meta")
    assert identity_of_inputs([one, 1], {}) is None
    assert identity_of_inputs([one], {"mask": one}) is None
    assert identity_of_inputs([one, one], {}) is None
    assert identity_of_inputs([nn.Parameter(one)], {}) is None
    assert identity_of_inputs([torch.zeros(2)], {}) is None


def test_training_and_evaluation_are_counted_apart():
    for _ in range(2):
        assert count(network(), train=False, batch=2) != count(network(), train=True, batch=2)
    model = network().train()
    assert count(model) == count(network().eval())
    assert model.training


def test_numbers_are_always_asked_for(monkeypatch):
    ran = runs(monkeypatch)
    count(network(), device="cpu")
    count(network(), device="cpu")
    assert len(ran) == 2


def test_a_rule_of_the_program_counts_at_once(monkeypatch):
    from archcount.layers import Cost
    from archcount.operators import register_cost, registry
    from archcount.operators.operation import Charge

    plain = count(network()).total.macs
    monkeypatch.setitem(registry._RULES, "aten.addmm", registry._RULES["aten.addmm"])
    register_cost("aten.addmm")(lambda operation: Charge(Cost(matmul=1)))
    assert count(network()).total.cost.matmul == 2
    monkeypatch.undo()
    assert count(network()).total.macs == plain


def test_only_so_many_counts_are_kept():
    for size in range(1, 80):
        count(nn.Linear(size, 1), f"[1,{size}]")
    assert len(models._COUNTS) <= 64
