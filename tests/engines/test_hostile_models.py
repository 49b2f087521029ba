"""Models that fight back: a report or one error comes out, and the process is as it was."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import warnings
from inspect import getattr_static
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
import torch._dynamo  # which stays imported where a model's code is the first to need it
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import is_in_torch_dispatch_mode

import archcount as ac
from archcount.tracing.process_state import same_process

FILE = Path(__file__).parents[1] / "data" / "hostile_models.py"
SIZE = "3x8x8"
# 3 x 9 x 4 + 4 weights and biases of the convolution, 4 x 10 + 10 of the last layer;
# 3 x 9 x 4 x 64 MACs of the one, 40 of the other.
PARAMS, MACS = 112 + 50, 6912 + 40


def bench(model: Any) -> ac.Report:
    report = ac.bench(
        model, mode="forward", batch=1, input=SIZE, budget=0.02, warm_up=1, peak=1e12, device="cpu"
    )
    failed = [item for item in report.record.measurements if item.status != "done"]
    if failed:  # it says so, and goes on with other settings
        raise ac.UsageError.of(failed[0].problem)
    return report


WAYS = {
    "count": lambda net, toy: ac.count(net, input=SIZE),
    "count on the CPU": lambda net, toy: ac.count(net, input=SIZE, device="cpu", train=True),
    "compare": lambda net, toy: ac.compare(net, toy),
    "diff": lambda net, toy: ac.diff(net, toy),
    "draw": lambda net, toy: ac.draw(net, input=SIZE),
    "bench": lambda net, toy: bench(net),
}


@pytest.fixture(scope="module")
def models():
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("hostile_models", FILE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def toy():
    return ac.load(FILE.with_name("toy.yaml"))


def state() -> dict[str, Any]:
    """Return what of the process code may change."""
    hooks = {
        name: [*value.items()]
        for name, value in vars(nn.modules.module).items()
        if name.startswith("_global") and isinstance(value, dict)
    }
    owners = (torch, torch.Tensor, torch.linalg, nn.Module, nn.Linear, nn.Conv2d)
    owners += (nn.functional, nn.init)
    backends = torch.backends
    return {
        "default dtype": torch.get_default_dtype(),
        "default device": torch.get_default_device(),
        "device of a new tensor": torch.ones(1).device,
        "grad": torch.is_grad_enabled(),
        "inference": torch.is_inference_mode_enabled(),
        "autocast": [torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")],
        "autocast dtype": [torch.get_autocast_dtype(kind) for kind in ("cpu", "cuda")],
        "torch random": torch.get_rng_state().tolist(),
        "random": random.getstate(),
        "numpy random": [str(part) for part in numpy.random.get_state()],
        "warnings": [*warnings.filters],
        "sys.path": [*sys.path],
        "one sys.path": id(sys.path),
        "environment": dict(os.environ),
        "one environment": id(os.environ),
        "folder": Path.cwd(),
        "signals": {each: signal.getsignal(each) for each in signal.valid_signals()},
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.displayhook),
        "own streams": (sys.__stdout__, sys.unraisablehook),
        "recursion": sys.getrecursionlimit(),
        "mkldnn": torch.backends.mkldnn.enabled,
        "cudnn": (torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic),
        "fast path": torch.backends.mha.get_fastpath_enabled(),
        "attention": (
            torch.backends.cuda.flash_sdp_enabled(),
            torch.backends.cuda.mem_efficient_sdp_enabled(),
            torch.backends.cuda.math_sdp_enabled(),
        ),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "matmul": torch.get_float32_matmul_precision(),
        "TF32": [
            getattr(owner, "fp32_precision", None)  # of torch 2.9 and newer
            for owner in (backends, backends.cuda.matmul, backends.cudnn.conv, backends.mkldnn)
        ],
        "reduced precision": backends.cuda.matmul.allow_fp16_reduced_precision_reduction,
        "filled": torch.utils.deterministic.fill_uninitialized_memory,
        "warn always": torch.is_warn_always_enabled(),
        "anomaly": torch.is_anomaly_enabled(),
        "threads": torch.get_num_threads(),
        "hooks": hooks,
        "modes": torch._C._len_torch_function_stack(),
        "dispatch modes": torch._C._len_torch_dispatch_stack(),
        "saved": torch._C._autograd._top_saved_tensors_default_hooks(True),
        "saved at all": torch._C._autograd._saved_tensors_hooks_get_disabled_error_message(),
        "dispatch keys": str(torch._C._dispatch_tls_local_include_set()),
        "in a mode": is_in_torch_dispatch_mode(),
        "functions": {
            (str(owner), name): id(getattr_static(owner, name, None))
            for owner in owners
            for name in dir(owner)
        },
    }


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Name what is not as it was; a function that an import adds is no change."""
    functions = before.pop("functions").items() - after.pop("functions").items()
    return [name for name in before if before[name] != after[name]] + [
        str(each) for each in functions
    ]


def outcome(way: str, net: Any, toy: Any) -> tuple[str, list[str]]:
    """Return what came out of a way to use a model, and what of the process has changed."""
    before = state()
    try:
        report = WAYS[way](net, toy)
        said = str(report)
    except ac.ArchcountError as error:
        said = f"error: {error}"
    return said, changed(before, state())


@pytest.fixture(scope="module", autouse=True)
def imported(models, toy):
    """Have everything imported that the ways import, since imports stay."""
    for way in WAYS:
        outcome(way, models.Net(), toy)


SETTINGS = (
    "nothing,default dtype,default device,device entered,inference mode,function mode,dispatch mode,"
    "saved tensors,no saved tensors,TF32,grad mode,autocast,autocast dtype,random states,warnings,sys.path,sys.path cleared,"
    "sys.path replaced,environment,environment replaced,folder,signals,streams,recursion,backends,"
    "hooks added,print"
).split(",")
BREAKING = ["functions replaced", "functions deleted", "hooks cleared", "thread"]


@pytest.mark.parametrize("change", SETTINGS)
def test_a_forward_pass_is_counted_and_what_it_changes_is_put_back(change, models, toy):
    said, now = outcome("count", models.Net(change), toy)
    assert not now
    assert f"params {PARAMS} (" in said
    if change not in ("default dtype", "autocast"):  # by which the numbers are of other types
        assert f"{MACS:,} MACs" in said or f"MACs {MACS:,} (" in said


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", ["+".join(SETTINGS), *BREAKING])
def test_what_a_forward_pass_changes_is_put_back(change, way, models, toy):
    said, now = outcome(way, models.Net(change), toy)
    assert not now
    assert said


@pytest.mark.parametrize("change", ["+".join(SETTINGS), *BREAKING])
def test_what_making_a_model_changes_is_put_back(change, models, toy):
    arguments = {"change": change, "when": "init"}
    name = f"{FILE}:Net"
    before = state()
    for use in (
        lambda: ac.count(name, input=SIZE, arguments=arguments),
        lambda: ac.compare(name, toy, arguments=arguments),
        lambda: ac.draw(name, input=SIZE, arguments=arguments),
    ):
        try:
            use()
        except ac.ArchcountError as error:
            assert str(error)
        after = state()
        after["sys.path"] = before["sys.path"]  # the folder of a file that is imported stays in it
        assert not changed(dict(before), after)


METHODS = (
    "forward __getattr__ __getattribute__ __class__ __deepcopy__ __repr__ __str__ __iter__ "
    "named_modules parameters train"
).split()
RAISED = (
    "exception,base,generator exit,system exit,stop iteration,unsayable,memory,recursion".split(",")
)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", METHODS)
def test_what_a_model_raises_is_one_error_or_none(method, way, models, toy):
    for raised in RAISED[1:2] if way == "bench" else RAISED:
        said, now = outcome(way, models.raising(method, raised), toy)
        assert not now, raised
        assert said, raised


class Selecting(nn.Sequential):
    """Says that it has a head alone, as what trains nothing else does."""

    def parameters(self, which):
        return which.parameters()

    def named_modules(self, *args, **kwargs):
        return [("", self), ("1", self[1])]

    def buffers(self):
        return []


def test_what_a_model_holds_is_counted_whatever_it_says_that_it_holds():
    model = Selecting(nn.BatchNorm1d(4), nn.Linear(4, 3))
    record = ac.count(model, input=(2, 4), train=True, dtype="int8").record
    assert record.total.params == 8 + 15  # 4 scales and shifts, 4 x 3 weights and 3 biases
    # computed in bfloat16, in which 4 means and variances stay
    assert record.weight_bytes == {"int8": 23, "bfloat16": 8 * 2, "int64": 8}
    assert [module.path for module in record.modules] == ["", "0", "1"]
    trained = ac.count(model, input=(2, 4), train=True).record.training
    assert trained.gradients == 4 * 23


def test_a_layer_that_does_not_say_what_its_kernel_is_is_counted(models):
    assert ac.count(models.Secretive(4, 3), input=(2, 4)).total.macs == 24


@pytest.mark.parametrize(
    "place",
    [
        f"{Path(ac.__file__).parent}_models.py",
        f"{Path(torch.__file__).parent}_models.py",
        f"{Path(os.__file__).parent}/site-packages/theirs.py",
    ],
)
def test_a_failure_is_told_with_the_file_that_lies_beside_ours_or_torchs(place):
    code = {}
    exec(compile("def forward(x): return 1 / 0", place, "exec"), code)
    model = nn.Linear(4, 3)
    model.forward = code["forward"]
    with pytest.raises(ac.ArchcountError) as failed:
        ac.count(model, input=(2, 4))
    assert f"\n  {place}:1 in forward" in str(failed.value)


@pytest.mark.parametrize("raised", RAISED)
def test_a_bench_of_a_model_that_raises_says_so(raised, models, toy):
    said, now = outcome("bench", models.raising("forward", raised), toy)
    assert not now
    assert said.startswith("error: ")


def test_where_the_hooks_of_torch_are_cleared_no_count_is_given(models):
    with pytest.raises(ac.UsageError, match="takes away the hooks that torch calls"):
        ac.count(models.Net("hooks cleared"), input=SIZE)


@pytest.mark.parametrize("reparametrized", [False, True])
def test_a_model_with_a_lock_or_the_older_weight_norm_is_measured(reparametrized, models):
    net = models.Net()
    if reparametrized:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nn.utils.weight_norm(net.conv)
    else:
        net.lock = threading.Lock()
    weights = net.conv.weight.clone()
    assert bench(net).record.measurements[0].status == "done"
    assert torch.equal(net.conv.weight, weights)


def test_counts_in_threads_leave_the_settings_of_torch_as_they_are(models):
    """Each count turns fused paths off while it runs: together they must not leave them so."""

    def settings():
        found = state()
        return {
            name: found[name]
            for name in ("mkldnn", "fast path", "attention", "warnings", "random", "hooks")
        }

    def work():
        start.wait()
        for _ in range(6):
            totals.append(
                ac.count(
                    nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()), input=SIZE
                ).total.macs
            )

    before, totals, start = settings(), [], threading.Barrier(4)
    every = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=work) for _ in range(4)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(every)
    assert totals == [6912] * 24
    assert settings() == before


@pytest.mark.filterwarnings("ignore:.*fork")
def test_a_copy_of_the_process_counts_though_a_thread_was_counting_when_it_was_made():
    held, done = threading.Event(), threading.Event()

    def count():
        with same_process():
            held.set()
            done.wait()

    thread = threading.Thread(target=count)
    thread.start()
    held.wait()
    if (child := os.fork()) == 0:
        signal.alarm(10)  # ends what waits for a thread that it has not
        try:
            with same_process():
                os._exit(0)
        finally:
            os._exit(1)
    done.set()
    thread.join()
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("device", ["meta", "cpu"])
@pytest.mark.parametrize("around", [torch.device("meta"), torch.inference_mode(), torch.no_grad()])
def test_a_count_is_the_same_whatever_is_around_it(around, device):
    model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 3))
    given = {"x": "int64[2,5]"}
    model.forward = lambda x: model[1](model[0](x))
    with around:
        assert ac.count(model, input=given, device=device).total.macs == 2 * 5 * 12
        assert ac.count(nn.Linear(4, 3, device="cpu"), input=(2, 4), device=device).total.macs == 24


def test_a_count_is_the_same_where_operations_are_of_fake_tensors():
    model = nn.Linear(4, 3)
    with FakeTensorMode():
        assert ac.count(model, input=(2, 4)).total.macs == 24


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_inference_mode_that_a_model_enters_is_left_once_and_for_all(device, models):
    """Freed later, it would set the thread's dispatch keys back to those that it was entered with."""

    def work():
        for _ in range(2):
            net, before = models.Net("inference mode"), state()
            totals.append(ac.count(net, input=SIZE, device=device).total)
            models.KEPT.clear()
            found.extend(changed(before, state()))
        made.append(torch.ones(2, requires_grad=True) * 2)

    totals, found, made = [], [], []
    thread = threading.Thread(target=work)  # dispatch keys are those of a thread
    thread.start()
    thread.join()
    assert not found
    assert [total.macs for total in totals] == [MACS, MACS]
    assert made[0].requires_grad


def test_inference_mode_lasts_as_long_as_the_model_has_it():
    """A guard that is freed within the pass leaves the rest of it to gradients."""

    class Half(nn.Sequential):
        def forward(self, x):
            return self[1](self.first(x).clone())

        def first(self, x):
            guard = torch.inference_mode()
            guard.__enter__()
            return self[0](x)

    model = Half(nn.Linear(4, 4), nn.Linear(4, 3))
    total = ac.count(model, input=(2, 4)).total
    # 2 x 4 x 4 and 2 x 4 x 3, of which the second has the gradient of its weights.
    assert (total.macs, total.backward_macs) == (32 + 24, 24)


LIBRARY = """
import functools
import torch
from torch import nn

real = nn.functional.gelu

@functools.wraps(real)
def gelu(*args, **kwargs):
    return real(*args, **kwargs)

class Identity(nn.Identity):
    pass

def extra_repr(self):
    return "theirs"

nn.functional.gelu, nn.Identity, nn.Tanh.extra_repr = gelu, Identity, extra_repr
"""


def test_what_a_library_replaces_in_torch_when_it_is_imported_stays(tmp_path, monkeypatch):
    """It is imported once: put back, its functions would be gone for good."""
    (tmp_path / "library_that_replaces.py").write_text(LIBRARY)
    monkeypatch.syspath_prepend(tmp_path)
    for owner, name in ((nn.functional, "gelu"), (nn, "Identity"), (torch, "relu")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # put back after the test
    relu = torch.relu

    class Importing(nn.Linear):
        def forward(self, x):
            import library_that_replaces

            torch.relu = nn.Tanh.__call__ = lambda *_: 1 / 0
            assert nn.functional.gelu is library_that_replaces.gelu
            return super().forward(x)

    try:
        for _ in range(2):
            assert ac.count(Importing(4, 3), input=(2, 4), train=True).total.macs == 24
            library = sys.modules["library_that_replaces"]
            assert nn.functional.gelu is library.gelu
            assert nn.Identity is library.Identity
            assert repr(nn.Tanh()) == "Tanh(theirs)"
            # what the model does itself is put back
            assert torch.relu is relu
            assert "__call__" not in vars(nn.Tanh)
    finally:
        sys.modules.pop("library_that_replaces", None)
        if "extra_repr" in vars(nn.Tanh):
            del nn.Tanh.extra_repr


def test_the_random_states_of_gpus_are_put_back(monkeypatch):
    states = ["as it was"]
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_rng_state_all", lambda: states[-1])
    monkeypatch.setattr(torch.cuda, "set_rng_state_all", states.append)
    with same_process():
        states.append("as the model has it")
    assert states[-1] == "as it was"
