"""Between a finished report and the place it goes to."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
from contextlib import ExitStack
from functools import partial
from itertools import product

import pytest
from helpers import commands
from helpers.commands import COMMAND, FAST, in_terminal, invoke, run

from archcount.cli.output import appending

NOISY = "noisy.py:Net"
PRINTING = [
    ["count", NOISY, "--inputs", "noisy.py:made", "--format", "json"],
    ["bench", NOISY, "--input", "4", "--mode", "forward", "--budget", "0.01", "--peak", "1T"],
    ["count", NOISY, NOISY, "--input", "4", "--format", "json"],
    ["diff", NOISY, NOISY, "--input", "4", "--format", "json"],
    ["sweep", NOISY, "--input", "[{T},4]", "--let", "T=1,2", "--format", "json"],
    ["draw", NOISY, "--input", "4", "--format", "svg"],
    ["table", "noisy.yaml", "--model", NOISY, "--format", "json"],
    ["check", "noisy.yaml", "--model", NOISY, "--format", "json"],
]
TABLE = """\
archcount: 1
name: noisy
source: {title: A layer}
input: "4"
table: |
  row | block
  fc  | linear 3
"""


@pytest.mark.parametrize(
    "arguments",
    [PRINTING[0], *(pytest.param(each, marks=pytest.mark.slow) for each in PRINTING[1:])],
    ids=lambda each: each[0],
)
def test_what_user_code_prints_is_no_part_of_the_report(arguments, data, tmp_path):
    (tmp_path / "noisy.py").write_text((data / "noisy.py").read_text())
    (tmp_path / "noisy.yaml").write_text(TABLE)
    done = run(*arguments, cwd=tmp_path)
    assert "noise" not in done.stdout.replace("noisy", "")
    assert done.returncode == 0, done.stderr
    if "json" in arguments:
        json.loads(done.stdout)
    elif "svg" in arguments:
        assert done.stdout.count("<svg") == 1
    else:
        assert done.stdout.count("images/s") > 0
    if "bench" not in arguments and arguments.count(NOISY) != 2:  # workers keep it to themselves
        ways = ("import", "descriptor", "__stdout__", "shell", "C", "forward", "child", "exit")
        assert [way for way in ways if f"noise: {way}\n" not in done.stderr] == []
        assert done.stderr.count("noise: exit\n") <= done.stderr.count("noise: init\n")


def test_a_model_may_close_standard_output(data):
    done = run("count", f"{data / 'noisy.py'}:closing", "--input", "4", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["name"].endswith("closing")


def test_a_file_may_be_standard_output_itself():
    assert run("table", "lenet5", *FAST, "-o", "/dev/stdout", "--format", "csv").stdout == (
        run("table", "lenet5", *FAST, "--format", "csv").stdout
    )


def test_the_width_is_that_of_the_terminal_that_the_report_goes_to(monkeypatch):
    """Standard input is none here, nor are errors; by itself, rich would then take 80 columns."""
    table = " ".join([*COMMAND, "table", "googlenet", "--compare-paper", *FAST])
    script = f"stty cols 150; unset COLUMNS; {table} 2>/dev/null </dev/null"
    monkeypatch.setattr(commands, "COMMAND", ["bash", "-c", script])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(150)).splitlines()
    assert 120 < max(map(len, lines)) <= 150


LIMITED = [
    ["--help"],
    ["table", "lenet5", *FAST, "--format", "json"],
    ["table", "--help"],
    ["--version"],
    ["sweep", "--input", "64..300", "--format", "csv"],
]
CASES = [(*case, room) for room in (5, 0) for case in product(LIMITED, ("1", ""))]


@pytest.mark.parametrize(
    ("arguments", "unbuffered", "room"),
    [*CASES[:3], *(pytest.param(*each, marks=pytest.mark.slow) for each in CASES[3:])],
)
def test_no_report_is_cut_short_without_a_word(arguments, unbuffered, room, tmp_path):
    """A limit on the size of files takes a part of what is written, as a full disk does."""
    with ExitStack() as stack:
        out = stack.enter_context((tmp_path / "x").open("w"))
        done = subprocess.run(
            [*COMMAND, *arguments],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (room, room)),
        )
    assert done.returncode == 2
    expected = "error: cannot write 'stdout': file too large; what is there of it is not whole\n"
    assert done.stderr == expected


def test_what_fails_the_command_is_shown():
    done = invoke("table", "googlenet", "--compare-paper", "--fail-on", "off", *FAST)
    assert done.returncode == 1
    assert "inception_4a" in done.stdout


def test_a_history_that_nothing_was_added_to_is_not_left(tmp_path):
    file = tmp_path / "x.jsonl"
    with appending(file):
        assert file.exists()  # it can be written: known before any work is done
    assert not file.exists()
    first, second = appending(file), appending(file)
    first.__enter__()
    with second as add:
        first.__exit__(None, None, None)  # it made the file, and stops before the other adds
        add("a line\n")
    assert file.read_text() == "a line\n"
    file.write_text("")
    with appending(file):
        pass
    assert file.exists()  # it was there before
