"""Workers that fail at any request, in any way: every configuration ends, and none is lost."""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcount.benchmark.iteration_counts import Counted
from archcount.benchmark.results import IterationCounts
from archcount.benchmark.runner import Runner
from archcount.benchmark.samples import Block
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.engines.worker_process import WorkerError, WorkerProcess
from archcount.errors import Stopped

MS = 1_000_000
FACTS = IterationCounts(params=1, inputs="x", macs=500, backward_macs=0, bytes_needed=100)
WAYS = ("memory", "killed", "died", "problem", "odd", "stop")
MOST = 20_000
"""More requests than this of a few configurations are an endless loop."""


def failure(way):
    if way == "odd":
        return ZeroDivisionError("of the worker's own")
    return Stopped() if way == "stop" else WorkerError(way, "it fell", 3)


@given(
    failures=st.lists(st.tuples(st.integers(0, 150), st.sampled_from(WAYS)), max_size=12),
    at_start=st.booleans(),
    on_oom=st.sampled_from(("fail", "halve", "skip")),
    number=st.integers(1, 4),
    repeat=st.integers(1, 2),
    room=st.sampled_from((None, 150, 500)),
    per_row=st.booleans(),
)
def test_every_configuration_ends_whatever_its_workers_do(
    failures, at_start, on_oom, number, repeat, room, per_row
):
    """Requests are numbered through the whole run; those chosen fail."""
    at = dict(failures)
    asked = [0]
    hosts = []

    class Worker:
        def __init__(self, configuration):
            self.configuration, self.is_open = configuration, True
            hosts.append(self)
            if at_start:
                self.count()

        def count(self):
            asked[0] += 1
            assert asked[0] < MOST, "it asks for ever"
            if asked[0] in at:
                raise failure(at[asked[0]])

        def ask(self, do, **how):
            assert self.is_open
            self.count()
            if do == "prepare":
                return self.configuration.batch, ()
            if do == "block":
                return Block(
                    samples_ns=(10 * MS,) * how["iterations"], wall_ns=10 * MS * how["iterations"]
                )
            return {
                "first_call": 50 * MS,
                "loss_words": "",
                "peak_memory": (7, "resident"),
                "rows": [],
            }.get(do)

        def close(self):
            self.is_open = False

    configurations = [Configuration(target=f"net{place}", batch=8) for place in range(number)]
    runner = Runner(
        plan=RunSettings(on_oom=on_oom, per_row=per_row, repeat=repeat, budget=0.5),
        make_worker=Worker,
        count=lambda configuration: Counted(facts=FACTS),
        room=room,
    )
    found = runner.run(configurations)
    assert [one.configuration for one in found] == configurations
    stopped = runner.is_interrupted
    assert stopped is any(at.get(place) == "stop" for place in range(1, asked[0] + 1))
    for one in found:
        assert one.status in ("done", "failed", "skipped", *(["interrupted"] if stopped else []))
        assert (one.status == "done") is (not one.problem)
        assert one.status != "done" or one.statistics is not None
        assert one.status != "failed" or one.exit_code
    assert not any(host.is_open for host in hosts[:-1])
    assert at_start or not any(host.is_open for host in hosts)


SERVES = """
import os, sys, time, signal
from archcount.engines.worker_process import serve

def answer(do, **how):
    if do == "hang":
        time.sleep(1000)
    if do == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if do == "leave":
        os._exit(0)
    if do == "print":
        os.write(1, b"x" * 200_000)
        print("y" * 200_000, file=sys.stderr)
    return do

serve(answer)
"""


@pytest.fixture
def worker(tmp_path, monkeypatch):
    (tmp_path / "its_failing_server.py").write_text(SERVES)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = WorkerProcess("its_failing_server", {**os.environ}, timeout=5)
    assert made.ask("print") == "print"
    yield made
    made.close()


def test_a_process_that_does_not_answer_is_ended(tmp_path, worker):
    worker._timeout = 0.2
    before = time.monotonic()
    with pytest.raises(
        WorkerError, match="did not answer within 0.2 s; --timeout gives it longer"
    ) as raised:
        worker.ask("hang")
    assert raised.value.kind == "died"
    assert time.monotonic() - before < 100  # of the 1,000 seconds that it sleeps


@pytest.mark.parametrize(
    ("do", "kind", "says"),
    [("kill", "killed", "SIGKILL, as systems do"), ("leave", "died", "ended with code 0")],
)
def test_a_process_that_ends_is_told(worker, do, kind, says):
    with pytest.raises(WorkerError, match=says) as raised:
        worker.ask(do)
    assert (raised.value.kind, raised.value.exit_code) == (kind, 3)
