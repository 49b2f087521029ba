"""Interleaved measurement of configurations, with mock workers: failures and interrupts."""

from __future__ import annotations

from dataclasses import replace
from time import sleep

import pytest
from torch import nn

import archcount as ac
from archcount.benchmark.iteration_counts import Counted
from archcount.benchmark.results import IterationCounts, RowTime
from archcount.benchmark.runner import Runner
from archcount.benchmark.samples import Block
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.engines.worker_process import WorkerError

FACTS = IterationCounts(params=1, inputs="x", macs=500, backward_macs=0, bytes_needed=100)
MS = 1_000_000


def block_of(time, iterations):
    return Block(samples_ns=(time,) * iterations, wall_ns=time * iterations)


class MockWorker:
    """A mock worker; `script` may raise an error."""

    log: list[tuple[str, str, int]]

    def __init__(self, configuration, script, log):
        self.configuration, self.script, self.log = configuration, script, log
        self.is_open = True

    def ask(self, do, **how):
        assert self.is_open
        self.log.append((do, self.configuration.target, self.configuration.batch))
        self.script(do, self.configuration, how)
        if do == "prepare":
            return self.configuration.batch, ()
        if do == "block":
            return block_of(10 * MS, how["iterations"])
        return {
            "first_call": 50 * MS,
            "loss_words": "a loss",
            "peak_memory": (7, "resident"),
            "host_ns": None,
        }.get(do)

    def close(self):
        self.is_open = False


def run(configurations, script=lambda do, configuration, how: None, room=None, **plan):
    log = []
    hosts = []

    def make(configuration):
        hosts.append(MockWorker(configuration, script, log))
        return hosts[-1]

    runner = Runner(
        plan=RunSettings(**plan),
        make_worker=make,
        count=lambda configuration: Counted(facts=FACTS),
        room=room,
    )
    found = runner.run(configurations)
    assert not any(host.is_open for host in hosts)
    return found, log, runner


def named(*targets, **settings):
    return [Configuration(target=target, batch=8, **settings) for target in targets]


def test_every_configuration_is_measured_in_a_worker_of_its_own():
    (one, other), log, _ = run(named("a", "b"))
    assert (one.status, other.status) == ("done", "done")
    assert one.statistics.median_ns == 10 * MS
    assert one.images_per_second == 800  # 8 in 10 ms
    assert one.flops_per_second == 100_000  # 2 x 500 in 10 ms
    assert (one.first_call_ns, one.loss, one.peak_bytes) == (50 * MS, "a loss", 7)
    assert one.warm_up.iterations >= 10
    assert one.interleaved == 1
    assert [entry for entry in log if entry[0] == "prepare"] == [
        ("prepare", "a", 8),
        ("prepare", "b", 8),
    ]


def run_slow(seconds, **plan):
    """Run a model whose first call and iterations take so long; give what was asked of it."""

    class SlowWorker(MockWorker):
        def ask(self, do, **how):
            found = super().ask(do, **how)
            asked.append((do, how.get("iterations", 0) + how.get("prime", 0) or how.get("walks")))
            if do == "rows":
                return [
                    RowTime(
                        id="conv1",
                        forward_ns=5.0,
                        backward_ns=None,
                        forward_bytes=3,
                        backward_bytes=None,
                    )
                ]
            if do == "block":
                return block_of(round(1000 * seconds) * MS, how["iterations"])
            return round(1000 * seconds) * MS if do == "first_call" else found

    asked = []
    settings = {"compile": plan.pop("compile", None)}
    runner = Runner(
        plan=RunSettings(**plan),
        make_worker=lambda configuration: SlowWorker(configuration, lambda *_: None, []),
        count=lambda configuration: Counted(facts=FACTS),
    )
    (found,) = runner.run(named("a", **settings))
    assert found.status == "done"
    return found, [each for each in asked if each[0] not in ("prepare", "loss_words")]


def test_slow_iterations_are_few_in_a_small_budget():
    # 6 s each: the first call takes the 4 s of the warm-up, and one iteration those of sampling
    found, asked = run_slow(6, budget=4, per_row=True)
    assert asked == [("first_call", None), ("block", 1)]
    assert found.remarks == (
        "the first call took the budget of the warm-up",
        "the budget was too short to measure memory and rows",
    )
    assert (found.stopped, found.statistics.half_width, found.peak_bytes) == ("budget", None, None)
    assert found.statistics.median_ns == 6000 * MS
    # a call that compiles is no iteration like the others
    _, asked = run_slow(6, budget=4, compile="default")
    assert asked == [("first_call", None), ("block", 1), ("block", 1)]


def test_the_budget_bounds_every_measurement():
    # 2 s each: the first call and four more are 10 s, and so are five; 5 - 2 passes over the rows
    found, asked = run_slow(2, budget=10, per_row=True, warm_up=20)
    assert asked[:10] == [("first_call", None), *[("block", 1)] * 9]
    assert asked[10:] == [("peak_memory", None), ("host_ns", None), ("rows", 3)]
    assert found.remarks == ("the budget was enough for 3 of 10 passes over the rows",)
    # 1.5 s each: first 2 of 3 s, then two; launches and rows would take five and three at least
    found, asked = run_slow(1.5, budget=3, per_row=True)
    assert asked == [("first_call", None), *[("block", 1)] * 3, ("peak_memory", None)]
    assert found.remarks == ("the budget was too short to measure rows",)


def test_short_iterations_have_an_interval_in_any_budget():
    # 0.5 s each: six blocks are 3 s
    found, asked = run_slow(0.5, budget=0.6, per_row=True)
    assert asked.count(("block", 1)) == 1 + 6
    assert found.statistics.half_width is not None


def test_a_slow_model_takes_little_more_than_its_budget():
    calls = []

    class Slow(nn.Module):
        def forward(self, x):
            if x.device.type == "cpu":
                calls.append(sleep(1.05))
            return x + 1

    report = ac.bench(Slow(), input="4", batch=1, mode="forward", device="cpu", budget=0.2)
    assert len(calls) == 2  # the first, and one that is timed
    assert "time was up: " in report.render("plain")
    assert "the budget was too short to measure memory" in report.render("plain")


def test_blocks_are_sampled_in_turns_in_random_order():
    _, log, _ = run(named("a", "b"))
    last = max(place for place, entry in enumerate(log) if entry[0] == "loss_words")
    blocks = [entry[1] for entry in log[last:] if entry[0] == "block"]
    pairs = list(zip(blocks[-20::2], blocks[-19::2], strict=True))
    assert all(sorted(pair) == ["a", "b"] for pair in pairs)
    assert len(set(pairs)) == 2


def test_another_process_costs_an_iteration_that_is_not_timed():
    seen = []
    run(
        named("a", "b"),
        lambda do, configuration, how: seen.append(how.get("prime", 0)) if do == "block" else None,
    )
    assert 1 in seen
    alone = []
    run(
        named("a"),
        lambda do, configuration, how: alone.append(how.get("prime", 0)) if do == "block" else None,
    )
    assert set(alone) == {0}


def test_configurations_that_do_not_fit_into_memory_together_run_in_groups():
    # Of 500 bytes that are free, 300 may be taken: three configurations of 100.
    found, log, _ = run(named("a", "b", "c", "d"), room=500)
    assert [item.interleaved for item in found] == [2, 2, 2, 0]
    first_d = log.index(("prepare", "d", 8))
    assert all(entry[1] == "d" for entry in log[first_d:])


def fails(target, error, when="block", above=0):
    def script(do, configuration, how):
        if configuration.target == target and do == when and configuration.batch > above:
            raise error

    return script


MEMORY = WorkerError("memory", "out of it", 3)


def test_a_failing_model_does_not_affect_the_others():
    found, _, _ = run(named("a", "b", "c"), fails("b", WorkerError("problem", "it fell", 2)))
    assert [item.status for item in found] == ["done", "failed", "done"]
    assert (found[1].problem, found[1].exit_code) == ("it fell", 2)
    assert found[1].statistics is None


def test_a_process_that_dies_is_not_out_of_memory():
    found, _, _ = run(named("a", "b"), fails("b", WorkerError("died", "signal", 3)), on_oom="halve")
    assert [(item.status, item.batch) for item in found] == [("done", 8), ("failed", 8)]
    assert found[1].exit_code == 3


def test_out_of_memory_beside_others_is_tried_again_alone():
    hosts = []

    def script(do, configuration, how):
        if do == "prepare" and configuration.target == "b":
            hosts.append(configuration)
            if len(hosts) == 1:
                raise MEMORY

    found, log, _ = run(named("a", "b"), script)
    assert [item.status for item in found] == ["done", "done"]
    assert found[1].interleaved == 0
    again = len(log) - 1 - log[::-1].index(("prepare", "b", 8))
    assert all(entry[1] == "b" for entry in log[again:])


@pytest.mark.parametrize(
    ("policy", "status", "batch", "code"),
    [("fail", "failed", 8, 3), ("skip", "skipped", 8, 0), ("halve", "done", 2, 0)],
)
def test_out_of_memory_is_handled_as_requested(policy, status, batch, code):
    found, _, _ = run(named("a", "b"), fails("b", MEMORY, "first_call", above=3), on_oom=policy)
    assert found[0].status == "done"
    assert (found[1].status, found[1].batch, found[1].exit_code) == (status, batch, code)
    assert found[1].configuration.batch == 8  # as asked for
    if status != "done":
        assert "out of memory at batch 8: out of it" in found[1].problem


def test_halving_ends_at_one_image():
    found, _, _ = run(named("a"), fails("a", MEMORY, "first_call"), on_oom="halve")
    assert (found[0].status, found[0].batch, found[0].exit_code) == ("failed", 1, 3)


def test_a_halved_batch_is_counted_again():
    counted = []

    def count(configuration):
        counted.append(configuration.batch)
        return Counted(facts=replace(FACTS, macs=configuration.batch))

    def make(configuration):
        return MockWorker(configuration, fails("a", MEMORY, "first_call", above=4), [])

    (found,) = Runner(plan=RunSettings(on_oom="halve"), make_worker=make, count=count).run(
        named("a")
    )
    assert counted == [8, 4]
    assert found.facts.macs == 4


def test_an_interrupt_keeps_what_is_finished_and_the_samples_of_the_rest():
    blocks = {"a": 0, "b": 0}

    def script(do, configuration, how):
        if do != "block":
            return
        blocks[configuration.target] += 1
        if configuration.target == "b" and blocks["b"] > 40:
            raise KeyboardInterrupt

    class Noisy(MockWorker):
        def ask(self, do, **how):
            answer = super().ask(do, **how)
            if do == "block" and self.configuration.target == "b":
                time = (10 + 5 * (blocks["b"] % 3)) * MS  # never narrow
                return block_of(time, how["iterations"])
            return answer

    runner = Runner(
        plan=RunSettings(),
        make_worker=lambda configuration: Noisy(configuration, script, []),
        count=lambda configuration: Counted(facts=FACTS),
    )
    one, other = runner.run(named("a", "b"))
    assert runner.is_interrupted
    assert one.status == "done"
    assert other.status == "interrupted"
    assert other.statistics.samples > 0


def test_rows_have_their_own_counts():
    def count(configuration):
        return Counted(facts=FACTS, rows={"conv1": (70, 140)})

    class WithRows(MockWorker):
        def ask(self, do, **how):
            if do == "rows":
                times = {"forward_ns": 5.0, "backward_ns": 9.0}
                return [RowTime(id="conv1", **times, forward_bytes=3, backward_bytes=4)]
            return super().ask(do, **how)

    runner = Runner(
        plan=RunSettings(per_row=True),
        make_worker=lambda configuration: WithRows(configuration, lambda *_: None, []),
        count=count,
    )
    (found,) = runner.run(named("a", mode="train"))
    (row,) = found.rows
    assert (row.id, row.macs, row.backward_macs, row.forward_ns) == ("conv1", 70, 140, 5.0)


def slower_in(process_times, repeat):
    """Run a configuration in several processes, each with a time of its own."""
    made = []

    class Lucky(MockWorker):
        def __init__(self, configuration, script, log):
            super().__init__(configuration, script, log)
            made.append(self)
            self.time = process_times[(len(made) - 1) % len(process_times)] * MS

        def ask(self, do, **how):
            answer = super().ask(do, **how)
            if do == "block":
                return block_of(self.time, how["iterations"])
            return answer

    runner = Runner(
        plan=RunSettings(repeat=repeat, budget=60),
        make_worker=lambda configuration: Lucky(configuration, lambda *_: None, []),
        count=lambda configuration: Counted(facts=FACTS),
    )
    (found,) = runner.run(named("a"))
    return found


def test_the_interval_of_several_processes_includes_their_variation():
    # Within each process no iteration differs; the six are 10 to 15 ms, their middle 12.5.
    found = slower_in([10, 11, 12, 13, 14, 15], 6)
    assert found.statistics.processes == 6
    assert found.statistics.median_ns == 12.5 * MS
    assert found.statistics.low_ns <= 11 * MS
    assert found.statistics.high_ns >= 14 * MS
    assert {block.process for block in found.blocks} == set(range(6))
    alone = slower_in([10], 1)
    assert alone.statistics.low_ns == alone.statistics.high_ns == 10 * MS


def test_one_of_several_processes_that_fails_fails_the_configuration():
    hosts = []

    def script(do, configuration, how):
        if do == "prepare":
            hosts.append(configuration)
            if len(hosts) == 2:
                raise WorkerError("problem", "it fell", 2)

    (found,), _, _ = run(named("a"), script, repeat=3)
    assert (found.status, found.problem, found.exit_code) == ("failed", "it fell", 2)
    assert found.statistics.processes == 2


def test_an_error_of_any_kind_ends_one_configuration_only():
    found, _, _ = run(named("a", "b", "c"), fails("b", ZeroDivisionError("by nought")))
    assert [item.status for item in found] == ["done", "failed", "done"]
    assert "ZeroDivisionError: by nought" in found[1].problem


def test_a_process_killed_beside_others_is_tried_again_alone():
    tries = []

    def script(do, configuration, how):
        if do == "prepare" and configuration.target == "b":
            tries.append(do)
            if len(tries) == 1:
                raise WorkerError("killed", "SIGKILL", 3)

    found, _, _ = run(named("a", "b"), script)
    assert [item.status for item in found] == ["done", "done"]
    alone, _, _ = run(named("a"), fails("a", WorkerError("killed", "SIGKILL", 3)), on_oom="halve")
    assert (alone[0].status, alone[0].exit_code) == ("failed", 3)


def test_an_input_with_a_batch_of_its_own_is_what_is_counted():
    class Fixed(MockWorker):
        def ask(self, do, **how):
            answer = super().ask(do, **how)
            return (5, ("odd",)) if do == "prepare" else answer

    def make(script):
        return Runner(
            plan=RunSettings(on_oom="halve"),
            make_worker=lambda configuration: Fixed(configuration, script, []),
            count=lambda configuration: Counted(facts=FACTS),
        )

    (found,) = make(lambda *_: None).run(named("a"))
    assert found.images_per_second == 500  # 5 in 10 ms
    assert found.configuration.batch == 8
    assert found.remarks == ("odd", "its input has a batch of 5")
    (failed,) = make(fails("a", MEMORY, "first_call")).run(named("a"))
    assert (failed.status, failed.batch) == ("failed", 5)  # another batch cannot be had


def test_processes_of_a_halved_batch_have_its_counts():
    tries = []

    def script(do, configuration, how):
        if do == "first_call":
            tries.append(configuration.batch)
            if len(tries) == 2:
                raise MEMORY

    def count(configuration):
        return Counted(facts=replace(FACTS, macs=configuration.batch, bytes_needed=1000))

    runner = Runner(
        plan=RunSettings(repeat=2, on_oom="halve"),
        make_worker=lambda configuration: MockWorker(configuration, script, []),
        count=count,
        room=1000,  # one at a time
    )
    (found,) = runner.run(named("a"))
    assert (found.status, found.batch, found.facts.macs) == ("done", 4, 4)
    assert found.statistics.processes == 1
