"""`archcount bench` from the command line and from Python."""

from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
from pathlib import Path

import pytest
import torch
from helpers.commands import COMMAND, in_terminal, invoke, run
from helpers.measurements import measured
from helpers.measurements import run as of_one
from torch import nn

import archcount as ac
from archcount.api.bench_report import BenchReport
from archcount.benchmark.result_files import read_results, to_line

MODELS = str(Path(__file__).with_name("bench_models.py"))
QUICK = ["--budget", "0.2", "--warm-up", "1", "--peak", "1T"]
SMALL = ["bench", "mobilenet_v1@0.25-224", "--batch", "1", *QUICK]


def of(name, *options):
    return invoke("bench", f"{MODELS}:{name}", "--input", "4", "--batch", "2", *QUICK, *options)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One run of both modes, with rows, in a file."""
    path = tmp_path_factory.mktemp("bench") / "result.json"
    done = run(*SMALL, "--per-row", "-o", str(path))
    assert done.returncode == 0, done.stderr
    # what goes to a file is shown too, and its warnings once
    assert "images/s" in done.stdout
    assert "time was up" in done.stdout
    assert "time was up" not in done.stderr
    return path


def test_a_result_holds_everything(result):
    found = json.loads(result.read_text())
    assert found["schema"] == "archcount.bench/1"
    assert found["argv"][:2] == ["bench", "mobilenet_v1@0.25-224"]
    assert found["environment"]["torch"] == torch.__version__
    assert {"processor", "cores", "platform", "python", "torch threads"} <= set(
        found["environment"]
    )
    assert found["sources"]["mobilenet_v1@0.25-224"].startswith("sha256:")
    forward, train = found["measurements"]
    for item in (forward, train):
        assert item["status"] == "done"
        samples = [sample for block in item["blocks"] for sample in block["samples_ns"]]
        assert item["statistics"]["samples"] == len(samples) >= 6
        assert all(isinstance(sample, int) for sample in samples)
        ordered = sorted(samples)
        middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
        assert item["statistics"]["median_ns"] == middle
        low, high = item["statistics"]["low_ns"], item["statistics"]["high_ns"]
        assert low <= middle <= high
        assert item["first_call_ns"] > 0
        assert item["peak_bytes"] > 2**20
        assert item["warm_up"]["iterations"] >= 1
    # docs/networks.md: 41,006,848 MACs and 470,072 params for a quarter of the width at 224.
    counted = ac.count(ac.load("mobilenet_v1"), variant="0.25-224", engine="formula").total
    assert forward["facts"]["macs"] == counted.cost.macs
    assert forward["facts"]["params"] == counted.params
    assert forward["facts"]["backward_macs"] == 0 < train["facts"]["backward_macs"]
    rows = [row["id"] for row in train["rows"]]
    assert rows == list(ac.load("mobilenet_v1").build(variant="0.25-224").rows)
    assert read_results(result).measurements[0].images_per_second == pytest.approx(
        1e9 / forward["statistics"]["median_ns"]
    )


def test_the_tables_say_what_is_counted(result):
    render = BenchReport(read_results(result)).render
    shown = render("plain")
    assert "train: forward, loss (cross entropy), backward" in shown
    assert "FLOP/s: 2 per counted multiply-accumulate" in shown
    assert "peak of cpu for float32: 1.000 TFLOP/s" in shown
    assert "(given: --peak)" in shown
    assert "by row" in shown
    lines = list(csv.DictReader(io.StringIO(render("csv"))))
    assert [line["mode"] for line in lines] == ["forward", "train"]
    assert float(lines[0]["images_per_second"]) == pytest.approx(1e9 / float(lines[0]["median_ns"]))
    assert float(lines[0]["flops_per_second"]) == pytest.approx(
        2 * int(lines[0]["macs"]) * 1e9 / float(lines[0]["median_ns"])
    )
    assert "| Model |" in render("md")
    narrow = render("rich", width=80, colour=False)
    assert max(map(len, narrow.splitlines())) <= 80
    assert "images/s" in narrow


def test_a_roofline_is_drawn(result, tmp_path):
    from archcount.reporting.roofline import draw_roofline

    record = read_results(result)
    assert draw_roofline(record, "png").startswith(b"\x89PNG")
    svg = draw_roofline(record, "svg").decode()
    assert "FLOP / byte moved" in svg or "<svg" in svg
    refused = invoke(*SMALL, "-o", str(tmp_path / "roofline.png"))
    assert refused.returncode == 2
    assert "needs the times of rows; add --per-row" in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_results_in_files_are_compared(tmp_path):
    before, after = tmp_path / "before.json", tmp_path / "after.jsonl"
    before.write_text(BenchReport(of_one(measured(1), environment={"torch": "2.12"})).to_json())
    lines = [measured(1, seed=1), measured(1.2, seed=2)]  # the last line counts
    runs = [of_one(item, environment={"torch": "2.13"}) for item in lines]
    after.write_text("".join(map(to_line, runs)))
    same = invoke("bench", "compare", str(before), str(before))
    assert same.returncode == 0
    assert "1.000×" in same.stdout
    assert "SAME" in same.stdout.splitlines()[4]
    slower = invoke("bench", "compare", str(before), str(after), "--fail-on", "slower:5%")
    assert slower.returncode == 1
    assert "SLOWER" in slower.stdout.splitlines()[4]
    assert "differs: torch: 2.12 -> 2.13" in slower.stdout
    assert (
        invoke("bench", "compare", str(before), str(after), "--fail-on", "slower:30%").returncode
        == 0
    )
    faster = invoke(
        "bench", "compare", str(after), str(before), "--fail-on", "slower", "--format", "json"
    )
    assert faster.returncode == 0
    (pair,) = json.loads(faster.stdout)["pairs"]
    assert pair["verdict"] == "FASTER"
    assert pair["low"] < 1 / 1.2 < pair["high"]


def test_a_history_grows_by_a_line(tmp_path):
    history = tmp_path / "history.jsonl"
    for number in (1, 2):
        assert of("Plain", "--mode", "forward", "--append", str(history)).returncode == 0
        lines = history.read_text().splitlines()
        assert len(lines) == number
        assert all(json.loads(line)["schema"] == "archcount.bench/1" for line in lines)
    assert read_results(history).measurements[0].status == "done"
    refused = of("Plain", "--append", str(tmp_path / "none" / "history.jsonl"))
    assert refused.returncode == 2
    assert "cannot add to" in refused.stderr


def test_one_model_that_fails_leaves_the_others_results():
    done = invoke(
        "bench", f"{MODELS}:Plain", f"{MODELS}:RaisesOnBackward", f"{MODELS}:GivesDict",
        "--input", "4", "--batch", "2", "--mode", "train", *QUICK, "--format", "json",
    )  # fmt: skip
    assert done.returncode == 2
    statuses = [item["status"] for item in json.loads(done.stdout)["measurements"]]
    assert statuses == ["done", "failed", "done"]
    assert "backward is not for this model" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("policy", "code", "status", "batch"),
    [
        ("fail", 3, "failed", 8),
        pytest.param("skip", 0, "skipped", 8, marks=pytest.mark.slow),
        ("halve", 0, "done", 2),
    ],
)
def test_out_of_memory(policy, code, status, batch):
    done = invoke(
        "bench", f"{MODELS}:OutOfMemory", "--input", "4", "--batch", "8", "--mode", "forward",
        *QUICK, "--on-oom", policy, "--format", "json",
    )  # fmt: skip
    assert done.returncode == code
    (found,) = json.loads(done.stdout)["measurements"]
    assert (found["status"], found["batch"], found["configuration"]["batch"]) == (status, batch, 8)


def test_a_model_that_ends_its_process_is_reported():
    done = of("Exits", "--mode", "forward")
    assert done.returncode == 2
    assert "SystemExit: os._exit(7)" in done.stdout


def test_output_of_a_model_is_not_part_of_the_result():
    arguments = (f"{MODELS}:Talks", "--input", "4", "--mode", "forward", *QUICK)
    done = run("bench", *arguments, "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["measurements"][0]["status"] == "done"


def test_a_missing_device_exits_3_and_lists_available_ones():
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    done = run("bench", "--device", "cuda")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "device cuda is not available" in done.stderr
    assert "allowed: cpu" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch", "0"], "--batch 0"),
        (["--batch", "a"], "--batch 'a'"),
        (["--mode", "backward"], "--mode 'backward'; allowed: forward, train"),
        (["--dtype", "int8"], "--dtype 'int8'; allowed: float32, bf16, fp16"),
        (["--amp"], "--amp with --dtype bf16 or fp16"),
        (["--tf32", "--device", "cpu"], "--tf32 with --device cuda"),
        (["--compile", "--per-row"], "remove --compile"),
        (["torch.nn:Linear", "--per-row"], "a table's name or file"),
        (["--on-oom", "cry"], "--on-oom 'cry'; allowed: fail, halve, skip"),
        (["--peak", "fast"], "--peak 'fast'"),
        (["--precision", "0"], "--precision"),
        (["--budget", "-1"], "--budget"),
        (["--tune", "--allow", "magic"], "--allow 'magic'"),
        (["nothing"], "unknown table 'nothing'"),
        (["--optimizer", "adam"], "--optimizer 'adam'; allowed: sgd"),
        (["--threads", "0"], "--threads 0"),
        (["compare", "none.json", "none.json"], "cannot read 'none.json'"),
        (["compare", "a", "b", "--fail-on", "slower:5"], "allowed: slower, slower:5%"),
        (["none.py:build", "--input", "4"], "no file 'none.py'"),
        (["--inputs", "a:b"], "--inputs needs a package:callable"),
        (
            ["torch.nn:Linear", "--inputs", "a:b", "--dtype", "bf16"],
            "decides dtype and memory format itself",
        ),
        (
            ["torch.nn:Linear", "--inputs", "a:b", "--channels-last"],
            "decides dtype and memory format itself",
        ),
        (
            ["torch.nn:Linear", "--inputs", "a:b", "--input", "4"],
            "--input and --inputs are both given; use only one",
        ),
        (["torch.nn:Linear", "--input", "[8,4]", "--batch", "1,2"], "has a batch dimension"),
        (["--nproc", "2", "--tune"], "conflicts with --per-row, --repeat and --tune"),
        (["--nproc", "2", "--nnodes", "2"], "add --rdzv-endpoint"),
        (["--nnodes", "2"], "need --nproc"),
        (["--tune", "--allow", "tf32", "--device", "cpu"], "remove tf32 from --allow"),
        (["--repeat", "0"], "--repeat 0"),
    ],
)
def test_invalid_options_are_reported_in_one_line(arguments, message):
    done = invoke("bench", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_file_that_is_not_a_result_is_refused(tmp_path):
    path = tmp_path / "result.json"
    path.write_text('{"schema": "archcount.table/1"}')
    done = invoke("bench", "compare", str(path), str(path))
    assert done.returncode == 2
    assert "is not a benchmark result" in done.stderr


def test_an_interrupt_keeps_what_is_finished(tmp_path):
    path = tmp_path / "result.json"
    command = [
        *COMMAND, "bench", f"{MODELS}:Plain", f"{MODELS}:Restless", "--input", "4", "--batch", "1",
        "--mode", "forward", "--warm-up", "1", "--peak", "1T", "--precision", "20%", "-o", str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "Plain forward" in line and "done" in line:
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    found = read_results(path)
    assert found.is_interrupted
    assert [item.status for item in found.measurements] == ["done", "interrupted"]
    assert not list(tmp_path.glob(".*"))


def test_progress_is_shown_on_stderr():
    done = of("Plain", "--mode", "forward")
    assert [line.rpartition(": ")[2].split(",")[0] for line in done.stderr.splitlines()] == [
        "starting",
        "done",
    ]
    shown = in_terminal(
        100, "bench", f"{MODELS}:Plain", "--input", "4", "--mode", "forward", *QUICK
    )
    assert "sampling" in shown
    assert "s of sampling left" in shown


def test_tuned_settings_are_compared_with_the_plain_ones():
    done = invoke(
        *SMALL, "--mode", "forward", "--tune", "--allow", "channels_last", "--format", "json"
    )
    assert done.returncode == 0
    ways = {way["settings"]: way for way in json.loads(done.stdout)["tuned"]}
    assert set(ways) == {"float32", "float32, channels last"}
    assert (ways["float32"]["ratio"], ways["float32"]["error"]) == (1, 0)
    other = ways["float32, channels last"]
    assert other["low"] < other["ratio"] < other["high"]
    assert 0 < other["error"] < 1e-3  # rounding alone


@pytest.mark.slow
def test_two_processes_by_torchs_launcher():
    done = run(
        "bench", "mobilenet_v1@0.25-224", "--batch", "2", "--budget", "0.2", "--warm-up", "2",
        "--nproc", "2", "--peak", "1T", "--format", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    forward, train = json.loads(done.stdout)["scaling"]
    for item in (forward, train):
        assert len(item["rank_images_per_second"]) == item["processes"] == 2
        assert item["single_images_per_second"] > 0
        assert item["backend"] == "gloo"
    params = ac.count(ac.load("mobilenet_v1"), variant="0.25-224", engine="formula").total.params
    assert train["gradient_bytes"] == 4 * params  # float32
    assert forward["gradient_bytes"] == 0


def test_failing_processes_are_reported():
    done = invoke(
        "bench", f"{MODELS}:RaisesOnBackward", "--input", "4", "--batch", "2", "--mode", "train",
        "--nproc", "2", *QUICK,
    )  # fmt: skip
    assert done.returncode == 2  # the user's model, not the machine
    assert "2 processes could not run together" in done.stdout
    assert "backward is not for this model" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_module_is_measured_on_a_copy():
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    report = ac.bench(
        module,
        input="4",
        batch=8,
        budget=0.1,
        warm_up=1,
        optimizer="sgd",
        peak=1e12,
        threads=threads + 1,
    )
    assert [item.status for item in report.record.measurements] == ["done", "done"]
    assert not module.training
    for name, value in module.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(weight.grad is None for weight in module.parameters())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)
    assert report.to_frame().loc[0, "macs"] == 8 * 4 * 4
    assert "images/s" in report.to_markdown()


class Watched(nn.Linear):
    """Records mode and dtype of every call, also of copies."""

    seen: list[tuple[bool, torch.dtype]] = []  # noqa: RUF012

    def forward(self, x):
        if not x.is_meta:
            Watched.seen.append((self.training, self.weight.dtype))
        return super().forward(x)


def test_configurations_of_a_module_do_not_share_it():
    Watched.seen.clear()
    report = ac.bench(
        Watched(4, 3), input="4", batch=2, budget=0.1, warm_up=1, peak=1e12,
        dtype=["float32", "bf16"],
    )  # fmt: skip
    found = report.record.measurements
    assert [item.status for item in found] == ["done"] * 4
    both = {(train, dtype) for train in (False, True) for dtype in (torch.float32, torch.bfloat16)}
    assert set(Watched.seen) == both
    calls = {each: Watched.seen.count(each) for each in both}
    for item in found:
        is_train = item.configuration.mode == "train"
        dtype = torch.bfloat16 if item.configuration.dtype == "bf16" else torch.float32
        assert calls[is_train, dtype] >= item.statistics.samples
    assert "this process, on a copy of the module" in report.to_markdown()
    with pytest.raises(ac.UsageError, match="repeat needs a text"):
        ac.bench(nn.Linear(4, 3), input="4", repeat=6)


def test_an_input_with_a_batch_of_its_own():
    done = invoke(
        "bench",
        f"{MODELS}:Plain",
        "--input",
        "[8,4]",
        "--mode",
        "train",
        *QUICK,
        "--format",
        "json",
    )
    (found,) = json.loads(done.stdout)["measurements"]
    assert (found["batch"], found["loss"]) == (8, "cross entropy")
    assert "its input has a batch of 8" in found["remarks"]


def test_python_compares_reports_too(result):
    found = ac.compare_bench(result, result)
    assert {pair.ratio for pair in found.record.pairs} == {1.0}
    with pytest.raises(ac.UsageError, match="a int as a model"):
        ac.bench(5)


@pytest.mark.slow
def test_compiled_models_are_measured():
    done = run(*SMALL, "--mode", "forward", "--compile", "--format", "json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["measurements"]
    assert found["status"] == "done", found["problem"]
    assert found["configuration"]["compile"] == "default"
    assert found["first_call_ns"] > 100 * found["statistics"]["median_ns"]
