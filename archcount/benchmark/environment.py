"""The environment of a benchmark: versions, processor, devices and their state, commit."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import sleep
from typing import Any

import torch

from archcount import __version__
from archcount.benchmark.devices import proc_bytes

Entries = Iterator[tuple[str, str | None]]
_PACKAGES = ("torch", "numpy", "triton")
_VARIABLES = ("OMP_", "KMP_", "GOMP_", "MKL_", "MALLOC_", "CUDA_", "LD_PRELOAD", "TORCHINDUCTOR_")
"""Prefixes of environment variables that affect the speed of torch."""


def environment() -> dict[str, str | None]:
    """Describe the machine and its software; unknown values are None or left out.

    >>> environment()["torch"] == torch.__version__
    True
    """
    return dict((*_software(), *_machine(), *_accelerators(), *_commit()))


def device_state() -> dict[str, str | None]:
    """Describe clocks, temperature and throttling of NVIDIA GPUs, if nvidia-ml-py is installed."""
    with suppress(ImportError):
        import pynvml

        with suppress(pynvml.NVMLError):
            pynvml.nvmlInit()
            try:
                return dict(_nvidia(pynvml))
            finally:
                pynvml.nvmlShutdown()
    return {}


def busy_cores() -> float | None:
    """Measure for half a second how many cores other processes use; None if not on Linux."""
    try:
        before = _ticks()
        sleep(0.5)
        after = _ticks()
    except (OSError, ValueError):
        return None
    whole, idle = (later - earlier for later, earlier in zip(after, before, strict=True))
    return (os.cpu_count() or 1) * (1 - idle / whole) if whole else None


def _ticks() -> tuple[int, int]:
    """Return the clock ticks of all cores, and the idle ones among them."""
    line = Path("/proc/stat").read_text().splitlines()[0]
    ticks = [int(word) for word in line.split()[1:]]
    return sum(ticks[:8]), ticks[3] + ticks[4]


def _software() -> Entries:
    yield "archcount", __version__
    for package in _PACKAGES:
        with suppress(PackageNotFoundError):
            yield package, version(package)
    yield "torch", torch.__version__
    yield "python", platform.python_version()
    yield "platform", platform.platform()
    yield "torch threads", str(torch.get_num_threads())
    yield "float32 matmul precision", torch.get_float32_matmul_precision()
    for name, value in os.environ.items():
        if name.startswith(_VARIABLES):
            yield name, value


def _machine() -> Entries:
    yield "processor", _processor()
    yield "cores", str(os.cpu_count())
    memory = proc_bytes("/proc/meminfo", "MemTotal")
    if memory is not None:
        yield "memory", f"{memory / 2**30:.1f} GiB"
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    with suppress(OSError):
        yield "governor", governor.read_text().strip()


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _accelerators() -> Entries:
    yield "CUDA", torch.version.cuda
    if not torch.accelerator.is_available():
        return
    accelerator = torch.accelerator.current_accelerator()
    assert accelerator is not None
    if accelerator.type == "cuda":
        yield "cuDNN", str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]
    module: Any = torch.get_device_module(accelerator)
    for number in range(torch.accelerator.device_count()):
        name = getattr(module, "get_device_name", None)
        yield f"{accelerator.type}:{number}", name(number) if name else accelerator.type


def _nvidia(nvml: Any) -> Entries:
    yield "driver", str(nvml.nvmlSystemGetDriverVersion())
    for number in range(nvml.nvmlDeviceGetCount()):
        device = nvml.nvmlDeviceGetHandleByIndex(number)
        for name, ask in _NVIDIA.items():
            with suppress(nvml.NVMLError):
                yield f"gpu {number} {name}", ask(nvml, device)


_NVIDIA: Mapping[str, Callable[[Any, Any], str]] = {
    "SM clock": lambda nvml, device: f"{nvml.nvmlDeviceGetClockInfo(device, 1)} MHz",
    "memory clock": lambda nvml, device: f"{nvml.nvmlDeviceGetClockInfo(device, 2)} MHz",
    "temperature": lambda nvml, device: f"{nvml.nvmlDeviceGetTemperature(device, 0)} °C",
    "throttle reasons": lambda nvml, device: hex(
        nvml.nvmlDeviceGetCurrentClocksThrottleReasons(device)
    ),
}
"""Queries of NVML; its numbers of the clocks are 1 (SM) and 2 (memory)."""


def _commit() -> Entries:
    """Return the commit of the checkout that archcount runs from, if it is one."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return
    with suppress(OSError, subprocess.CalledProcessError):
        yield "commit", _git(folder, "rev-parse", "HEAD")
        changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
        yield "commit is changed", "yes" if changed else "no"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
