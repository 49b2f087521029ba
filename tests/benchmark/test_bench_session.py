"""Sessions of a benchmark: inputs, losses, rows, clocks, devices and workers."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from pathlib import Path

import pytest
import torch
from torch import nn

import archcount as ac
from archcount.benchmark import devices, peaks
from archcount.benchmark.devices import DeviceClock, HostClock, check_device, is_out_of_memory
from archcount.benchmark.iteration_counts import count_iteration, hash_of
from archcount.benchmark.loss import Loss
from archcount.benchmark.row_times import Traffic, rows_of
from archcount.benchmark.samples import Block
from archcount.benchmark.session import Session
from archcount.benchmark.settings import Configuration
from archcount.benchmark.tuning import ways
from archcount.benchmark.workers import InlineWorker, ProcessWorker
from archcount.engines.worker_process import WorkerError
from archcount.errors import UnavailableError, UsageError
from archcount.loading.reference import UserCodeError

MODELS = str(Path(__file__).with_name("bench_models.py"))


def of(name, mode="train", batch=2, **settings):
    settings.setdefault("inputs", ("4",))
    return Configuration(target=f"{MODELS}:{name}", mode=mode, batch=batch, **settings)


def trained(name, **settings):
    session = Session(of(name, **settings))
    session.first_call()
    session.block(2)
    return session


def test_a_train_iteration_gives_every_weight_a_gradient():
    session = trained("Plain")
    assert all(weight.grad is not None for weight in session._module.parameters())
    assert session.loss.words == "cross entropy"
    forward = Session(of("Plain", mode="forward"))
    forward.first_call()
    assert all(weight.grad is None for weight in forward._module.parameters())


def test_only_an_optimizer_changes_weights():
    still, moved = trained("Plain"), Session(of("Plain", optimizer="sgd"))
    moved._optimizer.param_groups[0]["lr"] = 1.0
    moved.first_call()
    fresh = Session(of("Plain"))
    assert torch.equal(still._module.layer.weight, fresh._module.layer.weight)  # one seed
    assert not torch.equal(moved._module.layer.weight, fresh._module.layer.weight)


def test_a_model_that_returns_a_dict_is_trained_on_all_of_it():
    # scores are a table of classes; what is hidden has three axes.
    assert trained("GivesDict").loss.words == "cross entropy and mean square of 2 tensors"


def test_a_models_own_loss_is_kept():
    assert trained("GivesLoss").loss.words == "the model's own"


def test_a_tables_network_adds_its_heads_by_their_weights():
    network = ac.load("googlenet").build()
    loss = Loss(network, 2)
    outputs = network.train()(torch.randn(2, 3, 224, 224))
    found = loss(outputs)
    target = loss._classes(0, outputs.main)
    cross = torch.nn.functional.cross_entropy
    parts = [cross(outputs.main, target), *(0.3 * cross(head, target) for head in outputs.heads)]
    torch.testing.assert_close(found, sum(parts))  # the paper: weights of 0.3
    assert loss.words == "cross entropy with 2 weighted heads"


def test_an_error_in_backward_is_reported_with_its_message():
    with pytest.raises(UserCodeError, match="backward is not for this model"):
        Session(of("RaisesOnBackward")).first_call()
    assert Session(of("RaisesOnBackward", mode="forward")).first_call() > 0


def test_a_model_without_a_gradient_is_refused_in_training():
    with pytest.raises(UsageError, match="no output of the model in training mode"):
        Session(of("NoGradient")).first_call()


def test_inputs_have_numbers_and_integers_are_valid_indices():
    session = Session(of("Plain"))
    assert session._inputs.args[0].std() > 0
    tokens = Session(of("Tokens", inputs=("int64[2,5]",)))
    assert tokens.first_call() > 0


@pytest.mark.parametrize(
    ("settings", "weight", "given"),
    [
        ({"dtype": "bf16"}, torch.bfloat16, torch.bfloat16),
        ({"dtype": "bf16", "amp": True}, torch.float32, torch.float32),
        ({}, torch.float32, torch.float32),
    ],
)
def test_dtypes(settings, weight, given):
    session = Session(of("Plain", **settings))
    assert session.first_call() > 0
    assert session._module.layer.weight.dtype == weight
    assert session._inputs.args[0].dtype == given


def test_channels_last_is_of_weights_and_images():
    table = Configuration(target="googlenet", batch=1, channels_last=True)
    session = Session(table)
    assert session._inputs.args[0].is_contiguous(memory_format=torch.channels_last)
    kernel = session._module.conv1.conv.weight
    assert kernel.is_contiguous(memory_format=torch.channels_last)


def test_outputs_are_compared_on_the_same_weights_and_images(tmp_path):
    plain = Configuration(target="mobilenet_v1@0.25-224", batch=1)
    Session(plain).save_outputs(tmp_path / "plain.pt")
    assert Session(plain).difference(tmp_path / "plain.pt") == 0
    _, rounded = ways(plain, ["bf16"])
    assert 1e-6 < Session(rounded).difference(tmp_path / "plain.pt") < 0.5


def test_outputs_that_are_not_finite_are_refused(tmp_path):
    session = Session(of("Plain", mode="forward"))
    session.save_outputs(tmp_path / "plain.pt")
    with torch.no_grad():
        session._module.layer.weight.fill_(float("inf"))
    with pytest.raises(UsageError, match="not finite"):
        session.difference(tmp_path / "plain.pt")


def test_no_combination_is_tried_twice():
    plain = Configuration(target="googlenet", dtype="bf16")
    assert [way.settings for way in ways(plain, ["bf16", "fp16"])] == ["bf16", "fp16"]


def test_a_signal_is_not_caught_as_a_users_error():
    from archcount.errors import Stopped
    from archcount.loading.reference import users_code

    with pytest.raises(Stopped), users_code("it failed"):
        raise Stopped


def test_combinations_of_allowed_settings():
    plain = Configuration(target="googlenet")
    found = [way.settings for way in ways(plain, ["channels_last", "amp-fp16"])]
    assert found == [
        "float32",
        "float32, channels last",
        "fp16 autocast",
        "fp16 autocast, channels last",
    ]


@pytest.fixture
def toy(data):
    return ac.load(data / "toy.yaml").build()


def _gradients_by_row(network, image):
    """Run row by row, and give the gradients of all weights before they are cleared."""
    found = {}
    first = getattr(network, network.rows[0])
    cleared = first.zero_grad

    def remember(*args, **kwargs):  # the gradients are there when the first row is cleared
        found.update({name: weight.grad.clone() for name, weight in network.named_parameters()})
        first.zero_grad = cleared
        return cleared(*args, **kwargs)

    first.zero_grad = remember
    rows_of(network, image, HostClock(), is_train=True, walks=1)
    return found


GRAPH = """\
archcount: 1
name: graph
source: {title: none}
input: 3x8x8
layer: {pad: same, act: tanh}
blocks:
  up: [{concat: ["@first", upconv 2x2/2 4]}, conv 3x3 4]
  sum: {add: [identity, "@first"]}
table: |
  row    | block       | from
  first  | conv 3x3 4  |
  down   | conv 3x3/2 4 |
  deeper | conv 3x3 4  |
  up     | up          | down
  back   | sum         |
  side   | conv 1x1 4  | deeper
  end    | conv 1x1 4  | back
outputs: [side, end]
"""
"""Rows that read others than the one before them, and an output of which nothing is made."""


def test_gradients_of_rows_that_are_a_graph_are_those_of_the_whole_network(tmp_path):
    path = tmp_path / "graph.yaml"
    path.write_text(GRAPH)
    network, image = ac.load(path).build().train(), torch.randn(2, 3, 8, 8)
    sum(output.sum() for output in network(image)).backward()
    whole = {name: weight.grad.clone() for name, weight in network.named_parameters()}
    network.zero_grad()
    found = _gradients_by_row(network, image)
    assert found.keys() == whole.keys()
    for name, gradient in whole.items():
        torch.testing.assert_close(found[name], gradient)


def test_gradients_row_by_row_are_those_of_the_whole_network(toy):
    image = torch.randn(2, *ac.load("googlenet").input)
    network = ac.load("googlenet").build().train()
    for dropout in network.modules():
        if isinstance(dropout, nn.Dropout):
            dropout.p = 0.0
    outputs = network(image)
    (outputs.main.sum() + sum(head.sum() for head in outputs.heads)).backward()
    whole = {name: weight.grad.clone() for name, weight in network.named_parameters()}
    network.zero_grad()
    found = _gradients_by_row(network, image)
    for name, gradient in whole.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-3, atol=1e-4)


def test_counts_of_rows_sum_to_those_of_the_network():
    for mode in ("forward", "train"):
        counted = count_iteration(Configuration(target="googlenet", mode=mode, batch=2))
        network = ac.load("googlenet").build().train(mode == "train")
        rows = rows_of(
            network, torch.randn(2, 3, 224, 224), HostClock(), is_train=mode == "train", walks=1
        )
        macs = [counted.rows[row.id] for row in rows]
        assert sum(forward for forward, _ in macs) == counted.facts.macs
        if mode == "train":
            assert sum(back for _, back in macs) == counted.facts.backward_macs
            assert sum(row.id.startswith("heads.") for row in rows) == 2
        assert all(row.forward_ns > 0 for row in rows)
        assert all((row.backward_ns is None) == (mode == "forward") for row in rows)


def test_bytes_moved_are_those_of_each_operation():
    x, layer = torch.zeros(2, 4), nn.Linear(4, 3)
    with torch.no_grad(), Traffic() as traffic:
        layer(x).relu()
    # addmm reads bias 3, x 8 and weight 12, writes 6; relu reads 6 and writes 6; the weight's
    # transpose is a view.
    assert traffic.bytes == 4 * (3 + 8 + 12 + 6 + 6 + 6)


def test_a_module_without_rows_is_refused():
    with pytest.raises(UsageError, match="only a table has rows"):
        rows_of(nn.Linear(4, 3), torch.zeros(1, 4), HostClock(), is_train=False, walks=1)


class MockEvent:
    """An event of a mock device."""

    now = 0.0

    def __init__(self, device, enable_timing):
        assert enable_timing

    def record(self):
        self.at = MockEvent.now

    def elapsed_time(self, other):
        return other.at - self.at


def test_a_devices_clock_reads_its_events_and_waits_once_a_block(monkeypatch):
    waits = []
    monkeypatch.setattr(torch, "Event", MockEvent)
    monkeypatch.setattr(torch.accelerator, "synchronize", waits.append)

    def iterate():
        MockEvent.now += 3.0

    clock = DeviceClock(torch.device("cuda:0"))
    block = clock.block(iterate, 4)
    assert block.samples_ns == (3_000_000,) * 4
    assert len(waits) == 2  # before the block and after it
    assert block.wall_ns > 0
    assert clock.lap([iterate, lambda: None]) == [3_000_000, 0]
    assert clock.host_ns(iterate) >= 0


def test_an_unavailable_device_is_refused_with_the_available_ones(monkeypatch):
    with pytest.raises(UsageError, match="unknown device 'tpu'; allowed: cpu, cuda"):
        check_device("tpu")
    monkeypatch.setattr(devices, "available", lambda: ("cpu", "cuda:0", "cuda:1"))
    assert [check_device(name) for name in ("cuda", "cuda:1", "cpu")] == ["cuda:0", "cuda:1", "cpu"]
    with pytest.raises(
        UnavailableError, match="device cuda:2 is not available .* allowed: cpu, cuda:0, cuda:1"
    ):
        check_device("cuda:2")
    with pytest.raises(UsageError, match="unknown device"):
        check_device("cuda:x")
    assert devices.best() == "cuda:0"
    monkeypatch.setattr(devices, "available", lambda: ("cpu",))
    assert devices.best() == "cpu"


def test_out_of_memory_is_distinguished_from_other_errors():
    with pytest.raises(RuntimeError) as raised:
        torch.empty(2**60)
    assert is_out_of_memory(raised.value)
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(KeyError("out of memory"))


def failure(worker, do, **how):
    with pytest.raises(WorkerError) as raised:
        worker.ask(do, **how)
    return raised.value.kind, raised.value.what, raised.value.exit_code


def test_a_worker_distinguishes_out_of_memory_and_problems():
    worker = InlineWorker()
    assert worker.ask("prepare", configuration=of("OutOfMemory", batch=3)) == (3, ())
    kind, what, code = failure(worker, "first_call")
    assert (kind, code) == ("memory", 3)
    assert "allocate memory" in what
    worker.ask("prepare", configuration=of("RaisesOnBackward"))
    kind, what, code = failure(worker, "first_call")
    assert (kind, code) == ("problem", 2)
    assert "backward is not for this model" in what
    assert failure(worker, "prepare", configuration=of("Nothing"))[0] == "problem"


def test_a_process_returns_results_and_errors():
    with closing(ProcessWorker(of("RaisesOnBackward"))) as worker:
        assert worker.ask("prepare", configuration=of("Plain")) == (2, ())
        assert isinstance(worker.ask("block", iterations=2), Block)
        worker.ask("prepare", configuration=of("RaisesOnBackward"))
        assert "backward is not for this model" in failure(worker, "first_call")[1]


def test_counts_of_a_configuration():
    # GoogLeNet: 1,582,671,872 MACs an image (README); two images.
    facts = count_iteration(Configuration(target="googlenet", batch=2)).facts
    assert (facts.params, facts.macs, facts.backward_macs) == (6_998_552, 2 * 1_582_671_872, 0)
    # 2 x 4 x 3 forward; backward the weight's gradient alone, as the input has none.
    train = count_iteration(of("Plain")).facts
    assert (train.macs, train.backward_macs, train.flops) == (24, 24, 96)
    # An input with a batch of its own is counted with that: 5 x 4 x 3.
    assert count_iteration(of("Plain", batch=32, inputs=("[5,4]",))).facts.macs == 60


def test_a_model_that_cannot_be_counted_is_measured_anyway(tmp_path):
    path = tmp_path / "looks.py"
    path.write_text(
        "import torch\n"
        "class Looks(torch.nn.Linear):\n"
        "    def forward(self, x):\n"
        "        return super().forward(x) if x.sum().item() < 1e9 else x\n"
        "def make(): return Looks(4, 3)\n"
    )
    configuration = Configuration(target=f"{path}:make", inputs=("4",))
    counted = count_iteration(configuration)
    assert counted.facts is None
    assert "could not be counted" in counted.remarks[0]
    assert Session(configuration).first_call() > 0


def test_the_hash_is_that_of_the_source_file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("x = 1\n")
    # sha256sum of the line above
    before = hash_of(f"{path}:x")
    path.write_text("x = 2\n")
    assert before.startswith("sha256:")
    assert hash_of(f"{path}:x") != before
    assert hash_of("resnet@50") == hash_of("resnet@18") != hash_of("vgg")


class MockNvml:
    """A mock of NVML with one device, which has no temperature sensor."""

    class NVMLError(Exception):
        pass

    nvmlInit = nvmlShutdown = staticmethod(lambda: None)
    nvmlSystemGetDriverVersion = staticmethod(lambda: "555.1")
    nvmlDeviceGetCount = staticmethod(lambda: 1)
    nvmlDeviceGetHandleByIndex = staticmethod(lambda number: number)
    nvmlDeviceGetClockInfo = staticmethod(lambda device, kind: {1: 1980, 2: 2619}[kind])
    nvmlDeviceGetCurrentClocksThrottleReasons = staticmethod(lambda device: 4)

    @staticmethod
    def nvmlDeviceGetTemperature(device, sensor):
        raise MockNvml.NVMLError


def test_the_state_of_nvidia_devices_is_recorded(monkeypatch):
    from archcount.benchmark.environment import busy_cores, device_state

    monkeypatch.setitem(sys.modules, "pynvml", MockNvml)
    assert device_state() == {
        "driver": "555.1",
        "gpu 0 SM clock": "1980 MHz",
        "gpu 0 memory clock": "2619 MHz",
        "gpu 0 throttle reasons": "0x4",
    }
    monkeypatch.setitem(sys.modules, "pynvml", None)  # not installed
    assert device_state() == {}
    busy = busy_cores()
    assert busy is None or 0 <= busy <= os.cpu_count()


def test_a_peak_is_two_operations_a_product_and_what_a_copy_reads_and_writes(monkeypatch):
    class Tenth:
        """Every iteration takes a tenth of a second."""

        def block(self, work, iterations):
            return Block(samples_ns=(100_000_000,) * iterations, wall_ns=100_000_000 * iterations)

    monkeypatch.setattr(peaks, "clock_for", lambda device: Tenth())
    monkeypatch.setattr(peaks, "_TIME_NS", 0)
    monkeypatch.setattr(peaks, "_COPY", {"cpu": 1000})
    peak = peaks.measure_peak(Configuration(target="googlenet"))
    # 512 x 512 x 512 multiply-accumulates, two operations each, in 0.1 s; 1,000 bytes read and
    # as many written in 0.1 s.
    assert peak.flops == pytest.approx(2 * 134_217_728 / 0.1)
    assert peak.bytes_per_second == pytest.approx(20_000)
