"""The shadow: a copy without numbers, after which the caller's module is as it was."""

from __future__ import annotations

import copy
import random
import threading
import weakref
from collections import UserDict, UserList, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

import archcount as ac
from archcount.errors import UsageError
from archcount.layers import Cost
from archcount.tracing.model_copy import ModelCopy
from archcount.tracing.run_context import counting_context
from archcount.tracing.trace import trace


class Restless(nn.Module):
    """Does all that could leave a mark: statistics, dropout, random numbers, own tensors."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout())
        self.head = nn.Linear(4, 2)
        self.own = torch.ones(4)
        self.seen = []

    def forward(self, x):
        self.seen.append(x.shape)
        self.own += 1
        self.training_steps = len(self.seen)
        x = self.stem(x).mean([2, 3]) * self.own + torch.rand(4) + random.random()
        return self.head(x)


def passed(module, *shape, device="meta"):
    shadow = ModelCopy(module, device)
    with counting_context():
        return trace(shadow.module, [torch.empty(*shape, device=device)]), shadow


def hooks_of(module):
    return [
        {name: dict(value) for name, value in vars(part).items() if name.endswith("_hooks")}
        for part in module.modules()
    ]


@pytest.fixture(params=["meta", "cpu"])
def device(request):
    return request.param


@pytest.fixture
def restless():
    return Restless()


def test_the_training_flag_stays(restless, device):
    restless.stem[2].eval()
    before = [part.training for part in restless.modules()]
    ModelCopy(restless, device).module.eval()
    passed(restless, 2, 3, 5, 5, device=device)
    assert [part.training for part in restless.modules()] == before


def test_statistics_weights_and_state_dict_keys_stay(restless, device):
    before = {key: tensor.clone() for key, tensor in restless.state_dict().items()}
    passed(restless, 2, 3, 5, 5, device=device)
    after = restless.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_the_random_state_stays(restless, device):
    before, python = torch.random.get_rng_state(), random.getstate()
    passed(restless, 2, 3, 5, 5, device=device)
    assert torch.equal(before, torch.random.get_rng_state())
    assert random.getstate() == python


def test_hooks_stay_and_are_not_run(restless, device):
    met = []
    restless.register_forward_hook(lambda *given: met.append(1))
    restless.head.register_full_backward_hook(lambda *given: None)
    before = hooks_of(restless)
    _, shadow = passed(restless, 2, 3, 5, 5, device=device)
    assert met == []
    assert "the model has a hook, which is not run" in shadow.remarks
    assert hooks_of(restless) == before


def test_gradients_stay(restless, device):
    restless(torch.ones(2, 3, 5, 5)).sum().backward()
    before = [parameter.grad.clone() for parameter in restless.parameters()]
    passed(restless, 2, 3, 5, 5, device=device)
    assert all(map(torch.equal, before, [item.grad for item in restless.parameters()]))


def test_device_and_attributes_stay(restless, device):
    own, attributes = restless.own.clone(), set(vars(restless))
    passed(restless, 2, 3, 5, 5, device=device)
    assert {tensor.device.type for tensor in restless.parameters()} == {"cpu"}
    assert torch.equal(restless.own, own)
    assert restless.seen == []
    assert set(vars(restless)) == attributes


def test_ties_are_kept():
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    copy = ModelCopy(model).module
    assert copy[1].weight is copy[0].weight
    assert copy[1].bias is not copy[0].bias


def test_the_copy_takes_no_memory_and_keeps_types():
    model = nn.Linear(4, 3).to(torch.bfloat16).requires_grad_(False)
    copy = ModelCopy(model).module
    assert copy.weight.is_meta
    assert (copy.weight.dtype, copy.weight.requires_grad) == (torch.bfloat16, False)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_compiled_modules_are_unwrapped_and_said_so():
    inner = nn.Linear(4, 3)
    shadow = ModelCopy(torch.compile(inner))
    assert type(shadow.module) is nn.Linear
    assert shadow.remarks == ["the model is compiled: counted is what it holds"]
    within = ModelCopy(nn.Sequential(torch.compile(inner), nn.ReLU()))
    assert type(within.module[0]) is nn.Linear
    assert within.remarks == ["0 is compiled: counted is what it holds"]
    inner.compile()
    assert ModelCopy(inner).remarks == ["the model is compiled: the uncompiled module is counted"]
    assert inner._compiled_call_impl is not None


def test_modules_of_distributed_training_are_unwrapped_and_said_so(tmp_path):
    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1
    )
    try:
        shadow = ModelCopy(nn.parallel.DistributedDataParallel(nn.Linear(4, 3)))
    finally:
        torch.distributed.destroy_process_group()
    assert type(shadow.module) is nn.Linear
    assert shadow.remarks == [
        "the model is wrapped in DistributedDataParallel: counted is what it holds"
    ]


def test_weight_norm_and_lazy_layers_work_in_the_copy():
    traced, _ = passed(nn.Sequential(weight_norm(nn.Linear(4, 3)), nn.LazyLinear(5)), 2, 4)
    # 2 x 4 x 3 + 2 x 3 x 5
    assert traced.modules[0].cost.linear == 54


def test_lazy_layers_are_fitted_without_a_run_of_the_model():
    class Keeps(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.kept, self.runs = nn.LazyLinear(4), None, []

        def forward(self, x, more):
            self.runs.append(more.pop())
            if self.kept is None:
                self.kept = self.layer(x)
            return self.kept

    for device in ("meta", "cpu"):
        report = ac.count(Keeps(), input=((2, 4), [[1]]), device=device)
        # 2 x 4 x 4, and the weight's gradient
        assert (report.total.macs, report.total.backward_macs) == (32, 32)
        assert report.total.params == 20


def test_a_lazy_layer_that_never_runs_has_no_size():
    model = nn.Sequential(nn.Linear(4, 4))
    model[0].spare = nn.LazyLinear(4)
    report = ac.count(model, input="4")
    # 4 x 4 weights and a bias
    assert (report.total.params, report.total.macs) == (20, 16)
    assert report.record.remarks == ("0.spare has no sizes before it is run",)


def test_a_child_that_the_model_makes_as_it_runs_is_remarked_on():
    def makes(m, x):
        m.made = nn.Linear(4, 4)
        return m.made(m.a(x))

    report = ac.count(Layers(makes), input="4")
    # Three layers of 4 x 4 + 4, 9 x 4 of the embedding; 16 macs of a and of what is made.
    assert (report.total.params, report.total.macs) == (3 * 20 + 36, 32)
    assert report.record.remarks == (
        "the model makes made as it runs, which is not among its params",
    )


def test_modules_without_numbers_that_a_model_hides_stay_so():
    def stacked(m, x):
        weights = {"weight": m.a.weight, "bias": m.a.bias}
        return torch.func.functional_call(m.base[0], weights, (x,))

    model = Layers(stacked)
    model.base = [nn.Linear(4, 4, device="meta")]
    assert counted(model, device="cpu") == counted(model) == 16


@pytest.mark.parametrize("twice", [False, True])
def test_a_child_that_the_model_lets_go_is_counted_with_it(twice):
    class Drops(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.spare = nn.Linear(4, 4), nn.Linear(4, 2)
            self.again = self.layer if twice else nn.Identity()

        def forward(self, x):
            del self.spare
            return self.layer(x)

    report = ac.count(Drops(), input="4")
    # 4 x 4 + 4, and 4 x 2 + 2 which nothing reads
    assert (report.total.params, report.record.unused, report.total.macs) == (30, 10, 16)


def test_a_method_put_on_an_instance_runs_on_the_copy():
    model = nn.Sequential(nn.Linear(4, 3))
    model.forward = model[0].forward
    traced, _ = passed(model, 2, 4)
    assert traced.modules[0].cost.linear == 24


def test_memory_is_of_tensors_by_their_last_use():
    # 10 floats each: the input, and three results; two are needed at a time.
    traced, _ = passed(nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid()), 10)
    assert (traced.activation_bytes, traced.peak_bytes) == (120, 80)
    # Done in place, there is one.
    traced, _ = passed(nn.Sequential(nn.ReLU(inplace=True), nn.Flatten(0)), 10)
    assert (traced.activation_bytes, traced.peak_bytes) == (0, 40)


def test_autocast_without_numbers_is_remarked_on():
    def cast(m, x, is_on=True):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_on):
            return m.a(x)

    assert ac.count(Layers(lambda m, x: cast(m, x, False)), input="4").record.remarks == ()

    record = ac.count(Layers(cast), input="4").record
    # 4 floats of 4 bytes; in truth of 2.
    assert record.activation_bytes == 16
    assert "autocast has no effect on the meta device" in record.remarks[0]
    # With numbers it does: copies of 4 x 4 weights, 4 biases and 4 inputs in 2 bytes, 4 results.
    record = ac.count(Layers(cast), input="4", device="cpu").record
    assert (record.activation_bytes, record.remarks) == (2 * (16 + 4 + 4 + 4), ())


def test_what_a_custom_function_does_on_its_way_back_is_uncounted():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, gradient):
            return gradient * 2

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x):
            return self.second(Double.apply(self.first(x)))

    traced, _ = passed(Model(), 1, 4)
    missed = {record.path: record.missed for record in traced.modules if record.missed}
    assert missed == {"": {"backward of Double": 1}}  # where the function is called
    assert traced.modules[0].backward == 16 + 32


class Layers(nn.Module):
    """Runs a function of itself and the input; linear layers a, b, c of width 4, 16 macs each."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.a, self.b, self.c = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 4)
        self.embed = nn.Embedding(9, 4)

    def forward(self, x):
        return self.function(self, x)


def straight_through(m, x):
    z = m.a(x)
    q = m.embed(m.b(z).argmax(-1))
    return m.c(z + (q - z).detach())


def filled(m, x):
    made = torch.zeros(1, 4)
    made[:] = m.b(m.a(x))
    return m.c(made)


def without_gradient(tensor, method, *arguments):
    with torch.no_grad():
        return getattr(tensor, method)(*arguments)


def added_unseen(m, x):
    return without_gradient(m.a(x), "add_", m.b(x))


def into_a_part(m, x):
    made = torch.zeros(2, 1, 4, device=x.device)
    made[0].addmm_(x, m.b.weight)
    return made[0]


@pytest.mark.parametrize(
    ("function", "backward"),
    [
        # c learns its weight alone: what it reads is detached.
        (lambda m, x: m.c(m.b(m.a(x)).detach()), 16),
        # Through an index nothing goes back to a and b; c learns its weight and hands on.
        (lambda m, x: m.c(m.embed(m.b(m.a(x)).argmax(-1))), 32),
        # The straight way goes around b: c both, a its weight.
        (straight_through, 32 + 16),
        # What fills a constant hands on: c both, b both, a its weight.
        (filled, 32 + 32 + 16),
        # A result that is detached teaches nothing.
        (lambda m, x: m.a(x).detach(), 0),
        # What is added to a detached tensor teaches what adds, b its weight, and not a.
        (lambda m, x: m.a(x).detach().add_(m.b(x)), 16),
        # What is added without a gradient teaches nothing: a its weight.
        (added_unseen, 16),
        # What is computed into a part of a constant: c both, b (a product in place) both, a its
        # weight.
        (lambda m, x: m.c(into_a_part(m, m.a(x))), 32 + 32 + 16),
        # What is cut off in place without a gradient: b both, a its weight.
        (lambda m, x: m.b(without_gradient(m.a(x), "clamp_", -1, 1)), 32 + 16),
        # A weight that is set anew each time, as a prototype's: c its weight, which alone learns.
        (lambda m, x: (without_gradient(m.c.weight, "copy_", m.c.weight * 2), m.c(x))[1], 16),
    ],
)
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_gradients_go_back_where_they_can(function, backward, device):
    traced, _ = passed(Layers(function), 1, 4, device=device)
    assert traced.modules[0].backward == backward
    assert not [record for record in traced.modules if record.missed]


def swish(x):
    return x * torch.sigmoid(x)


def dense_swish(x, weight):
    x = x @ weight
    return x * torch.sigmoid(x)


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_scripted_functions_are_seen_on_their_way_back(device):
    scripted = torch.jit.script(swish)
    model = Layers(lambda m, x: m.c(scripted(m.b(scripted(m.a(x))))))
    for _ in range(3):
        # a its weight, b and c both, in every call alike.
        assert passed(model, 1, 4, device=device)[0].modules[0].backward == 16 + 32 + 32


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
def test_scripted_functions_that_torch_has_fused_already_are_uncounted():
    scripted = torch.jit.script(dense_swish)
    model = Layers(lambda m, x: m.b(scripted(m.a(x), m.c.weight)))
    for _ in range(3):
        model(torch.ones(1, 4)).sum().backward()
    traced, _ = passed(model, 1, 4)
    assert [record.missed for record in traced.modules if record.missed] == [
        {"backward of a scripted function": 1}
    ]
    # b both, a its weight; what the function multiplies is not in it.
    assert (traced.modules[0].cost.linear, traced.modules[0].backward) == (48, 48)


def test_a_layer_made_as_the_model_runs_is_linear():
    traced, _ = passed(Layers(lambda m, x: nn.Linear(4, 4)(m.a(x))), 1, 4)
    # 16 each; a its weight, the other its weight and what it reads.
    whole = traced.modules[0]
    assert (whole.cost.linear, whole.cost.matmul, whole.backward) == (32, 0, 16 + 32)
    assert not whole.missed


def test_memory_is_the_same_in_every_pass():
    model = nn.Linear(32, 32, bias=False)
    for _ in range(3):
        # 7 x 32 floats of 4 bytes are made, as many are read; what is reshaped is no new memory.
        traced, _ = passed(model, 1, 7, 32)
        assert (traced.activation_bytes, traced.peak_bytes) == (896, 2 * 896)


def test_what_is_computed_into_an_argument_is_uncounted():
    library = torch.library.Library("archcount_tests", "FRAGMENT")
    library.define("multiply_into(Tensor(a!) out, Tensor x) -> ()")
    library.impl("multiply_into", lambda out, x: None, "CompositeExplicitAutograd")
    library.define("measure(Tensor x) -> float")
    library.impl("measure", lambda x: 1.0, "CompositeExplicitAutograd")

    def runs(m, x):
        y = m.a(x)
        torch.ops.archcount_tests.multiply_into(y.detach(), x)
        torch.ops.archcount_tests.measure(x)
        torch._foreach_add_([y], [x])
        return y

    traced, _ = passed(Layers(runs), 1, 4)
    assert traced.modules[0].missed == {
        "archcount_tests.multiply_into": 1,
        "archcount_tests.measure": 1,
        "aten._foreach_add_": 1,
    }
    assert traced.modules[0].backward == 16


def test_gradients_pass_through_a_custom_function_of_several_steps():
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return (x * 2).tanh() + 1

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    traced, _ = passed(Layers(lambda m, x: m.b(Both.apply(m.a(x)))), 1, 4)
    # b its weight and what it reads, a its weight.
    assert traced.modules[0].backward == 32 + 16


def test_a_module_that_fails_is_left():
    def careful(m, x):
        x = m.a(x)
        try:
            return m.b(x[:, :3])
        except RuntimeError:
            return m.c(x) + x

    traced, _ = passed(Layers(careful), 1, 4)
    costs = {record.path: record.cost.linear for record in traced.modules}
    assert (costs[""], costs["a"], costs["b"], costs["c"]) == (32, 16, 0, 16)
    assert traced.modules[0].own == Cost(add=4)


@dataclass(slots=True)
class Slots:
    y: torch.Tensor


@dataclass
class Nested:
    inner: dict[str, Slots]


@pytest.mark.parametrize(
    "wrap",
    [
        Slots,
        lambda y: Nested({"y": Slots(y)}),
        lambda y: {"out": [None, (y,)]},
        lambda y: (part for part in [y]),
        lambda y: SimpleNamespace(logits=y, loss=None),
        lambda y: deque([y]),
        lambda y: {"y": y}.values(),
        lambda y: {"y": y}.items(),
        lambda y: UserDict(y=UserList([y])),
        lambda y: iter([y]),
        lambda y: {"out": map(torch.relu, [y])},
        lambda y: zip([y], [1], strict=True),
    ],
)
def test_results_are_found_however_they_are_wrapped(wrap):
    traced, _ = passed(Layers(lambda m, x: wrap(m.b(m.a(x)))), 1, 4)
    # b both, a its weight
    assert (traced.modules[0].cost.linear, traced.modules[0].backward) == (32, 48)


def test_iterators_that_a_model_is_given_are_left_to_it():
    class Summed(Layers):
        def forward(self, parts):
            return self.b(sum(self.a(part) for part in parts))

    model = ModelCopy(Summed(None)).module
    x = torch.empty(1, 4, device="meta")
    with counting_context():
        whole = trace(nn.Sequential(model), [iter([x, x])]).modules[0]
    # a twice and b
    assert whole.cost.macs == 48


def test_a_programs_inference_mode_is_not_the_passes():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    with torch.inference_mode():
        report = ac.count(model, input=(2, 4))
    # 2 x 4 x 4 + 2 x 4 x 2; back the first weight (32), and of the second both (2 x 16)
    assert (report.total.macs, report.total.backward_macs) == (48, 64)
    assert not report.record.uncounted


def test_what_a_generator_does_later_is_the_models():
    class Steps(Layers):
        def forward(self, x):
            yield self.a(x)
            yield self.b(x)

    traced, _ = passed(Steps(None), 1, 4)
    assert (traced.modules[0].cost.linear, traced.modules[0].backward) == (32, 32)


def test_a_result_without_tensors_is_said():
    def keep(m, x):
        m.kept = m.a(x)

    traced, _ = passed(Layers(keep), 1, 4)
    assert traced.modules[0].missed == {"backward of a result without tensors": 1}


def test_looking_at_what_was_filled_without_numbers_is_refused():
    def looks(m, x):
        made = torch.zeros(1, 4)
        made[:] = m.a(x)
        return m.b(x) if made.sum().item() > 0 else m.c(x)

    with pytest.raises(RuntimeError, match="reads values"):
        passed(Layers(looks), 1, 4)


@pytest.mark.filterwarnings("ignore")
def test_spectral_norm_in_training_has_nothing_uncounted():
    module = torch.nn.utils.spectral_norm(nn.Linear(4, 3))
    with counting_context():
        traced = trace(ModelCopy(module.train()).module, [torch.empty(2, 4, device="meta")])
    assert not [record.missed for record in traced.modules if record.missed]


def test_answers_from_memory_know_the_default_type():
    model = Layers(lambda m, x: m.a(x) + torch.zeros(4, device=x.device))
    before = passed(model, 1, 4)[0].activation_bytes
    torch.set_default_dtype(torch.float64)
    try:
        # 4 more bytes each for the constant and the sum.
        after = trace_of(model)
    finally:
        torch.set_default_dtype(torch.float32)
    assert after - before == 2 * 4 * 4


def trace_of(model):
    with counting_context():
        x = torch.empty(1, 4, device="meta", dtype=torch.float32)
        return trace(ModelCopy(model).module, [x]).activation_bytes


def counted(model, **options):
    return ac.count(model, input="4", **options).total.macs


def test_a_forward_put_on_an_instance_runs_on_the_copy():
    model = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4))
    original = model.forward
    model.forward = lambda x: original(x) * 2
    for device in ("meta", "cpu"):
        report = ac.count(model, input="[2,4]", train=True, device=device)
        assert report.total.macs == 32
        assert [module.calls for module in report.record.modules] == [1, 1, 1]
    assert model[1].num_batches_tracked == 0
    assert torch.equal(model[1].running_mean, torch.zeros(4))


OUTSIDE = []


def test_code_that_leads_back_to_the_model_is_refused(monkeypatch):
    model = nn.Sequential(nn.Linear(4, 4))
    monkeypatch.setitem(globals(), "OUTSIDE", [model[0]])
    model.forward = lambda x: OUTSIDE[0](x)
    with pytest.raises(UsageError, match="leads back to the model itself"):
        counted(model)


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_what_a_function_closes_over_stays(device):
    model = nn.Sequential(nn.Linear(4, 4))
    norm = nn.BatchNorm1d(4)  # a part of no module
    cache, seen, total, steps = {}, [model[0]], torch.zeros(4), 0
    before, layers = vars(norm)["_buffers"]["num_batches_tracked"].clone(), [model[0]]

    def run(x):
        nonlocal steps
        steps += 1
        cache["x"] = x
        seen.append(x)
        total.add_(1)
        return norm(layers[0](x))

    def outer(x, run=run):
        outer.last = x
        return run(x) if outer.is_open else None

    outer.is_open = True
    model.forward = outer
    # 2 x 4 x 4
    assert ac.count(model, input=(2, 4), train=True, device=device).total.macs == 32
    assert (cache, seen, steps, vars(outer)) == ({}, [model[0]], 0, {"is_open": True})
    assert torch.equal(total, torch.zeros(4))
    assert torch.equal(norm.num_batches_tracked, before)


@pytest.mark.parametrize(
    ("refer", "read"), [(weakref.ref, lambda held: held()), (weakref.proxy, lambda held: held)]
)
def test_weak_references_lead_to_the_copy(refer, read):
    class Child(nn.Module):
        def forward(self, x):
            return read(self.parent).layer(x)

    class Parent(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer, self.child = nn.Linear(4, 4), Child()
            vars(self.child)["parent"] = refer(self)

        def forward(self, x):
            return self.child(x)

    report = ac.count(Parent(), input="4")
    assert report.total.macs == 16
    assert report.record.remarks == ()


def test_work_in_other_threads_is_uncounted():
    def threaded(m, x):
        with ThreadPoolExecutor(1) as pool:
            return m.c(x) + pool.submit(m.a, x).result()

    traced, _ = passed(Layers(threaded), 1, 4)
    # c alone is seen.
    assert traced.modules[0].cost.linear == 16
    assert {record.path: record.missed for record in traced.modules if record.missed} == {
        "a": {"work in another thread": 1}
    }


def test_the_model_itself_may_run_in_another_thread_meanwhile():
    started, ended, failed = threading.Event(), threading.Event(), []

    def waits(m, x):
        started.set()
        assert ended.wait(10)
        return m.a(x)

    model = Layers(waits)

    def train():
        assert started.wait(10)
        try:
            model.b(torch.ones(1, 4))
        except Exception as error:
            failed.append(error)
        ended.set()

    thread = threading.Thread(target=train)
    thread.start()
    report = ac.count(model, input="4")
    thread.join()
    assert failed == []
    assert report.total.macs == 16
    assert not report.record.uncounted
    # What cannot be copied, such as an event, is shared whole.
    assert report.record.remarks == ("function cannot be copied, and is shared with the model",)


def test_graphs_of_torch_fx_are_counted():
    model = torch.fx.symbolic_trace(nn.Sequential(nn.Linear(4, 4), nn.ReLU()))
    assert counted(model) == 16


def test_functions_of_the_program_are_the_same_in_the_copy():
    model = Layers(lambda m, x: m.a(x))
    model.act, model.pool = torch.nn.functional.relu, torch.relu
    copy = ModelCopy(model).module
    assert copy.act is torch.nn.functional.relu
    assert copy.pool is torch.relu


class DataParallel(nn.Module):
    """A user's own, of the same name as one of torch."""

    def __init__(self):
        super().__init__()
        self.module, self.other = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.other(self.module(x))


def test_a_users_own_class_with_the_name_of_a_wrapper_is_no_wrapper():
    report = ac.count(DataParallel(), input="4")
    # 4 x 4 + 4 x 2
    assert (report.total.macs, report.record.remarks) == (24, ())


def test_a_wrapper_may_be_asked_for_what_it_holds():
    model = Layers(lambda m, x: m.b(m.a.module(x)))
    model.a = nn.DataParallel(model.a)
    report = ac.count(model, input="4")
    assert report.total.macs == 32
    assert report.record.remarks == ("a is wrapped in DataParallel: counted is what it holds",)


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_generators_and_the_random_state_of_numpy_stay(device):
    generator = torch.Generator()

    def noisy(m, x):
        torch.rand(3, generator=m.generator)
        np.random.rand()
        return m.a(x)

    model = Layers(noisy)
    model.generator = generator
    np.random.seed(0)
    before = generator.get_state()
    counted(model, device=device)
    assert torch.equal(generator.get_state(), before)
    # The first draw of numpy's generator from seed 0, as its documentation prints it.
    assert round(np.random.rand(), 8) == 0.5488135


def test_a_container_with_what_cannot_be_copied_is_copied_around_it():
    def keeps(m, x):
        m.cache["kept"].append(1)
        return m.a(x)

    model = Layers(keeps)
    model.cache = {"lock": threading.Lock(), "kept": []}
    report = ac.count(model, input="4")
    assert model.cache["kept"] == []
    assert report.record.remarks == ("cache cannot be copied, and is shared with the model",)


def test_the_input_stays():
    x = torch.ones(1, 4)
    ac.count(Layers(lambda m, x: m.a(x.mul_(2))), input=x, device="cpu")
    assert torch.equal(x, torch.ones(1, 4))


def test_a_model_without_numbers_is_not_run_with_them():
    with torch.device("meta"):
        model = nn.Linear(4, 4)
    with pytest.raises(UsageError, match="lies on the meta device"):
        counted(model, device="cpu")


class Fixed(nn.BatchNorm1d):
    """Stays in evaluation mode, as where statistics are frozen."""

    def train(self, mode=True):
        return super().train(False)


def test_a_module_may_choose_its_own_mode():
    model = nn.Sequential(nn.BatchNorm1d(4), Fixed(4))
    shadow = ModelCopy(model)
    shadow.module.train(True)
    assert [part.training for part in shadow.module] == [True, False]
    assert [part.training for part in model] == [True, True]


def test_what_is_empty_is_copied_once():
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model[0].hooks_of_the_other, model[1].own = model[1]._forward_hooks, model[0]._parameters
    copy = ModelCopy(model).module
    assert copy[0].hooks_of_the_other is copy[1]._forward_hooks
    assert copy[1]._forward_hooks is not model[1]._forward_hooks


def test_hooks_that_a_model_makes_as_it_runs_are_run():
    def hooked(m, x):
        def runs_another(*_):
            m.c(x)

        handle = m.b.register_forward_hook(runs_another)
        x = m.b(m.a(x))
        handle.remove()
        return m.b(x)

    found = {part.path: part for part in passed(Layers(hooked), 1, 4)[0].modules}
    assert [found[name].calls for name in "abc"] == [1, 2, 1]


def test_global_hooks_of_the_program_are_run(device):
    seen = []
    known = torch.nn.modules.module.register_module_forward_hook(
        lambda part, *_: seen.append(type(part).__name__)
    )
    try:
        traced, _ = passed(nn.Sequential(nn.Linear(4, 4)), 1, 4, device=device)
    finally:
        known.remove()
    assert seen == ["Linear", "Sequential"]
    assert [part.calls for part in traced.modules] == [1, 1]


def test_a_module_that_is_copied_as_the_model_runs_is_another():
    def copies(m, x):
        return copy.deepcopy(m.a)(x) + copy.copy(m.b)(x) + m.c(x)

    traced, _ = passed(Layers(copies), 1, 4)
    assert [part.calls for part in traced.modules] == [1, 0, 0, 1, 0]
    assert traced.modules[0].cost.linear == 3 * 16


def test_a_normalisation_gives_numbers_where_there_are_some():
    def looks(m, x):
        x = nn.functional.batch_norm(x, torch.zeros(4), torch.ones(4))
        return m.a(x) if x.isfinite().all().item() else m.b(m.a(x))

    model = Layers(looks)
    assert passed(model, 2, 4, device="cpu")[0].modules[0].cost.linear == 2 * 16
