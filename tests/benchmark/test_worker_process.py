"""Worker processes: what they import, what a model reads and prints in one, and when they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archcount.engines.worker_process import WorkerProcess, python

NAMES = ("json", "random", "torch", "csv", "typing", "tempfile", "pickle")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder with files called as modules, each of which would be seen to run."""
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'executed')!r}, 'w').close()\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_no_file_of_the_current_folder_is_executed(elsewhere):
    (elsewhere / "asked.py").write_text("import json, sys\nprint(sys.path, json.__file__)\n")
    done = subprocess.run(python("asked"), capture_output=True, text=True)
    assert "No module named" in done.stderr  # the folder is not looked into at all
    worker = WorkerProcess("archcount.benchmark.worker_main", {**os.environ})
    worker.close()
    assert not (elsewhere / "executed").exists()


def test_a_process_looks_in_the_same_places_in_the_same_order(elsewhere, monkeypatch):
    monkeypatch.setattr(sys, "path", ["", *sys.path, str(elsewhere / "last")])
    (elsewhere / "last").mkdir()
    (elsewhere / "last" / "asked.py").write_text("import sys\nprint(sys.path, sys.argv[1:])\n")
    done = subprocess.run(python("asked", "a b"), capture_output=True, text=True, check=True)
    assert done.stdout == f"{sys.path[1:]} ['a b']\n"


SERVES = """
import os, sys
from archcount.engines.worker_process import serve

def answer(do, **how):
    if do == "forever":
        while True:
            pass
    os.write(1, b"printed"); print("printed", flush=True)
    return sys.stdin.read(), os.getpid()

serve(answer)
"""


@pytest.fixture
def served(tmp_path, monkeypatch):
    (tmp_path / "its_server.py").write_text(SERVES)
    monkeypatch.syspath_prepend(str(tmp_path))
    return "its_server"


def test_what_a_model_reads_is_empty_and_what_it_prints_no_answer(served):
    worker = WorkerProcess(served, {**os.environ})
    try:
        text, _ = worker.ask("read")
        assert text == ""
    finally:
        worker.close()


def test_a_worker_ends_with_the_process_that_started_it(served, tmp_path):
    parent = tmp_path / "starts.py"
    parent.write_text(
        f"import sys, os; sys.path[:] = {sys.path!r}\n"
        "from archcount.engines.worker_process import WorkerProcess\n"
        f"worker = WorkerProcess({served!r}, dict(os.environ))\n"
        "print(worker.ask('read')[1], flush=True)\n"
        "worker.ask('forever')\n"
    )
    process = subprocess.Popen([sys.executable, str(parent)], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for _ in range(600):  # of a tenth of a second
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            break
        status = Path(f"/proc/{worker}/stat")  # one that nobody waits for has ended too
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.1)
    else:
        os.kill(worker, signal.SIGKILL)
        raise AssertionError("the worker goes on")
