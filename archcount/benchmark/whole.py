"""A whole benchmark: peaks, every configuration in turns, what was asked for beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime
from time import monotonic

import torch
from torch import nn

from archcount.benchmark.devices import memory_there
from archcount.benchmark.environment import busy_cores, device_state, environment
from archcount.benchmark.facts import count_facts, hash_of
from archcount.benchmark.host import Host, Inline, Process, WorkerError
from archcount.benchmark.records import Benchmark, Configuration, Peak, Scaling, Tuned
from archcount.benchmark.request import Request
from archcount.benchmark.running import Progress, Runner
from archcount.benchmark.scaling import measure_scaling
from archcount.benchmark.tuning import tuned, ways


def run_benchmark(
    request: Request,
    *,
    module: nn.Module | None = None,
    progress: Progress,
    argv: tuple[str, ...] = (),
) -> Benchmark:
    """Measure what is asked for.

    An interrupt ends it early: the result then holds what was finished, and says so.

    Args:
        request: the options, checked.
        module: a model that is at hand, measured in this process; it is the benchmark's to change.
        progress: is told what is being done.
        argv: the command, to be kept.

    Raises:
        UsageError: a target cannot be read.
        UnavailableError: several processes could not be run.
    """
    started, clock = datetime.now(UTC), monotonic()
    make_host = _hosts(module)
    plain = request.configurations()
    tries = [list(ways(one, request.tune)) for one in plain] if request.tune is not None else []
    asked = [way for one in tries for way in one] or plain
    named = () if module is not None else request.targets
    sources = {target: hash_of(target) for target in named}
    before, busy = device_state(), busy_cores()
    runner = Runner(
        plan=request.plan,
        make_host=make_host,
        count=lambda configuration: count_facts(configuration, module),
        room=memory_there(request.device),
        progress=progress,
    )
    peaks: list[Peak] = []
    found: list[Tuned] = []
    scaling: list[Scaling] = []
    measurements = []
    is_interrupted = False
    try:
        peaks = _peaks(asked, request)
        with nullcontext() if module is None else _undisturbed():
            measurements = [] if request.launch else runner.run(asked)
        if not runner.is_interrupted:
            for one in plain if request.tune is not None else ():
                found += tuned(one, measurements, make_host)
            if request.launch is not None:
                made = (measure_scaling(one, request.plan, request.launch) for one in plain)
                scaling += [item for item in made if item is not None]
    except (KeyboardInterrupt, SystemExit):
        is_interrupted = True
    return Benchmark(
        started=started.isoformat(timespec="seconds"),
        seconds=round(monotonic() - clock, 3),
        argv=argv,
        plan=request.plan,
        environment={
            **environment(),
            "cores busy before": None if busy is None else f"{busy:.2f}",
            **{f"{name} before": value for name, value in before.items()},
            **{f"{name} after": value for name, value in device_state().items()},
        },
        sources={target: told for target, told in sources.items() if told},
        measurements=tuple(measurements),
        peaks=tuple(peaks),
        tuned=tuple(found),
        scaling=tuple(scaling),
        is_interrupted=is_interrupted or runner.is_interrupted,
    )


def copy_of(model: object) -> nn.Module | None:
    """Copy a module, so that the caller's is left alone; None where it is none."""
    return deepcopy(model) if isinstance(model, nn.Module) else None


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave threads, random state and precision of this process as they were."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    tf32 = torch.backends.cudnn.allow_tf32
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)
        torch.backends.cudnn.allow_tf32 = tf32


def _hosts(module: nn.Module | None) -> Callable[[Configuration], Host]:
    if module is None:
        return Process
    return lambda configuration: Inline(module)


def _peaks(configurations: list[Configuration], request: Request) -> list[Peak]:
    """Find what the device does at its best, once for each type of numbers."""
    given = request.peak
    found: dict[tuple[str, str], Peak] = {}
    for configuration in configurations:
        key = (configuration.device, configuration.dtype)
        if key in found:
            continue
        if given is None or request.plan.per_row:
            host = Process(configuration)
            try:
                with suppress(WorkerError):
                    found[key] = Peak(**host.ask("peak", **asdict(configuration)))
            finally:
                host.close()
        if given is not None:
            known = found.get(key)
            found[key] = Peak(
                device=configuration.device,
                dtype=configuration.dtype,
                flops=given,
                bytes_per_second=known.bytes_per_second if known else None,
                source="given",
                how="--peak",
            )
    return list(found.values())
