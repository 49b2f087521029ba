"""The devices that torch can use: their clocks, memory and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Literal

import torch

from archcount.benchmark.samples import Block
from archcount.benchmark.settings import Configuration
from archcount.errors import UnavailableError, UsageError, quote
from archcount.loading.reference import message_of

TYPES = ("cpu", "cuda", "mps", "xpu")
PeakKind = Literal["allocated", "resident", ""]


Work = Callable[[], object]
"""One iteration; its result is ignored."""


def available() -> tuple[str, ...]:
    """Return the names of the available devices.

    >>> available()[0]
    'cpu'
    """
    if not torch.accelerator.is_available():
        return ("cpu",)
    accelerator = torch.accelerator.current_accelerator()
    assert accelerator is not None
    numbers = range(torch.accelerator.device_count())
    return ("cpu", *(f"{accelerator.type}:{number}" for number in numbers))


def best() -> str:
    """Return the default device: an accelerator if there is one, else the CPU."""
    known = [name for name in available() if name.partition(":")[0] in TYPES]
    return known[min(1, len(known) - 1)]


def check_device(name: str) -> str:
    """Return the full name of an available device.

    Raises:
        UsageError: there is no such kind of device.
        UnavailableError: it is not available.

    >>> check_device("cpu")
    'cpu'
    """
    kind, colon, number = name.partition(":")
    if kind not in TYPES or (colon and not number.isdecimal()):
        raise UsageError.of(f"unknown device {quote(name)}", allowed="cpu, cuda, cuda:N, mps, xpu")
    full = kind if kind == "cpu" else f"{kind}:{int(number) if number else 0}"
    if full not in available():
        there = available()
        raise UnavailableError.of(
            f"device {name} is not available to torch {torch.__version__}",
            allowed=", ".join(there),
            remedy=f"use --device {there[-1]}"
            + ("" if len(there) > 1 else ", or install a torch built for the accelerator"),
        )
    return full


class HostClock:
    """Times iterations on the CPU, by the monotonic clock."""

    def block(self, work: Work, iterations: int) -> Block:
        """Run consecutive iterations, and time each."""
        self._wait()
        start = perf_counter_ns()
        samples = self.lap([work] * iterations)  # waits for the device at its end
        return Block(samples_ns=tuple(samples), wall_ns=perf_counter_ns() - start)

    def lap(self, works: Sequence[Work]) -> list[int]:
        """Run different functions one after another, and time each."""
        times = [perf_counter_ns()]
        for work in works:
            work()
            times.append(perf_counter_ns())
        return [after - before for before, after in pairwise(times)]

    def host_ns(self, work: Work) -> int | None:
        """Return None: nothing is launched on another device."""
        return None

    def _wait(self) -> None:
        """Return at once: calls on the CPU are synchronous."""


class DeviceClock(HostClock):
    """Times iterations on an accelerator, by device events.

    Events are recorded between iterations; the clock synchronizes once per block.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def lap(self, works: Sequence[Work]) -> list[int]:
        """Run different functions one after another, and time each."""
        events: list[Any] = [
            torch.Event(self._device, enable_timing=True) for _ in range(len(works) + 1)
        ]
        events[0].record()
        for work, event in zip(works, events[1:], strict=True):
            work()
            event.record()
        self._wait()
        return [round(1e6 * before.elapsed_time(after)) for before, after in pairwise(events)]

    def host_ns(self, work: Work) -> int | None:
        """Return the nanoseconds that Python takes to launch an iteration on an idle device."""
        times = []
        for _ in range(5):
            self._wait()
            start = perf_counter_ns()
            work()
            times.append(perf_counter_ns() - start)
        self._wait()
        return sorted(times)[2]

    def _wait(self) -> None:
        torch.accelerator.synchronize(self._device)


def clock_for(device: torch.device) -> HostClock:
    """Return the clock of a device."""
    return HostClock() if device.type == "cpu" else DeviceClock(device)


def peak_memory(device: torch.device, work: Work) -> tuple[int | None, PeakKind]:
    """Run one iteration, and return its peak memory.

    Returns:
        Bytes, and their kind: `allocated` on the device, or the `resident` set of the process with
        its libraries, where Linux can reset its peak. None if unknown.
    """
    if device.type == "cpu":
        try:
            Path("/proc/self/clear_refs").write_text("5")
        except OSError:
            return None, ""
        work()
        peak = proc_bytes("/proc/self/status", "VmHWM")
        return peak, "resident" if peak is not None else ""
    module: Any = torch.get_device_module(device)
    try:
        module.reset_peak_memory_stats(device)
    except (RuntimeError, NotImplementedError, AttributeError):
        return None, ""
    work()
    torch.accelerator.synchronize(device)
    return int(module.max_memory_allocated(device)), "allocated"


def apply_settings(configuration: Configuration) -> None:
    """Set the threads and TF32 setting of a configuration."""
    if configuration.threads is not None:
        torch.set_num_threads(configuration.threads)
    if configuration.tf32 is not None:
        torch.set_float32_matmul_precision("high" if configuration.tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = configuration.tf32


def free_memory(device: str) -> int | None:
    """Return the free bytes of a device, None if unknown."""
    if device != "cpu":
        with suppress(RuntimeError, NotImplementedError, AttributeError):
            module: Any = torch.get_device_module(torch.device(device))
            return int(module.mem_get_info(torch.device(device))[0])
        return None
    available = proc_bytes("/proc/meminfo", "MemAvailable")
    found = [] if available is None else [available]
    with suppress(OSError, ValueError):  # a container may be allowed less
        group = Path("/sys/fs/cgroup")
        most = int((group / "memory.max").read_text())
        found.append(most - int((group / "memory.current").read_text()))
    return min(found, default=None)


def proc_bytes(file: str, field: str) -> int | None:
    """Return a field of a /proc file in kibibytes as bytes, None if there is none."""
    with suppress(OSError):
        for line in Path(file).read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
    return None


_NO_MEMORY = (
    "out of memory",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
    "status_alloc_failed",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception means that memory ran out.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("out of memory"))
    (True, False)
    """
    kind = type(error)  # what it says of itself may raise, as isinstance() asks it for
    if issubclass(kind, MemoryError | torch.OutOfMemoryError):
        return True
    message = message_of(error).lower()
    return issubclass(kind, RuntimeError) and any(words in message for words in _NO_MEMORY)
