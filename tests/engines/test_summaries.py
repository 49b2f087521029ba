"""Many models: what one of them does never takes the others down, and every line is kept."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import time

import pytest
from helpers.commands import COMMAND
from torch import nn
from torch.nn import functional
from typer.testing import CliRunner

import archcount as ac
from archcount.cli.app import app
from archcount.cli.budget import read_limits
from archcount.engines.count_request import CountRequest
from archcount.engines.summaries import summarize_all
from archcount.engines.summary_worker import summarize
from archcount.loading.model_libraries import expanded


@pytest.fixture
def light(monkeypatch, libraries):
    """Let a worker count that starts at once."""
    monkeypatch.setattr("archcount.engines.summaries._MODULE", "light_worker")


def run(*arguments: str):
    return CliRunner().invoke(app, ["count", *arguments])


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_model_that_dies_or_hangs_takes_no_other_down(light, jobs):
    names = ["one", "kills", "three", "exits", "sleeps", "six"]
    found = {
        line.model: line
        for line in summarize_all(names, CountRequest(), jobs=jobs, timeout=1)
    }  # fmt: skip
    assert sorted(found) == sorted(names)
    assert [found[name].params for name in ("one", "three", "six")] == [3, 5, 3]
    assert found["kills"].error.startswith("its process was ended by SIGKILL")
    assert "about to die" in found["kills"].error
    assert found["exits"].error == "its process ended with code 7"
    assert found["sleeps"].error == "not counted within 1 s"


def test_lines_are_yielded_as_they_come_and_processes_end_with_the_loop(light):
    start = time.perf_counter()
    lines = summarize_all(["sleeps", "one"], CountRequest(), jobs=2)
    assert next(lines).model == "one"
    lines.close()
    assert time.perf_counter() - start < 30  # not the minute that the other takes


def test_append_leaves_out_what_the_file_has(light, tmp_path):
    file = tmp_path / "models.csv"
    assert run("one", "three", "-o", str(file)).exit_code == 0
    before = file.read_text()
    file.write_text(before + "four,1")  # as a line is that was not written whole
    assert run("one", "four", "three", "kills", "-o", str(file), "--append").exit_code == 3
    assert file.read_text().startswith(before)
    assert sorted(row["model"] for row in rows(file.read_text())) == [
        "four",
        "kills",
        "one",
        "three",
    ]
    assert {row["model"]: row["macs"] for row in rows(file.read_text())}["four"] == "4000"
    assert run("one", "-o", str(file), "six").exit_code == 0  # without it the file is another
    assert sorted(row["model"] for row in rows(file.read_text())) == ["one", "six"]


def test_a_limit_names_each_number_that_is_over(light):
    result = run("one", "three", "--max", "params=4", "--max", "macs=3K", "--format", "csv")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "error: three: params 5 is over --max params=4",
        "error: three: macs 5,000 is over --max macs=3K",
    ]
    assert len(rows(result.stdout)) == 2
    assert run("one", "three", "--max", "params=5", "--max", "flops=0.01M").exit_code == 0


def test_limits_are_exact_in_both_kinds_of_unit():
    limits = read_limits(["macs=4.1G", "peak_bytes=8MiB", "weight_bytes=8MB", "params=25M"])
    assert [int(number) for _, number in limits.values()] == [
        4_100_000_000, 8 * 1024 * 1024, 8_000_000, 25_000_000,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["one", "two", "--append"], "--append needs a file"),
        (["one", "two", "--jobs", "0"], "--jobs 0"),
        (["one", "two", "--timeout", "0"], "--timeout 0"),
        (["one", "two", "--variant", "x"], "--variant goes with one model"),
        (["one", "two", "--columns", "kernel"], "--columns goes with one model"),
        (["one", "two", "--depth", "1"], "--depth goes with one model"),
        (["one", "two", "--no-fold"], "--no-fold goes with one model"),
        (["googlenet", "--jobs", "2"], "--jobs goes with several models"),
        (["one", "two", "--max", "parms=3"], "did you mean 'params'"),
        (["one", "two", "--max", "params=3X"], "--max params='3X'"),
        (["hf:nowhere*"], "'hf:nowhere\\*' matches no model"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told(light, arguments, message):
    result = run(*arguments)
    with pytest.raises(ac.UsageError, match=message):
        raise result.exception


def test_a_file_of_something_else_is_not_added_to(light, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    result = run("one", "two", "-o", str(tmp_path / "other.csv"), "--append")
    with pytest.raises(ac.UsageError, match="does not have the columns"):
        raise result.exception
    assert (tmp_path / "other.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("form", ["plain", "json", "md", "tsv", "html"])
def test_every_format_has_every_model(light, form):
    text = run("kills", "three", "--format", form).stdout
    assert all(name in text for name in ("three", "kills", "SIGKILL"))


def test_one_line_has_the_totals_of_the_model_and_its_depth():
    line = summarize("resnet@50", CountRequest(batch=2))
    # torchvision's and the paper's ResNet-50: 25,557,032 parameters, 50 layers deep; the MACs of
    # the table, which its tests derive, twice
    assert (line.params, line.macs, line.depth) == (25_557_032, 2 * 3_857_973_248, 50)
    assert (line.flops, line.inputs, line.error) == (4 * 3_857_973_248, "float32[2,3,224,224]", "")


class Causal(nn.Module):
    def forward(self, x):
        return functional.scaled_dot_product_attention(x, x, x, is_causal=True)


@pytest.mark.parametrize(("attention", "pairs"), [("full", 36), ("causal", 21)])
def test_the_convention_of_attention_holds_for_each_model(attention, pairs):
    """Six tokens: 36 pairs, or 21 in the lower triangle; two products of width 8."""
    line = summarize(f"{__file__}:Causal", CountRequest(input="1x6x8", attention=attention))
    assert line.macs == 2 * pairs * 8


def test_what_fails_has_its_reason_in_one_line(data):
    line = summarize(
        "torch.nn:Linear",
        CountRequest(arguments={"in_features": 2, "out_features": 3}, input="5"),
    )
    assert line.error.startswith("torch.nn:Linear failed on float32[1,5]")
    assert "\n" not in line.error
    assert (line.exit_code, line.macs) == (2, None)


def test_patterns_are_written_out_once(monkeypatch, data, tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text("{}")
    found = expanded(["googlenet", f"hf:{tmp_path}/*.json", f"hf:{tmp_path}/a.json"])
    assert found == ["googlenet", f"hf:{tmp_path}/a.json", f"hf:{tmp_path}/b.json"]


@pytest.mark.slow
def test_an_interrupt_keeps_what_is_written(data, tmp_path):
    file = tmp_path / "models.csv"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), str(data / "libraries")]),
    }
    process = subprocess.Popen(
        [*COMMAND, "count", "timm:net_1", "timm:sleeps", "-o", str(file), "--jobs", "1"],
        env=environment,
    )
    while not file.exists() or "timm:net_1" not in file.read_text():
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    (row,) = rows(file.read_text())
    assert (row["model"], row["macs"]) == ("timm:net_1", "105")
