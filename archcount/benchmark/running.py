"""A benchmark under way: each configuration in a process of its own, in turns."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from statistics import median
from typing import Any, Literal, Protocol

from archcount.benchmark.facts import Counted
from archcount.benchmark.host import Host, WorkerError
from archcount.benchmark.records import (
    Block,
    Configuration,
    Measurement,
    Plan,
    RowTime,
    Status,
)
from archcount.benchmark.sampling import Sampling, Warming
from archcount.benchmark.statistics import describe
from archcount.errors import Stopped

_WALKS = 10
"""Walks over the rows of a network."""
_SLOW_NS = 1_000_000_000
"""An iteration that takes so long feels nothing of what another process left in the caches."""
_TURNS = 8
"""Processes that take turns at most."""
_ROOM = 0.6
"""Of the memory that is free, what all processes of a turn may take together."""

Phase = Literal["starting", "warm-up", "sampling", "memory", "rows", "done"]


class Progress(Protocol):
    """Is told what is being done."""

    def show(self, trial: Trial, phase: Phase, left_ns: float) -> None:
        """Show it, and how long the whole may still take at most."""


class Silence:
    """Shows nothing."""

    def show(self, trial: Trial, phase: Phase, left_ns: float) -> None:
        """Show nothing."""


@dataclass(kw_only=True)
class Trial:
    """One configuration under way.

    Attributes:
        configuration: as asked for.
        count: counts it for a batch.
        batch: that is run.
        warming: its warm-up.
        measurement: what is known of it so far.
        counted: its counts for the batch.
        sampling: its samples, once it is warm.
        host: the process, while there is one.
        is_over: whether nothing is left to do.
        is_delayed: whether memory ran out beside others, so that it is tried again alone.
        is_fixed: whether the batch is the input's, and cannot be another.
        neighbours: how many others take turns with it.
        process: which process of the configuration this is.
    """

    configuration: Configuration
    count: Callable[[Configuration], Counted]
    batch: int
    warming: Warming
    measurement: Measurement
    counted: Counted | None = None
    sampling: Sampling | None = None
    host: Host | None = None
    is_over: bool = False
    is_delayed: bool = False
    is_fixed: bool = False
    neighbours: int = 0
    process: int = 0

    def close(self) -> None:
        """End its process."""
        if self.host is not None:
            self.host.close()
            self.host = None

    def end(self, status: Status, problem: str = "", exit_code: int = 0) -> None:
        """Say what became of it, with what was measured before."""
        self.close()
        self.is_over = True
        sampling = self.sampling
        self.measurement = replace(
            self.measurement,
            batch=self.batch,
            status=status,
            problem=problem,
            exit_code=exit_code,
            warm_up=self.warming.record() if self.warming.blocks else None,
            blocks=tuple(sampling.blocks) if sampling else (),
            stopped=sampling.stopped if sampling else "",
            statistics=sampling.finish() if sampling and sampling.blocks else None,
            interleaved=self.neighbours,
        )


@dataclass(kw_only=True)
class Runner:
    """Runs configurations in turns.

    Attributes:
        plan: how it is measured.
        make_host: starts the process of a configuration.
        count: counts a configuration.
        room: bytes that processes may take together; None where nobody knows.
        progress: is told what is being done.
    """

    plan: Plan
    make_host: Callable[[Configuration], Host]
    count: Callable[[Configuration], Counted]
    room: int | None = None
    progress: Progress = field(default_factory=Silence)
    is_interrupted: bool = False
    _trials: list[Trial] = field(default_factory=list)
    _paces: dict[tuple[int, int], float] = field(default_factory=dict)

    def run(self, configurations: Sequence[Configuration]) -> list[Measurement]:
        """Measure every configuration; what fails takes nothing from the others.

        An interrupt ends the run: what is finished is kept, and so are the samples of the rest.
        """
        repeats = range(self.plan.repeat)
        every = [[self._trial(asked, number) for number in repeats] for asked in configurations]
        trials = self._trials = [trial for number in repeats for trial in _at(every, number)]
        try:
            for group in self._groups(trials):
                self._turns(group)
            for trial in trials:
                if trial.is_delayed:  # memory ran out beside others: once more, alone
                    self._turns([trial])
        except (KeyboardInterrupt, Stopped):
            self.is_interrupted = True
        finally:
            for trial in trials:
                if not trial.is_over:
                    trial.end("interrupted", "stopped before it was done")
        measured = ([trial.measurement for trial in repeated] for repeated in every)
        return [_merged(parts, self.plan.target) for parts in measured]

    def _trial(self, configuration: Configuration, process: int) -> Trial:
        return Trial(
            configuration=configuration,
            count=self.count,
            batch=configuration.batch,
            process=process,
            warming=self._warming(),
            measurement=Measurement(
                configuration=configuration, batch=configuration.batch, status="interrupted"
            ),
        )

    def _warming(self) -> Warming:
        return Warming(least=self.plan.warm_up, budget_ns=1e9 * self._share.budget)

    @property
    def _share(self) -> Plan:
        """The part of the plan that one of a configuration's processes has."""
        return replace(self.plan, budget=self.plan.budget / self.plan.repeat)

    def _groups(self, trials: Sequence[Trial]) -> Iterator[list[Trial]]:
        """Put together what takes turns: as many as the memory holds at one time."""
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
        """Warm every trial of a group up, then sample them in turns, in an order drawn anew."""
        for trial in group:
            trial.is_over = trial.is_delayed = False
            trial.neighbours = len(group) - 1
            self._guarded(trial, self._start, alone=len(group) == 1)
        rng = random.Random(0)
        while active := [trial for trial in group if trial.sampling and not trial.is_over]:
            for trial in rng.sample(active, len(active)):
                self._guarded(trial, self._sample, alone=len(active) == 1)

    def _guarded(self, trial: Trial, step: Callable[[Trial, bool], None], *, alone: bool) -> None:
        """Take a step of a trial; let a failure end it, and nothing else."""
        while not trial.is_over:
            try:
                step(trial, alone)
            except WorkerError as error:
                if self._went_wrong(trial, error):
                    step = self._start
                    continue
            except Exception as error:  # of any kind: nothing may take the others' results along
                trial.end("failed", f"{type(error).__name__}: {error}", 2)
            return

    def _went_wrong(self, trial: Trial, error: WorkerError) -> bool:
        """Say what becomes of a trial whose worker failed, and whether to start it again now."""
        if error.kind in ("memory", "killed") and trial.neighbours:
            trial.close()
            trial.is_delayed = True  # it may be the others' fault
            self._forget(trial)
        elif error.kind != "memory":
            trial.end("failed", error.what, error.exit_code)
        elif self.plan.on_oom == "halve" and trial.batch > 1 and not trial.is_fixed:
            trial.close()
            trial.batch //= 2
            trial.counted = None
            self._forget(trial)
            return True
        else:
            what = f"out of memory at batch {trial.batch}: {error.what}"
            skip = self.plan.on_oom == "skip"
            trial.end("skipped" if skip else "failed", what, 0 if skip else 3)
        return False

    def _show(self, trial: Trial, phase: Phase) -> None:
        left = sum(
            other.sampling.left_ns() if other.sampling else 1e9 * self._share.budget
            for other in self._trials
            if not other.is_over
        )
        self.progress.show(trial, phase, left)

    def _forget(self, trial: Trial) -> None:
        trial.sampling, trial.warming = None, self._warming()

    def _start(self, trial: Trial, alone: bool) -> None:
        """Make the model, and warm it up."""
        self._show(trial, "starting")
        configuration = replace(trial.configuration, batch=trial.batch)
        if trial.counted is None:
            trial.counted = self.count(configuration)
        trial.measurement = replace(
            trial.measurement, facts=trial.counted.facts, remarks=trial.counted.remarks
        )
        trial.host = host = self.make_host(configuration)
        made = host.ask("prepare", **asdict(configuration))
        remarks = trial.measurement.remarks + tuple(made["remarks"])
        if made["batch"] != trial.batch:
            trial.batch, trial.is_fixed = made["batch"], True
            remarks += (f"its input has a batch of {trial.batch}",)
        trial.measurement = replace(trial.measurement, remarks=remarks)
        first = host.ask("first_call")
        trial.measurement = replace(trial.measurement, first_call_ns=first, loss=host.ask("loss"))
        while not trial.warming.is_over:
            self._show(trial, "warm-up")
            trial.warming.blocks.append(_block(host, trial.warming.next_length()))
        last = trial.warming.blocks[-1].samples_ns
        # Blocks of one length in all processes, so that each has the same say in the median.
        pace = self._paces.setdefault((id(trial.configuration), trial.batch), median(last))
        trial.sampling = Sampling(plan=self._share, iteration_ns=pace)

    def _sample(self, trial: Trial, alone: bool) -> None:
        """Run a block; after the last one, what is measured apart from time."""
        host, sampling = trial.host, trial.sampling
        assert host is not None
        assert sampling is not None
        self._show(trial, "sampling")
        prime = 0 if alone or sampling.iteration_ns >= _SLOW_NS else 1
        sampling.add(replace(_block(host, sampling.length, prime), process=trial.process))
        if not sampling.stopped:
            return
        if trial.process:  # the first of the configuration's processes says the rest
            trial.end("done")
            return
        self._show(trial, "memory")
        peak, kind = host.ask("memory")
        trial.measurement = replace(
            trial.measurement, host_ns=host.ask("host"), peak_bytes=peak, peak_kind=kind
        )
        if self.plan.per_row:
            self._show(trial, "rows")
            rows = tuple(self._row(trial, row) for row in host.ask("rows", walks=_WALKS))
            trial.measurement = replace(trial.measurement, rows=rows)
        trial.end("done")
        self._show(trial, "done")

    def _row(self, trial: Trial, row: dict[str, Any]) -> RowTime:
        assert trial.counted is not None
        macs, backward = trial.counted.rows.get(row["id"], (0, 0))
        is_train = trial.configuration.mode == "train"
        return RowTime(**row, macs=macs, backward_macs=backward if is_train else None)


def _at(every: Sequence[Sequence[Trial]], number: int) -> list[Trial]:
    """Give one trial of every configuration, so that those of one take turns with the others'."""
    return [repeated[number] for repeated in every]


def _merged(parts: Sequence[Measurement], target: float) -> Measurement:
    """Make one measurement of those of a configuration's processes; one that failed fails all."""
    if len(parts) == 1:
        return parts[0]
    batch = min(part.batch for part in parts)
    first = next(part for part in parts if part.batch == batch)
    worst = next((part for part in parts if part.status != "done"), first)
    blocks = tuple(block for part in parts if part.batch == batch for block in part.blocks)
    found = describe(blocks) if blocks else None
    width = found.half_width if found else None
    return replace(
        first,
        status=worst.status,
        problem=worst.problem,
        exit_code=worst.exit_code,
        blocks=blocks,
        statistics=found,
        stopped="target" if width is not None and width <= target else "budget",
    )


def _block(host: Host, iterations: int, prime: int = 0) -> Block:
    found = host.ask("block", iterations=iterations, prime=prime)
    return Block(samples_ns=tuple(found["samples_ns"]), wall_ns=found["wall_ns"])
