"""Options at their extremes, and damaged results: one clear error each."""

from __future__ import annotations

import json
import warnings

import pytest
import torch
from helpers.commands import FAST, invoke
from helpers.measurements import measured
from helpers.measurements import run as run_of
from torch import nn

import archcount as ac
from archcount.benchmark.comparing import compare_benchmarks
from archcount.benchmark.result_files import read_results, to_line
from archcount.errors import UsageError
from archcount.loading.arguments import read_value
from archcount.loading.input_spec import read_input

LINEAR = ["torch.nn:Linear", "--arg", "in_features=4", "--arg", "out_features=3"]
DIGITS, MINUS, OPEN = "1" * 5_000, "-" * 5_000, "(" * 5_000
COUNT = ["count", *LINEAR]
BENCH = ["bench", *LINEAR, "--input", "4"]

SAYS = """
class Odd:
    __signature__ = 5  # which inspect refuses, as it does the annotation

    def __init__(self, a: "1/0" = 3):
        pass

    a_class = int
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([*COUNT, "--input", "[1 4]"], "--input '[1 4]'; allowed: 3x224x224"),
        ([*COUNT, "--input", f"[{DIGITS}]"], "--input '[111"),
        ([*COUNT, "--input", DIGITS], "--input '111"),
        ([*COUNT, "--input", f"x={MINUS}1"], "--input 'x=---"),
        ([*COUNT, "--input", f"x={OPEN}"], "--input 'x=((("),
        ([*COUNT, "--input", "[٣,4]"], "--input '[٣,4]'"),
        ([*COUNT, "--arg", f"x={MINUS}1", "--input", "4"], "torch.nn:Linear failed: TypeError"),
        ([*BENCH, "--batch", DIGITS], "--batch '111"),
        ([*BENCH, "--batch", "٣"], "--batch '٣'; allowed: whole numbers"),
        ([*BENCH, "--peak", DIGITS], "--peak '111"),
        ([*BENCH, "--peak", "1e400"], "--peak '1e400'; allowed: FLOP/s"),
        ([*BENCH, "--peak", "1e308T"], "--peak '1e308T'"),
        ([*BENCH, "--peak", "٣T"], "--peak '٣T'"),
        ([*BENCH, "--precision", "٣%"], "--precision '٣%'"),
        ([*BENCH, "--mode", ""], "--mode names nothing to measure; allowed: forward, train"),
        ([*BENCH, "--mode", ","], "--mode names nothing to measure"),
        ([*BENCH, "--dtype", ""], "--dtype names nothing to measure"),
        ([*BENCH, "--arg", "bias=..."], "--arg 'bias' is no value that a result can be kept with"),
        ([*BENCH, "--arg", "bias=1e999"], "--arg 'bias' is no value"),
        ([*BENCH, "--arg", "bias={1}"], "--arg 'bias' is no value"),
        ([*COUNT, "--arg", "x={[]:1}", "--input", "4"], "torch.nn:Linear failed: TypeError"),
        ([*COUNT, "--arg", "bias.x=1", "--input", "4"], "bias (bool) has no entry 'x'"),
        ([*COUNT, "--input", "x={[]:1}"], "--input 'x={[]:1}'"),
        (["count", "builtins:dict", "--arg", "a.b=1", "--input", "4"], "--arg a.b: unknown class"),
        (["count", f"{'a' * 300}.py:Net", "--input", "4"], "no file 'aaa"),
        (["count", f"{'a' * 300}.pt2", "--input", "4"], "no file 'aaa"),
        (["count", "says.py:Odd", "--arg", "a.b=1", "--input", "4"], "a (int) has no entry 'b'"),
        (["bench", ""], "'' names no table"),
        (["bench", "@x"], "'@x' names no table"),
        (["bench", "nosuch.yaml"], "nosuch.yaml:1:1: there is no such file"),
        (["bench", "nosuch.pt2"], "no file 'nosuch.pt2'"),
        (["bench", "folder"], "folder:1:1: this is a directory"),
        (["bench", "/dev/zero"], "/dev/zero:1:1: the file is too large"),
        (["bench", "loop.yaml"], "loop.yaml:1:1: the file cannot be read"),
        (["bench", "compare", "folder", "folder"], "cannot read 'folder': Is a directory"),
        (["bench", "compare", "loop.yaml", "loop.yaml"], "cannot read 'loop.yaml'"),
        (["bench", "compare", "/dev/null", "/dev/null"], "'/dev/null' is not a benchmark result"),
    ],
    ids=lambda each: " ".join(each)[:40] if isinstance(each, list) else "",
)
def test_each_is_one_clear_error(arguments, says, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "says.py").write_text(SAYS)
    done = invoke(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {says}")
    assert len([line for line in done.stderr.splitlines() if not line.startswith(" ")]) == 1


@pytest.mark.parametrize("lines", ["²", "9" * 30, "-1", "abc", ""])
def test_a_terminal_of_an_odd_size_is_one_of_the_usual_size(lines, monkeypatch):
    monkeypatch.setenv("LINES", lines)
    done = invoke("table", "lenet5", *FAST, "--format", "rich")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("lenet5: ")


NONE = (None, 3, 1.5, b"lenet5", (), [None], {None: 1}, object(), iter("x"))
CALLS = {
    "load": lambda thing: ac.load(thing),
    "explain": lambda thing: ac.explain(thing, "C3"),
    "a row to explain": lambda thing: ac.explain("lenet5", thing),
    "infer": lambda thing: ac.infer(thing),
    "formula": lambda thing: ac.formula(thing),
    "a multiple": lambda thing: ac.formula("lenet5", multiple=thing or 0.5),
    "the table of a report": lambda thing: ac.compare(ac.count("lenet5", engine="formula"), thing),
    "an engine": lambda thing: ac.count("lenet5", engine=thing),
    "an input": lambda thing: ac.count("lenet5", engine="formula", input=thing or (1, 32, 32)),
    "let": lambda thing: ac.count("lenet5", engine="formula", let=thing or ["classes=3"]),
    "arguments": lambda thing: ac.count("torch.nn:Linear", arguments=thing or ["a"], input="4"),
    "columns": lambda thing: ac.count(nn.ReLU(), input="4", columns=[thing]),
    "models": lambda thing: ac.count_models([thing]),
    "a device": lambda thing: ac.bench(nn.ReLU(), input="4", device=thing or torch.device("meta")),
    "a colour": lambda thing: ac.draw("lenet5", colour=thing),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_is_of_another_type_is_refused_in_words(call):
    for thing in NONE:
        if call is CALLS["a multiple"] and thing == 3:
            continue
        with pytest.raises((ac.ArchcountError, TypeError)):
            call(thing)


def test_arguments_of_several_values_are_read_back(tmp_path):
    """A tuple comes back as a list, and is the same setting."""
    before = run_of(measured(1.0, arguments={"sizes": (1, 2), "names": {"a": None}}))
    path = tmp_path / "x.json"
    path.write_text(to_line(before))
    (pair,) = compare_benchmarks(before, read_results(path)).pairs
    assert (pair.ratio, pair.verdict) == (1.0, "SAME")


def _set(value, *place):
    def damage(record):
        *outer, last = place
        for key in outer:
            record = record[key]
        record[last] = value

    return damage


ITEM = ("measurements", 0)
DAMAGE = {
    "no median": _set(0, *ITEM, "statistics", "median_ns"),
    "another median": _set(1e6, *ITEM, "statistics", "median_ns"),
    "an infinite median": _set(float("inf"), *ITEM, "statistics", "median_ns"),
    "a median that is no number": _set(float("nan"), *ITEM, "statistics", "median_ns"),
    "no batch": _set(0, *ITEM, "batch"),
    "a negative batch": _set(-4, *ITEM, "batch"),
    "no blocks": _set([], *ITEM, "blocks"),
    "an empty block": _set([], *ITEM, "blocks", 0, "samples_ns"),
    "no time": _set([0, 0, 0, 0], *ITEM, "blocks", 0, "samples_ns"),
    "negative times": _set([-1] * 4, *ITEM, "blocks", 0, "samples_ns"),
    "a time of 400 digits": _set([10**400] * 4, *ITEM, "blocks", 0, "samples_ns"),
    "a wall time that is no number": _set(float("nan"), "seconds"),
    "a text": _set("1", *ITEM, "blocks"),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_results_are_refused_and_not_compared(damage, tmp_path):
    record = json.loads(to_line(run_of(measured(1.0))))
    (tmp_path / "whole.json").write_text(json.dumps(record))
    damage(record)
    (tmp_path / "x.json").write_text(json.dumps(record))
    assert invoke("bench", "compare", "whole.json", "whole.json", cwd=tmp_path).returncode == 0
    for pair in (("x.json", "whole.json"), ("whole.json", "x.json"), ("x.json", "x.json")):
        done = invoke("bench", "compare", *pair, "--format", "json", "--force", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("error: 'x.json' is ")
        assert len(done.stderr.splitlines()) == 1


def test_python_says_nothing_of_values_that_are_texts():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert read_value("4or") == "4or"
        with pytest.raises(UsageError):
            read_input("x=4or", 2)
    assert said == []
