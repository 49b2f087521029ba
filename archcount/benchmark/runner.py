"""Interleaved measurement of configurations, each in a process of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from statistics import median
from typing import Literal

from archcount.benchmark.iteration_counts import Counted
from archcount.benchmark.results import Measurement, RowTime
from archcount.benchmark.sampling import SLOW_NS, Sampling, Warming
from archcount.benchmark.settings import Configuration, RunSettings
from archcount.benchmark.trial import Trial, merged
from archcount.benchmark.workers import Worker
from archcount.engines.worker_process import WorkerError
from archcount.errors import Stopped

_WALKS = 10
"""Passes over the rows of a network."""
_MORE_WALKS = 2
"""Passes beside those that are timed: a first one, and one that counts bytes."""
_LAUNCHES = 5
"""Iterations that the time of a launch takes."""
_TURNS = 8
"""The most processes that take turns."""
_ROOM = 0.6
"""The share of free memory that the processes of a group may use."""

Phase = Literal["starting", "warm-up", "sampling", "memory", "rows", "done"]
Progress = Callable[[Trial, Phase, float], None]
"""Called at each step, with the most nanoseconds of sampling that are left."""


def silent(trial: Trial, phase: Phase, left_ns: float) -> None:
    """Show nothing."""


@dataclass(kw_only=True)
class Runner:
    """Measures configurations in turns.

    Attributes:
        room: free bytes of memory; None if unknown.
    """

    plan: RunSettings
    make_worker: Callable[[Configuration], Worker]
    count: Callable[[Configuration], Counted]
    room: int | None = None
    progress: Progress = silent
    is_interrupted: bool = False
    _trials: list[Trial] = field(default_factory=list)
    _paces: dict[tuple[int, int], float] = field(default_factory=dict)

    def run(self, configurations: Sequence[Configuration]) -> list[Measurement]:
        """Measure every configuration; a failure does not affect the others.

        An interrupt ends the run: finished measurements and all samples are kept.
        """
        repeats = range(self.plan.repeat)
        every = [[self._trial(asked, number) for number in repeats] for asked in configurations]
        # Processes of one configuration take turns with those of others.
        trials = self._trials = list(chain.from_iterable(zip(*every, strict=True)))
        try:
            for group in self._groups(trials):
                self._turns(group)
            for trial in trials:
                if trial.is_delayed:  # out of memory beside others: once more, alone
                    self._turns([trial])
        except (KeyboardInterrupt, Stopped):
            self.is_interrupted = True
        finally:
            for trial in trials:
                if not trial.is_over:
                    trial.end("interrupted", "interrupted before it was done")
        try:
            return self._merged(every)
        except (KeyboardInterrupt, Stopped):
            self.is_interrupted = True
            return self._merged(every)

    def _merged(self, every: Sequence[Sequence[Trial]]) -> list[Measurement]:
        return [merged([trial.measurement for trial in one], self.plan.target) for one in every]

    def _trial(self, asked: Configuration, process: int) -> Trial:
        measurement = Measurement(configuration=asked, batch=asked.batch, status="interrupted")
        return Trial(measurement=measurement, warming=self._warming(), process=process)

    def _warming(self) -> Warming:
        return Warming(least=self.plan.warm_up, budget_ns=1e9 * self._share.budget)

    @property
    def _share(self) -> RunSettings:
        """The plan of one process, with its share of the budget."""
        return replace(self.plan, budget=self.plan.budget / self.plan.repeat)

    def _groups(self, trials: Sequence[Trial]) -> Iterator[list[Trial]]:
        """Yield groups of trials that take turns: as many as fit into memory together."""
        group: list[Trial] = []
        taken = 0
        for trial in trials:
            trial.counted = self.count(trial.configuration)
            facts = trial.counted.facts
            needed = facts.bytes_needed if facts else 0
            is_full = self.room is not None and taken + needed > _ROOM * self.room
            if group and (is_full or len(group) == _TURNS):
                yield group
                group, taken = [], 0
            group.append(trial)
            taken += needed
        if group:
            yield group

    def _turns(self, group: list[Trial]) -> None:
        """Warm up every trial of a group, then sample them in turns, in random order."""
        for trial in group:
            trial.is_over = trial.is_delayed = False
            trial.note(interleaved=len(group) - 1)
            self._guarded(trial, self._start, alone=len(group) == 1)
        rng = random.Random(0)
        while active := [trial for trial in group if trial.sampling and not trial.is_over]:
            for trial in rng.sample(active, len(active)):
                self._guarded(trial, self._sample, alone=len(active) == 1)

    def _guarded(self, trial: Trial, step: Callable[[Trial, bool], None], *, alone: bool) -> None:
        """Take a step of a trial; a failure ends this trial only."""
        while not trial.is_over:
            try:
                step(trial, alone)
            except WorkerError as error:
                if self._handle(trial, error):
                    step = self._start
                    continue
            except Exception as error:  # of any kind: it must not affect the others
                trial.end("failed", f"{type(error).__name__}: {error}", 2)
            return

    def _handle(self, trial: Trial, error: WorkerError) -> bool:
        """Handle the failure of a worker; return whether to start the trial again at once."""
        if error.kind in ("memory", "killed") and trial.measurement.interleaved:
            trial.is_delayed = True  # the others may have caused it
            self._reset(trial)
        elif error.kind != "memory":
            trial.end("failed", error.what, error.exit_code)
        elif self.plan.on_oom == "halve" and trial.batch > 1 and not trial.is_fixed:
            trial.note(batch=trial.batch // 2)
            trial.counted = None
            self._reset(trial)
            return True
        else:
            what = f"out of memory at batch {trial.batch}: {error.what}"
            skip = self.plan.on_oom == "skip"
            trial.end("skipped" if skip else "failed", what, 0 if skip else 3)
        return False

    def _reset(self, trial: Trial) -> None:
        trial.close()
        trial.sampling, trial.warming = None, self._warming()

    def _show(self, trial: Trial, phase: Phase) -> None:
        left = sum(
            other.sampling.left_ns() if other.sampling else 1e9 * self._share.budget
            for other in self._trials
            if not other.is_over
        )
        self.progress(trial, phase, left)

    def _start(self, trial: Trial, alone: bool) -> None:
        """Create the model and warm it up."""
        self._show(trial, "starting")
        configuration = replace(trial.configuration, batch=trial.batch)
        counted = trial.counted = trial.counted or self.count(configuration)
        trial.note(facts=counted.facts, remarks=counted.remarks)
        trial.worker = worker = self.make_worker(configuration)
        batch, remarks = worker.ask("prepare", configuration=configuration)
        if batch != trial.batch:
            trial.is_fixed = True
            remarks += (f"its input has a batch of {batch}",)
        trial.note(batch=batch, remarks=counted.remarks + remarks)
        first = worker.ask("first_call")
        trial.note(first_call_ns=first, loss=worker.ask("loss_words"))
        trial.warming.first_ns, trial.warming.compiles = first, bool(configuration.compile)
        while not trial.warming.is_over:
            self._show(trial, "warm-up")
            trial.warming.blocks.append(worker.ask("block", iterations=trial.warming.next_length()))
        pace = first
        if trial.warming.blocks:
            pace = median(trial.warming.blocks[-1].samples_ns)
        else:
            trial.remark("the first call took the budget of the warm-up")
        # Blocks of one length in all processes, so that each has the same weight in the median.
        pace = self._paces.setdefault((id(trial.configuration), trial.batch), pace)
        trial.sampling = Sampling(plan=self._share, iteration_ns=pace)

    def _sample(self, trial: Trial, alone: bool) -> None:
        """Run a block; after the last one, measure memory, launch time and rows."""
        worker, sampling = trial.worker, trial.sampling
        assert worker is not None
        assert sampling is not None
        self._show(trial, "sampling")
        prime = 0 if alone or sampling.iteration_ns >= SLOW_NS else 1
        block = worker.ask("block", iterations=sampling.length, prime=prime)
        sampling.add(replace(block, process=trial.process))
        if not sampling.stopped:
            return
        if trial.process:  # only the first process measures the rest
            trial.end("done")
            return
        self._measure_rest(trial, worker, self._share.budget * 1e9 / sampling.iteration_ns)
        trial.end("done")
        self._show(trial, "done")

    def _measure_rest(self, trial: Trial, worker: Worker, affordable: float) -> None:
        """Measure memory, launch time and rows where each fits into the budget.

        Args:
            trial: the trial.
            worker: its worker.
            affordable: how many iterations the budget is worth.
        """
        left_out = []
        self._show(trial, "memory")
        if affordable >= 1:
            peak, kind = worker.ask("peak_memory")
            trial.note(peak_bytes=peak, peak_kind=kind)
        else:
            left_out.append("memory")
        if affordable >= _LAUNCHES:
            trial.note(host_ns=worker.ask("host_ns"))
        walks = min(_WALKS, int(affordable) - _MORE_WALKS)
        if self.plan.per_row and walks >= 1:
            self._show(trial, "rows")
            trial.note(rows=tuple(_row(trial, row) for row in worker.ask("rows", walks=walks)))
            if walks < _WALKS:
                trial.remark(f"the budget was enough for {walks} of {_WALKS} passes over the rows")
        elif self.plan.per_row:
            left_out.append("rows")
        if left_out:
            trial.remark(f"the budget was too short to measure {' and '.join(left_out)}")


def _row(trial: Trial, row: RowTime) -> RowTime:
    """Return a row's times with its counts."""
    assert trial.counted is not None
    macs, backward = trial.counted.rows.get(row.id, (0, 0))
    is_train = trial.configuration.mode == "train"
    return replace(row, macs=macs, backward_macs=backward if is_train else None)
