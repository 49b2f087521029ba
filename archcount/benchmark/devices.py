"""The devices that torch knows here, and what is asked of them."""

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
from archcount.errors import Problem, UnavailableError, UsageError, quote

TYPES = ("cpu", "cuda", "mps", "xpu")
PeakKind = Literal["allocated", "resident", ""]


Work = Callable[[], object]
"""One iteration; what it returns is dropped."""


def available() -> tuple[str, ...]:
    """Name the devices that are there.

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
    """Name the device that is measured where none is asked for: an accelerator, else the CPU."""
    known = [name for name in available() if name.partition(":")[0] in TYPES]
    return known[min(1, len(known) - 1)]


def check_device(name: str) -> str:
    """Give the full name of a device that is there.

    Raises:
        UsageError: that is no device.
        UnavailableError: it is not there.

    >>> check_device("cpu")
    'cpu'
    """
    kind, colon, number = name.partition(":")
    if kind not in TYPES or (colon and not number.isdecimal()):
        raise UsageError(
            Problem(what=f"unknown device {quote(name)}", allowed="cpu, cuda, cuda:N, mps, xpu")
        )
    full = kind if kind == "cpu" else f"{kind}:{int(number) if number else 0}"
    if full not in available():
        there = available()
        raise UnavailableError(
            Problem(
                what=f"there is no device {name} that torch {torch.__version__} can use here",
                allowed=", ".join(there),
                remedy=f"take --device {there[-1]}"
                + ("" if len(there) > 1 else ", or a torch that is built for the accelerator"),
            )
        )
    return full


class HostClock:
    """Times what runs on the CPU, by its monotonic clock."""

    def block(self, work: Work, iterations: int) -> Block:
        """Run iterations one after another, and time each."""
        self._wait()
        start = perf_counter_ns()
        samples = self.lap([work] * iterations)  # waits for the device at its end
        return Block(samples_ns=tuple(samples), wall_ns=perf_counter_ns() - start)

    def lap(self, works: Sequence[Work]) -> list[int]:
        """Run different things one after another, and time each."""
        times = [perf_counter_ns()]
        for work in works:
            work()
            times.append(perf_counter_ns())
        return [after - before for before, after in pairwise(times)]

    def host_ns(self, work: Work) -> int | None:
        """Return None: nothing is handed over to another device."""
        return None

    def _wait(self) -> None:
        """Wait for nothing: what was called is done."""


class DeviceClock(HostClock):
    """Times what runs on another device, by events on its own time line.

    Events stand between iterations, and the clock waits for the device once a block.

    Args:
        device: which.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def lap(self, works: Sequence[Work]) -> list[int]:
        """Run different things one after another, and time each."""
        events: list[Any] = [self._event() for _ in range(len(works) + 1)]
        events[0].record()
        for work, event in zip(works, events[1:], strict=True):
            work()
            event.record()
        self._wait()
        return [round(1e6 * before.elapsed_time(after)) for before, after in pairwise(events)]

    def host_ns(self, work: Work) -> int | None:
        """Time how long an iteration takes to be handed to a device that has nothing to do."""
        times = []
        for _ in range(5):
            self._wait()
            start = perf_counter_ns()
            work()
            times.append(perf_counter_ns() - start)
        self._wait()
        return sorted(times)[2]

    def _event(self) -> Any:
        return torch.Event(self._device, enable_timing=True)

    def _wait(self) -> None:
        torch.accelerator.synchronize(self._device)


def clock_for(device: torch.device) -> HostClock:
    """Return the clock of a device."""
    return HostClock() if device.type == "cpu" else DeviceClock(device)


def peak_memory(device: torch.device, work: Work) -> tuple[int | None, PeakKind]:
    """Run one iteration, and say how much memory was taken at most.

    Returns:
        Bytes, and what they are: `allocated` on the device, or `resident`, of the process with
        all its libraries, where Linux lets its peak be set back. None where nothing tells.
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
    """Set threads, and whether float32 products are rounded, as a configuration says."""
    if configuration.threads is not None:
        torch.set_num_threads(configuration.threads)
    if configuration.tf32 is not None:
        torch.set_float32_matmul_precision("high" if configuration.tf32 else "highest")
        torch.backends.cudnn.allow_tf32 = configuration.tf32


def memory_there(device: str) -> int | None:
    """Give the bytes that are free on a device, None where nothing tells."""
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
    """Return a field of a file that Linux writes in kibibytes, None where there is none."""
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
    """Tell whether an exception says that memory ran out, and nothing else.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("out of memory"))
    (True, False)
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    told = str(error).lower()
    return isinstance(error, RuntimeError) and any(words in told for words in _NO_MEMORY)
