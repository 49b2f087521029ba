"""A signal at any moment: its exit code, what was finished, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from helpers.commands import COMMAND, run

from archcount.benchmark.result_files import read_results

LINEAR = ["torch.nn:Linear", "--arg", "in_features=4", "--arg", "out_features=3", "--input", "4"]
BENCH = ["bench", *LINEAR, "--peak", "1T", "--warm-up", "1", "--budget", "0.2"]
COMMANDS = {
    "table": ["table", "googlenet", "--compare-paper", "-o", "x.json"],
    "check": ["check", "--all", "-o", "x.json"],
    "sweep": ["sweep", "googlenet", "--input", "64..3000", "-o", "x.json"],
    "bench": [*BENCH, "--batch", "1,2", "-o", "x.json", "--append", "x.jsonl"],
    "count": ["count", *(["torch.nn:Linear"] * 20), *LINEAR[1:], "--jobs", "2", "-o", "x.csv"],
    "report": ["report", "googlenet", "-o", "x.html"],
    "draw": ["draw", "googlenet", "--colour", "verdict", "-o", "x.svg"],
    "site": ["site", "-o", "x"],
    "processes": [*BENCH, "--batch", "4", "--nproc", "2", "-o", "x.json", "--append", "x.jsonl"],
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LONGEST = {"check": 8, "bench": 8, "site": 25, "processes": 25}
"""Seconds within which a signal comes; 4 of other commands."""
TRIES = 72

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux")


def cases():
    """Each command 72 times; some once in the fast tests."""
    for name in COMMANDS:
        for seed in range(TRIES):
            is_fast = seed == 0 and name in ("table", "bench", "sweep")
            yield pytest.param(name, seed, marks=[] if is_fast else pytest.mark.slow)


@pytest.mark.parametrize(("name", "seed"), [*cases()])
def test_a_signal_at_a_random_moment(name, seed, tmp_path):
    random = Random(f"{name} {seed}")
    number = random.choice(SIGNALS)
    process, told = begun(COMMANDS[name], tmp_path)
    wait_for_handlers(process)
    time.sleep(random.uniform(0, LONGEST.get(name, 4)))
    process.send_signal(number)
    code = process.wait(timeout=60)
    told = b"".join(told())
    # Finished before it came, or while Python took itself down, when all is written.
    assert code in (128 + number, 0, -number), told
    assert b"Traceback" not in told
    assert b"Exception ignored" not in told
    assert_sane(told)
    assert_gone(str(tmp_path))
    files = sorted(each.name for each in tmp_path.iterdir())
    expected = [[], ["x.json", "x.jsonl"], ["x.jsonl"]]
    is_bench = COMMANDS[name][0] == "bench"
    assert files in (expected if is_bench else [[], [COMMANDS[name][-1]]])
    if code != 128 + number:
        assert files
    for file in files:
        assert_whole(tmp_path / file)
    if is_bench and "x.json" in files:
        found = read_results(tmp_path / "x.json")
        # SIGINT to the parent alone: what was done before stays done.
        assert all(item.status == "interrupted" or item.blocks for item in found.measurements)
        assert read_results(tmp_path / "x.jsonl") == found


def begun(arguments, folder):
    """Start a command with a terminal for errors; give it, and what reads the terminal."""
    primary, secondary = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=secondary,
        env={**os.environ, "ARCHCOUNT_TEST": str(folder), "TERM": "xterm"},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    os.close(secondary)
    pieces = []

    def read():
        with contextlib.suppress(OSError):
            while piece := os.read(primary, 65536):
                pieces.append(piece)

    reader = Thread(target=read, daemon=True)
    reader.start()

    def told():
        reader.join(timeout=10)  # until all have ended that hold the terminal
        os.close(primary)
        return pieces

    return process, told


def wait_for_handlers(process):
    """Wait until SIGTERM is caught."""
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(status.partition("SigCgt:")[2].split()[0], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


def assert_sane(told):
    """The cursor is shown again, and colours are reset, where they were changed."""
    assert told.count(b"\x1b[?25l") <= told.count(b"\x1b[?25h")
    assert told.rfind(b"\x1b[?25l") <= told.rfind(b"\x1b[?25h")
    assert told.count(b"\x1b[0m") >= (b"\x1b[3" in told)


def assert_gone(marker):
    """No process is left that was started from here; a worker sees to it within a second or two."""

    def left():
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if f"ARCHCOUNT_TEST={marker}\0".encode() in (folder / "environ").read_bytes():
                    yield folder.name, (folder / "cmdline").read_bytes()

    end = time.monotonic() + 15
    while [*left()] and time.monotonic() < end:
        time.sleep(0.1)
    assert [*left()] == []


def assert_whole(file):
    if file.is_dir():
        assert {"index.html", "errata.html", "networks.html"} < {
            page.name for page in file.iterdir()
        }
        for page in file.rglob("*.html"):
            assert_whole(page)
        return
    text = file.read_text()
    if file.suffix == ".json":
        json.loads(text)
    assert text.endswith({".html": "</html>\n", ".svg": "</svg>\n"}.get(file.suffix, "\n"))


def test_a_signal_that_a_model_swallows_comes_again(tmp_path):
    (tmp_path / "deaf.py").write_text(
        "import time\n\ndef Net():\n    try:\n        print('waits', flush=True)\n"
        "        time.sleep(60)\n    except BaseException:\n        time.sleep(60)\n"
    )
    code = (
        "import sys, archcount.cli.stop as stop; stop.AGAIN = 0.3; from archcount.cli import main; "
        "sys.argv[1:] = ['count', 'deaf.py:Net']; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr.readline() == "waits\n"
        process.terminate()
        assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 128 + signal.SIGTERM


def test_a_signal_that_a_callback_swallows_comes_again_at_once(tmp_path):
    (tmp_path / "deaf.py").write_text(
        "import os, signal, time\n\nclass Deaf:\n    def __del__(self):\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n        time.sleep(0.1)\n\n"
        "def Net():\n    Deaf()\n    time.sleep(8)\n"  # less than the ten seconds of the other case
    )
    done = run("count", "deaf.py:Net", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
