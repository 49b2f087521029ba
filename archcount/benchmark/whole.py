"""A whole benchmark: peaks, every configuration in turns, what was asked for beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from time import monotonic

import torch
from torch import nn

from archcount.benchmark.devices import memory_there
from archcount.benchmark.environment import busy_cores, device_state, environment
from archcount.benchmark.facts import count_facts, hash_of
from archcount.benchmark.host import Host, Inline, Process, WorkerError
from archcount.benchmark.records import (
    Benchmark,
    Configuration,
    Measurement,
    Peak,
    Scaling,
    Tuned,
)
from archcount.benchmark.request import Request
from archcount.benchmark.running import Progress, Runner
from archcount.benchmark.scaling import measure_scaling
from archcount.benchmark.tuning import tuned, ways
from archcount.errors import Stopped


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
    """
    started, clock = datetime.now(UTC), monotonic()
    make_host = _hosts(module)
    plain = request.configurations()
    tries = [list(ways(one, request.tune)) for one in plain] if request.tune is not None else []
    asked = [way for one in tries for way in one] or plain
    named = () if module is not None else request.targets
    sources = {target: hash_of(target) for target in named}
    known = {**environment(), **_state("before")}
    busy = busy_cores()
    runner = Runner(
        plan=request.plan,
        make_host=make_host,
        count=lambda configuration: count_facts(configuration, module),
        room=memory_there(request.device),
        progress=progress,
    )
    peaks: list[Peak] = []
    remarks: list[str] = []
    found: list[Tuned] = []
    scaling: list[Scaling] = []
    measurements: list[Measurement] = []
    is_interrupted = False
    try:
        for peak in _peaks(asked, request):
            if isinstance(peak, str):
                remarks.append(peak)
            else:
                peaks.append(peak)
        with nullcontext() if module is None else _undisturbed():
            measurements = [] if request.launch else runner.run(asked)
        if not runner.is_interrupted:
            rest = iter(measurements)
            for tried in tries:
                found += tuned(tried[0], list(islice(rest, len(tried))), make_host)
            if request.launch is not None:
                for one in plain:
                    made = measure_scaling(one, request.plan, request.launch)
                    scaling += [] if made is None else [made]
    except (KeyboardInterrupt, Stopped):
        is_interrupted = True
    return Benchmark(
        started=started.isoformat(timespec="seconds"),
        seconds=round(monotonic() - clock, 3),
        argv=argv,
        plan=request.plan,
        environment={
            **known,
            **_state("after"),
            "cores busy before": None if busy is None else f"{busy:.2f}",
        },
        sources={target: told for target, told in sources.items() if told},
        measurements=tuple(measurements),
        peaks=tuple(peaks),
        tuned=tuple(found),
        scaling=tuple(scaling),
        is_interrupted=is_interrupted or runner.is_interrupted,
        is_inline=module is not None,
        remarks=tuple(remarks),
    )


def _state(when: str) -> dict[str, str | None]:
    return {f"{name} {when}": value for name, value in device_state().items()}


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
    return lambda configuration: Inline(deepcopy(module))


def _peaks(configurations: list[Configuration], request: Request) -> Iterator[Peak | str]:
    """Find what the device does at its best, once for each type of numbers; or say why not."""
    given = request.peak
    met: set[tuple[object, ...]] = set()
    for configuration in configurations:
        key = (configuration.device, configuration.dtype, configuration.tf32)
        if key in met:
            continue
        met.add(key)
        measured = None
        if given is None or request.plan.per_row:
            host = Process(configuration)
            try:
                measured = Peak(**host.ask("peak", **asdict(configuration)))
            except WorkerError as error:
                yield f"no peak of {configuration.device} for {configuration.dtype}: {error.what}"
            finally:
                host.close()
        if given is None:
            yield from () if measured is None else (measured,)
        else:
            yield Peak(
                device=configuration.device,
                dtype=configuration.dtype,
                tf32=configuration.tf32,
                flops=given,
                bytes_per_second=measured.bytes_per_second if measured else None,
                source="given",
                how="--peak",
            )
