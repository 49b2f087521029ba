"""A benchmark from request to result: peaks, measurements, tuning, scaling, environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from time import monotonic

import torch
from torch import nn

from archcount.benchmark.devices import free_memory
from archcount.benchmark.environment import busy_cores, device_state, environment
from archcount.benchmark.iteration_counts import count_iteration, hash_of
from archcount.benchmark.request import Request
from archcount.benchmark.results import Benchmark, Measurement, Peak, ProcessScaling, Tuned
from archcount.benchmark.runner import Progress, Runner, silent
from archcount.benchmark.scaling import measure_scaling
from archcount.benchmark.settings import Configuration
from archcount.benchmark.tuning import tuned, ways
from archcount.benchmark.workers import InlineWorker, ProcessWorker, Worker
from archcount.engines.worker_process import WorkerError
from archcount.errors import Stopped, UsageError
from archcount.tracing.process_state import same_process


@dataclass
class _Found:
    """The results so far; an interrupt keeps them."""

    measurements: list[Measurement] = field(default_factory=list)
    peaks: list[Peak] = field(default_factory=list)
    tuned: list[Tuned] = field(default_factory=list)
    scaling: list[ProcessScaling] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    is_interrupted: bool = False


def run_benchmark(
    request: Request,
    *,
    module: nn.Module | None = None,
    progress: Progress = silent,
    argv: tuple[str, ...] = (),
) -> Benchmark:
    """Run a benchmark; copies of a module are measured in this process.

    An interrupt ends it early: the result then has what was finished, and says so.

    Raises:
        UsageError: a target cannot be read, or a module shall run in several processes.
    """
    if module is not None and request.plan.repeat > 1:
        raise UsageError.of(
            "a module runs in this process, so repeat needs a text that names the model",
            allowed="a table, or package:callable",
        )
    started, clock = datetime.now(UTC), monotonic()
    named = () if module is not None else request.targets
    sources = {target: hash_of(target) for target in named}
    known = {**environment(), **_state("before")}
    busy = busy_cores()
    found = _Found()
    after: dict[str, str | None] = {}
    try:
        _measure(request, module, progress, found)
        after = _state("after")
    except (KeyboardInterrupt, Stopped):
        found.is_interrupted = True
    return Benchmark(
        started=started.isoformat(timespec="seconds"),
        seconds=round(monotonic() - clock, 3),
        argv=argv,
        plan=request.plan,
        environment={
            **known,
            **after,
            "cores busy before": None if busy is None else f"{busy:.2f}",
        },
        sources={target: text for target, text in sources.items() if text},
        measurements=tuple(found.measurements),
        peaks=tuple(found.peaks),
        tuned=tuple(found.tuned),
        scaling=tuple(found.scaling),
        is_interrupted=found.is_interrupted,
        is_inline=module is not None,
        remarks=tuple(found.remarks),
    )


def _measure(request: Request, module: nn.Module | None, progress: Progress, found: _Found) -> None:
    make_worker: Callable[[Configuration], Worker] = (
        partial(ProcessWorker, timeout=request.plan.timeout)
        if module is None
        else lambda _: InlineWorker(module)
    )
    plain = request.configurations()
    tries = [list(ways(one, request.tune)) for one in plain] if request.tune is not None else []
    asked = [way for one in tries for way in one] or plain
    unlike: dict[tuple[object, ...], Configuration] = {}
    for one in asked:
        unlike.setdefault((one.device, one.dtype, one.tf32), one)
    for one in unlike.values():
        _find_peak(one, request, found)
    if request.launch is not None:
        for one in plain:
            made = measure_scaling(one, request.plan, request.launch)
            found.scaling += [] if made is None else [made]
        return
    runner = Runner(
        plan=request.plan,
        make_worker=make_worker,
        count=lambda configuration: count_iteration(configuration, module),
        room=free_memory(request.base.device),
        progress=progress,
    )
    with nullcontext() if module is None else _undisturbed():
        found.measurements = runner.run(asked)
    found.is_interrupted = runner.is_interrupted
    if runner.is_interrupted:
        return
    rest = iter(found.measurements)
    for tried in tries:
        try:
            found.tuned += tuned(tried[0], list(islice(rest, len(tried))), make_worker)
        except OSError as error:  # no place for their outputs; what was measured stays
            found.remarks.append(f"outputs of {tried[0].target} could not be compared: {error}")


def _state(when: str) -> dict[str, str | None]:
    return {f"{name} {when}": value for name, value in device_state().items()}


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Have this process be as it was at the end, the random states of its devices too."""
    with same_process(), torch.random.fork_rng():
        yield


def as_module(model: object) -> nn.Module | None:
    """Return a module itself, None for anything else."""
    return model if isinstance(model, nn.Module) else None


def _find_peak(configuration: Configuration, request: Request, found: _Found) -> None:
    """Measure the peak of a device for one dtype, or remark why not."""
    measured = None
    if request.peak is None or request.plan.per_row:
        try:
            with closing(ProcessWorker(configuration, request.plan.timeout)) as worker:
                measured = worker.ask("measure_peak", configuration=configuration)
        except WorkerError as error:
            found.remarks.append(
                f"no peak of {configuration.device} for {configuration.dtype}: {error.what}"
            )
    peak = measured
    if request.peak is not None:
        peak = Peak(
            device=configuration.device,
            dtype=configuration.dtype,
            tf32=configuration.tf32,
            flops=request.peak,
            bytes_per_second=measured.bytes_per_second if measured else None,
            source="given",
            how="--peak",
        )
    found.peaks += [] if peak is None else [peak]
